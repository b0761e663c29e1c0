"""Every door to the list, from pages of other origins; tests/browser/test_doors.py does it in a browser."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import Any

import httpx
import pytest
from altcha import Challenge, solve_challenge

from newsletter.clock import FixedClock
from newsletter.settings import NewsletterSettings, SiteSettings
from newsletter.subscribers.consent import Action
from newsletter.subscribers.site import site_secret
from newsletter.web.door import start_nonce
from newsletter.workflows.workplace import Workplace
from tests.conftest import NOW, MailServer
from tests.integration.web_site import ADA, Site, hidden, running, wait_until
from tests.unit.workflows.conftest import Life

CLINIC = SiteSettings(
    key="clinic",
    origins=("https://clinic.example",),
    newsletters=("daily", "heart"),
    wording="Get our daily health letter.",
    redirects=("https://clinic.example/thanks",),
)
THEIRS = {"Origin": "https://clinic.example", "Referer": "https://clinic.example/blog/post?name=ada"}
NOT_THEIRS = {"Origin": "https://elsewhere.example", "Referer": "https://elsewhere.example/"}
API = "/api/v1/sites/clinic/subscriptions"


def with_sites(connected: Workplace, *sites: SiteSettings, **settings: object) -> Workplace:
    heart = NewsletterSettings(name="heart", title="Heart Letter", sender="Heart <heart@letter.example>")
    update = {"sites": sites, "newsletters": (*connected.settings.newsletters, heart), **settings}
    return replace(connected, settings=connected.settings.model_copy(update=update))


@pytest.fixture
def clinic(connected: Workplace, smtp_server: MailServer) -> Iterator[Site]:
    workplace = with_sites(connected, CLINIC)
    with running(workplace) as url, httpx.Client(base_url=url, follow_redirects=False) as http:
        yield Site(workplace, http, smtp_server)


def fields(**more: str) -> dict[str, str]:
    return {"email": ADA, "consent": "yes", "newsletter": "daily", **more}


def request_of(site: Site, address: str = ADA) -> Any:
    records = Life(site.workplace, address).consents()
    return next(each.content for each in records if each.content.action is Action.REQUEST)


class TestAPlainFormOnAnotherPage:
    def test_signs_up_with_the_wording_that_the_site_declares(self, clinic: Site) -> None:
        answer = clinic.http.post("/subscribe", data=fields(site="clinic"), headers=THEIRS)
        assert answer.status_code == 303
        assert answer.headers["location"] == "https://clinic.example/thanks"
        kept = request_of(clinic)
        assert (kept.door, kept.wording) == ("site form", "Get our daily health letter.")
        assert "as the site declares it" in kept.evidence
        assert kept.page_url == "https://clinic.example/blog/post"

    def test_is_consented_to_by_our_own_wording_on_the_confirm_page(self, clinic: Site) -> None:
        clinic.http.post("/subscribe", data=fields(site="clinic"), headers=THEIRS)
        page = clinic.http.get(clinic.confirm_path()).text
        assert 'href="/privacy"' in page
        clinic.press_the_button(clinic.confirm_path())
        confirmed = Life(clinic.workplace, ADA).consents()[-1].content
        assert confirmed.action is Action.CONFIRM
        assert confirmed.wording != "Get our daily health letter."
        assert "Daily Health" in confirmed.wording

    def test_of_another_origin_is_refused_and_its_visitor_is_not_lost(self, clinic: Site) -> None:
        for key in ("clinic", "", "made-up"):
            answer = clinic.http.post("/subscribe", data=fields(site=key), headers=NOT_THEIRS)
            assert answer.status_code == 403
            assert f'value="{ADA.replace("@", "&#64;")}"' in answer.text or f'value="{ADA}"' in answer.text
            assert "cannot sign you up here" in answer.text
        nobody = clinic.http.post("/subscribe", data=fields(site="clinic"), headers={"Origin": "null"})
        assert nobody.status_code == 403
        assert not Life(clinic.workplace, ADA).mails()

    def test_is_known_by_its_origin_when_it_holds_no_key(self, clinic: Site) -> None:
        assert clinic.http.post("/subscribe", data=fields(), headers=THEIRS).status_code == 303

    def test_leads_only_where_the_site_may_lead(self, clinic: Site) -> None:
        away = fields(site="clinic", redirect="https://evil.example/")
        answer = clinic.http.post("/subscribe", data=away, headers=THEIRS)
        assert answer.status_code == 202
        assert "evil.example" not in answer.text

    def test_may_say_odd_things_of_where_it_stands(self, clinic: Site) -> None:
        odd = {"Origin": "https://clinic.example", "Referer": "https://[/"}
        assert clinic.http.post("/subscribe", data=fields(site="clinic"), headers=odd).status_code == 303
        assert clinic.http.get("/subscribe", headers=NOT_THEIRS).status_code == 200
        body = {"email": "eve@example.org", "consent": True, "page_url": "https://x/\0\x1b[31m"}
        assert clinic.http.post(API, json=body, headers=THEIRS).status_code == 202
        assert request_of(clinic, "eve@example.org").page_url.isprintable()

    def test_may_stand_anywhere_while_no_site_is_configured(self, site: Site) -> None:
        answer = site.http.post("/subscribe", data=fields(), headers=NOT_THEIRS)
        assert answer.status_code == 202
        assert site.mail_to(ADA)


class TestTheConfirmPage:
    def test_consents_to_nothing_that_was_added_after_it_was_opened(self, clinic: Site) -> None:
        clinic.http.post(API, json={"email": ADA, "consent": True}, headers=THEIRS)
        path = clinic.confirm_path()
        page = clinic.http.get(path).text
        stranger = {"email": ADA, "consent": True, "newsletters": ["heart"]}
        assert clinic.http.post(API, json=stranger, headers=THEIRS).status_code == 202
        pressed = clinic.http.post(path, data={"nonce": hidden(page, "nonce")})
        assert pressed.status_code == 400
        assert "Heart Letter" in pressed.text
        assert clinic.audience("heart") == clinic.audience() == []
        # It is a choice of its own, and nobody's but the reader's.
        assert 'type="checkbox" name="also" value="heart"' in pressed.text
        assert "You are subscribed" in clinic.press_the_button(path).text
        assert len(clinic.audience()) == 1
        assert clinic.audience("heart") == []

    def test_takes_what_was_added_when_it_is_ticked(self, clinic: Site) -> None:
        for name in ("daily", "heart"):
            body = {"email": ADA, "consent": True, "newsletters": [name]}
            clinic.http.post(API, json=body, headers=THEIRS)
        done = clinic.press_the_button(clinic.confirm_path(), also="heart")
        assert "Heart Letter comes to you" in done.text
        assert len(clinic.audience("heart")) == 1


class TestTheFormItself:
    def test_a_bot_that_fills_the_field_nobody_sees_gets_the_same_answer_and_no_mail(
        self, site: Site
    ) -> None:
        bot = site.sign_up(website="https://spam.example")
        person = site.sign_up("eve@example.org")
        assert (bot.status_code, person.status_code) == (202, 202)
        assert bot.text.replace(ADA, "X") == person.text.replace("eve@example.org", "X")
        assert not Life(site.workplace, ADA).mails()

    def test_a_bot_that_names_what_there_is_not_is_answered_like_a_person(self, clinic: Site) -> None:
        bot = fields(newsletter="made-up", website="x", site="clinic")
        assert clinic.http.post("/subscribe", data=bot).status_code == 202
        assert clinic.http.post("/embed/form", data=bot).status_code == 202
        body = {"email": ADA, "consent": True, "newsletters": ["made-up"], "website": "x"}
        said = clinic.http.post(API, json=body, headers=THEIRS)
        assert (said.status_code, said.json()["subject"]) == (202, "Please confirm: Daily Health")

    def test_who_is_faster_than_a_person_presses_once_more_and_is_in(self, site: Site) -> None:
        page = site.http.get("/subscribe").text
        first = site.sign_up(started=hidden(page, "started"))
        assert first.status_code == 422
        assert "press the button once more" in first.text
        assert hidden(first.text, "started") == hidden(page, "started")
        assert not Life(site.workplace, ADA).mails()
        own = CLINIC.model_copy(update={"key": "default"})
        earlier = replace(site.workplace, clock=FixedClock(NOW - timedelta(seconds=3)))
        assert site.sign_up(started=start_nonce(earlier, own)).status_code == 202

    def test_a_slip_in_the_domain_is_asked_about_and_the_person_decides(self, site: Site) -> None:
        asked = site.sign_up("ada@hotmial.co.uk")
        assert asked.status_code == 422
        assert "Did you mean ada@hotmail.co.uk?" in asked.text.replace("&#64;", "@")
        assert site.sign_up("ada@hotmial.co.uk", instead="ada@hotmail.co.uk").status_code == 202
        assert Life(site.workplace, "ada@hotmail.co.uk").mails()
        assert site.sign_up("ada@hotmial.co.uk", sure="ada@hotmial.co.uk").status_code == 202

    def test_a_throw_away_address_is_refused_in_words(self, site: Site) -> None:
        answer = site.sign_up("ada@mailinator.com")
        assert answer.status_code == 422
        assert "throw-away" in answer.text

    def test_asking_again_is_a_button_under_the_same_limits(self, site: Site) -> None:
        page = site.sign_up().text
        assert "Ask for the mail again" in page
        again = site.http.post(
            "/subscribe",
            data={
                name: hidden(page, name) for name in ("email", "sure", "newsletter", "consent", "language")
            },
        )
        assert again.status_code == 202
        site.mail_to(ADA)
        assert len(Life(site.workplace, ADA).mails()) == 1

    def test_the_page_after_names_sender_subject_and_the_webmail(self, site: Site) -> None:
        page = site.sign_up("ada@gmail.com").text
        assert parseaddr(site.workplace.settings.newsletters[0].sender)[1] in page
        assert "Please confirm: Daily Health" in page
        assert "https://mail.google.com/" in page
        assert "https://mail.yahoo.com/" not in page
        assert "https://mail.yahoo.com/" in site.sign_up("ada@example.org").text


class TestOurOwnPages:
    @pytest.mark.parametrize("path", ["/", "/subscribe", "/embed/form", "/check-inbox"])
    def test_let_the_browser_say_that_their_forms_are_ours(self, clinic: Site, path: str) -> None:
        assert clinic.http.get(path).headers["referrer-policy"] == "same-origin"
        assert clinic.http.get("/?mailpoet_router").headers["referrer-policy"] == "no-referrer"


class TestAFrame:
    def test_may_stand_on_the_pages_of_its_site_and_nowhere_else(self, clinic: Site) -> None:
        page = clinic.http.get("/embed/form", params={"site": "clinic"})
        assert "frame-ancestors 'self' https://clinic.example;" in page.headers["content-security-policy"]
        assert clinic.http.get("/embed/form", params={"site": "made-up"}).status_code == 404

    def test_signs_up_and_answers_in_the_frame(self, clinic: Site) -> None:
        answer = clinic.http.post("/embed/form", data=fields(site="clinic"))
        assert answer.status_code == 202
        assert "Check your inbox" in answer.text
        assert "masthead" not in answer.text
        assert request_of(clinic).door == "iframe form"


class TestTheApi:
    def post(self, site: Site, *, headers: dict[str, str] | None = None, **body: object) -> httpx.Response:
        return site.http.post(API, json={"email": ADA, "consent": True, **body}, headers=headers or THEIRS)

    def test_signs_up_to_several_newsletters_with_one_mail(self, clinic: Site) -> None:
        answer = self.post(clinic, newsletters=["daily", "heart"])
        assert answer.status_code == 202
        assert answer.headers["access-control-allow-origin"] == "https://clinic.example"
        assert "set-cookie" not in answer.headers
        assert answer.json()["subject"] == "Please confirm: Daily Health"
        assert "Daily Health and Heart Letter" in clinic.mail_to(ADA)
        done = clinic.press_the_button(clinic.confirm_path())
        assert "You are subscribed" in done.text
        assert {each.address for each in clinic.audience("heart")} == {ADA}

    def test_keeps_as_wording_only_what_it_has_a_reason_to_believe(self, clinic: Site) -> None:
        proved = {"Authorization": f"Bearer {site_secret(clinic.workplace.keyring, 'clinic')}"}
        self.post(clinic, email="a@example.org", wording="Send it.")
        self.post(clinic, email="b@example.org", wording="Send it.", headers=proved)
        self.post(clinic, email="c@example.org", wording="Send it.", form="script")
        kept = [request_of(clinic, f"{name}@example.org").wording for name in "abc"]
        assert kept[:2] == ["Get our daily health letter.", "Send it."]
        assert kept[2].startswith("Yes, send me")

    def test_answers_known_and_unknown_addresses_alike(self, clinic: Site) -> None:
        assert self.post(clinic).json() == self.post(clinic).json()

    def test_refuses_other_origins_and_none(self, clinic: Site) -> None:
        for headers in (NOT_THEIRS, {"Origin": "null"}, {"Accept": "*/*"}):
            answer = self.post(clinic, headers=headers)
            assert answer.status_code == 403
            assert answer.headers["content-type"] == "application/problem+json"
            assert "access-control-allow-origin" not in answer.headers
        ask = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
        assert clinic.http.options(API, headers=ask).status_code == 403
        asked = clinic.http.options(API, headers={**ask, "Origin": "https://clinic.example"})
        assert asked.status_code == 204
        assert "idempotency-key" in asked.headers["access-control-allow-headers"]
        assert not Life(clinic.workplace, ADA).mails()

    def test_takes_the_sites_own_server_by_its_secret(self, clinic: Site) -> None:
        secret = site_secret(clinic.workplace.keyring, "clinic")
        proved = {"Authorization": f"Bearer {secret}"}
        assert self.post(clinic, headers=proved, visitor_ip="192.0.2.7").status_code == 202
        wrong = {"Authorization": f"Bearer {site_secret(clinic.workplace.keyring, 'other')}"}
        assert self.post(clinic, headers=wrong).status_code == 403
        assert self.post(clinic, visitor_ip="192.0.2.7").status_code == 403

    def test_tells_the_site_its_own_sign_ups_and_confirm_rate(self, clinic: Site) -> None:
        self.post(clinic)
        self.post(clinic, email="eve@example.org")
        clinic.press_the_button(clinic.confirm_path())
        url = "/api/v1/sites/clinic/signups"
        secret = site_secret(clinic.workplace.keyring, "clinic")
        said = clinic.http.get(url, headers={"Authorization": f"Bearer {secret}"}).json()
        assert {**said, "since": ""} == {
            "since": "",
            "taken": 2,
            "mailed": 2,
            "confirmed": 1,
            "confirm_rate": 0.5,
        }
        assert clinic.http.get(url, headers=THEIRS).status_code == 403

    def test_does_a_repeated_request_once(self, clinic: Site) -> None:
        keyed = {**THEIRS, "Idempotency-Key": "one"}
        first, again = self.post(clinic, headers=keyed), self.post(clinic, headers=keyed)
        assert (first.status_code, first.json()) == (again.status_code, again.json())
        other = self.post(clinic, headers=keyed, email="eve@example.org")
        assert other.status_code == 422
        assert "idempotency key" in other.json()["detail"]
        url, proved = "/api/v1/sites/clinic/signups", site_secret(clinic.workplace.keyring, "clinic")
        counts = clinic.http.get(url, headers={"Authorization": f"Bearer {proved}"}).json()
        assert counts["taken"] == 1

    def test_a_request_that_failed_may_be_repeated_with_its_key(self, clinic: Site) -> None:
        keyed = {**THEIRS, "Idempotency-Key": "two"}
        assert self.post(clinic, headers=keyed, consent=False).status_code == 422
        assert self.post(clinic, headers=keyed, consent=False).status_code == 422

    def test_says_what_is_wrong_by_field_in_the_readers_language(self, clinic: Site) -> None:
        said = self.post(clinic, email="ada@", consent=False).json()
        assert [each["field"] for each in said["errors"]] == ["email", "consent"]
        assert self.post(clinic, email="ada@hotmial.es").json()["suggestion"] == "ada@hotmail.es"
        assert self.post(clinic, email="ada@hotmial.es", address_is_right=True).status_code == 202
        spanish = self.post(clinic, email="", language="es").json()
        assert spanish["errors"][0]["message"].startswith("Escrib")

    def test_says_what_a_body_lacks_without_repeating_it(self, clinic: Site) -> None:
        answer = clinic.http.post(API, json={"email": ADA, "made_up": 1}, headers=THEIRS)
        assert answer.status_code == 422
        assert {each["field"] for each in answer.json()["errors"]} == {"consent", "made_up"}
        assert ADA not in answer.text
        big = clinic.http.post(API, content="x" * 70_000, headers=THEIRS)
        assert (big.status_code, big.json()["status"]) == (413, 413)
        assert clinic.http.get("/api/v1/nothing").json()["status"] == 404


def obfuscated(name: str) -> str:
    code = base64.b64encode(f"0123456789ab_{name}".encode()).decode().rstrip("=")
    return f"data[form_field_{code}]"


ASKED = {
    "action": "mailpoet",
    "api_version": "v1",
    "endpoint": "subscribers",
    "mailpoet_method": "subscribe",
    "token": "a1b2c3d4e5",
}


class TestAFormOfMailPoet:
    PLAIN = "/wp-admin/admin-post.php?action=mailpoet_subscription_form"
    AJAX = "/wp-admin/admin-ajax.php"

    def filled(self, **more: str) -> dict[str, str]:
        return {"data[form_id]": "3", "data[email]": "", obfuscated("email"): ADA, **more}

    def test_without_a_script_leads_back_to_its_page(self, site: Site) -> None:
        back = {"Origin": "https://clinic.example", "Referer": "https://clinic.example/blog/?p=1"}
        answer = site.http.post(self.PLAIN, data=self.filled(), headers=back)
        assert answer.status_code == 303
        assert answer.headers["location"] == "https://clinic.example/blog/?mailpoet_success=3"
        assert site.mail_to(ADA)
        assert request_of(site).door == "MailPoet form"
        wrong = site.http.post(self.PLAIN, data=self.filled(**{obfuscated("email"): "ada@"}), headers=back)
        assert wrong.headers["location"] == "https://clinic.example/blog/?mailpoet_error=3"

    def test_whose_page_the_browser_does_not_name_leads_to_ours(self, site: Site) -> None:
        there = {"Origin": "https://clinic.example", "Referer": "https://clinic.example/"}
        answer = site.http.post(self.PLAIN, data=self.filled(), headers=there)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/check-inbox?mailpoet_success=3")
        wrong = site.http.post(self.PLAIN, data=self.filled(**{obfuscated("email"): "ada@"}), headers=there)
        assert wrong.status_code == 422
        assert 'id="email-fault"' in wrong.text
        page = site.http.get(answer.headers["location"])
        assert page.status_code == 200
        assert "Please confirm: Daily Health" in page.text
        assert "the address above" not in page.text  # there is none

    def test_whose_visitor_found_no_mail_asks_again_on_our_form(self, clinic: Site) -> None:
        # A site without a page of its own for afterwards.
        bare = CLINIC.model_copy(update={"redirects": (), "language": "es", "lists": (("7", "heart"),)})
        place = with_sites(clinic.workplace, bare)
        there = {"Origin": "https://clinic.example", "Referer": "https://clinic.example/"}
        form = self.filled(**{f"{obfuscated('segments')}[]": "7"})
        with running(place) as url, httpx.Client(base_url=url) as http:
            after = http.post(self.PLAIN, data=form, headers=there).headers["location"]
            page = http.get(after).text
            asks = page.split('<form method="get"')[1].split("</form>")[0]
            assert "Pedir el correo otra vez" in asks
            again = {name: hidden(asks, name) for name in ("newsletter", "site", "lang")}
            assert again == {"newsletter": "heart", "site": "clinic", "lang": "es"}
            assert asks.split('action="')[1].startswith("/subscribe")
            opened = http.get("/subscribe", params=again).text
        assert 'value="heart" checked' in opened
        assert hidden(opened, "site") == "clinic"
        assert hidden(opened, "language") == "es"

    def test_with_its_script_gets_the_json_that_reads(self, site: Site) -> None:
        there = {"Origin": "https://clinic.example"}
        answer = site.http.post(self.AJAX, data=ASKED | self.filled(), headers=there)
        assert (answer.status_code, answer.json()) == (200, {"data": [], "meta": {}})
        assert answer.headers["access-control-allow-origin"] == "https://clinic.example"
        assert site.mail_to(ADA)
        wrong = site.http.post(self.AJAX, data=ASKED | self.filled(**{obfuscated("email"): "ada@"}))
        assert wrong.status_code == 400
        assert wrong.json()["errors"][0]["message"]
        other = site.http.post(self.AJAX, data={**ASKED, "endpoint": "settings"} | self.filled())
        assert other.status_code == 400

    def test_a_bot_in_its_honeypot_is_answered_alike_and_dropped(self, site: Site) -> None:
        caught = self.filled(**{"data[email]": "bot@example.org"})
        for answer in (
            site.http.post(self.AJAX, data=ASKED | caught),
            site.http.post(self.AJAX, data=ASKED | self.filled(**{obfuscated("email"): "e@example.org"})),
        ):
            assert (answer.status_code, answer.json()) == (200, {"data": [], "meta": {}})
        wait_until(lambda: site.mails.to("e@example.org"))
        assert not Life(site.workplace, ADA).mails()

    def test_its_lists_become_newsletters(self, connected: Workplace, smtp_server: MailServer) -> None:
        lists = CLINIC.model_copy(update={"lists": (("3", "daily"), ("7", "heart"))})
        workplace = with_sites(connected, lists)
        with running(workplace) as url, httpx.Client(base_url=url, follow_redirects=False) as http:
            site = Site(workplace, http, smtp_server)
            sent = ASKED | self.filled() | {f"{obfuscated('0123_segments')}[]": ["7", "3", "99"]}
            assert http.post(self.AJAX, data=sent, headers=THEIRS).status_code == 200
            assert "Heart Letter and Daily Health" in site.mail_to(ADA)
            assert "its lists: 7, 3, 99" in request_of(site).evidence
            assert http.post(self.AJAX, data=sent, headers=NOT_THEIRS).status_code == 403
            assert http.post(self.PLAIN, data=sent, headers=NOT_THEIRS).status_code == 403


class TestAProofOfWork:
    @pytest.fixture
    def proving(self, connected: Workplace, smtp_server: MailServer) -> Iterator[Site]:
        workplace = with_sites(connected, CLINIC, proof_of_work=True)
        with running(workplace) as url, httpx.Client(base_url=url, follow_redirects=False) as http:
            yield Site(workplace, http, smtp_server)

    def solved(self, site: Site) -> str:
        challenge = site.http.get("/api/v1/sites/clinic/challenge", headers=THEIRS).json()
        solution = solve_challenge(Challenge.from_dict(challenge))
        assert solution is not None
        said = {"challenge": challenge, "solution": solution.to_dict()}
        return base64.b64encode(json.dumps(said).encode()).decode()

    def test_lets_a_person_in_once(self, proving: Site) -> None:
        # The library compares the challenge's end with the machine's own clock.
        object.__setattr__(proving.workplace, "clock", FixedClock(datetime.now(UTC)))
        proof = self.solved(proving)

        def post(address: str) -> httpx.Response:
            body = {"email": address, "consent": True, "proof": proof}
            return proving.http.post(API, json=body, headers=THEIRS)

        assert post(ADA).status_code == 202
        replayed = post("eve@example.org")
        assert replayed.status_code == 422
        assert replayed.json()["errors"][0]["field"] == "proof"
        assert not Life(proving.workplace, "eve@example.org").mails()

    def test_is_not_asked_of_the_sites_own_server(self, proving: Site) -> None:
        proved = {"Authorization": f"Bearer {site_secret(proving.workplace.keyring, 'clinic')}"}
        body = {"email": ADA, "consent": True}
        assert proving.http.post(API, json=body, headers=THEIRS).status_code == 422
        assert proving.http.post(API, json=body, headers=proved).status_code == 202

    def test_is_asked_for_by_our_own_page_which_may_run_it(self, proving: Site) -> None:
        page = proving.http.get("/subscribe")
        assert "script-src 'self'; connect-src 'self'" in page.headers["content-security-policy"]
        match = re.search(r'data-challenge="([^"]+)"', page.text)
        assert match
        assert "signature" in proving.http.get(match[1]).json()

    def test_is_replaced_by_one_more_press_where_no_script_runs(self, proving: Site) -> None:
        first = proving.http.post("/subscribe", data=fields(site="clinic"), headers=THEIRS)
        assert first.status_code == 422
        assert "press the button once more" in first.text
        pressed = hidden(first.text, "pressed")
        at_once = proving.http.post("/subscribe", data=fields(site="clinic", pressed=pressed))
        assert at_once.status_code == 422
        object.__setattr__(proving.workplace, "clock", FixedClock(NOW + timedelta(seconds=5)))
        other = fields(site="clinic", pressed=pressed) | {"email": "eve@example.org"}
        assert proving.http.post("/subscribe", data=other).status_code == 422
        then = proving.http.post("/subscribe", data=fields(site="clinic", pressed=pressed))
        assert then.status_code == 202
