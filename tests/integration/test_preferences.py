"""All that a reader may choose, behind a fresh mailed link; with real servers and a real database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from newsletter.clock import FixedClock
from newsletter.content.private_topic import PRIVATE_TOPICS
from newsletter.subscribers.ledger import consent_records
from newsletter.subscribers.subscriber import Recipient
from newsletter.subscribers.suppression import Reason, suppress
from newsletter.subscribers.token import Purpose
from newsletter.web.profile import NEVER
from newsletter.workflows.ask_link import ASKS_AN_HOUR
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer
from tests.integration.web_site import ADA, Site, hidden, running

GRACE = "grace@example.org"


@pytest.fixture
def site(connected: Workplace, smtp_server: MailServer) -> Iterator[Site]:
    """A site whose daily newsletter offers topics."""
    daily, *others = connected.settings.newsletters
    daily = daily.model_copy(update={"topics": ("migraine", "diabetes")})
    settings = connected.settings.model_copy(update={"newsletters": (daily, *others)})
    workplace = replace(connected, settings=settings)
    with running(workplace) as url, httpx.Client(base_url=url, follow_redirects=False) as http:
        yield Site(workplace, http, smtp_server)


def evidence(site: Site, reader: Recipient) -> list[str]:
    with site.workplace.database.read() as connection:
        return [record.content.evidence for record in consent_records(connection, reader.subscriber_id)]


def test_the_link_of_a_letter_shows_nothing_of_the_reader_and_mails_a_fresh_one(site: Site) -> None:
    reader = site.subscribed()
    path = f"/preferences/{site.token(Purpose.PREFERENCES, reader)}"
    before = site.everything()
    page = site.http.get(path)
    assert page.status_code == 200
    assert ADA not in page.text
    assert "Mail me a fresh link" in page.text
    assert "Unsubscribe here, without a mail" in page.text
    for data in ({}, {"act": "forget"}, {"nonce": "1.00", "act": "data"}):
        assert site.http.post(path, data=data).status_code == 400
    assert site.http.request("HEAD", path).status_code == 200
    assert site.everything() == before
    fresh = site.fresh_path(reader)
    assert ADA in site.http.get(fresh).text
    answer = site.press_the_button(path)
    assert answer.status_code == 202
    assert "at most one such link an hour" in answer.text
    assert len(site.mails.to(ADA)) == 2


def test_a_fresh_link_that_is_over_offers_the_next_one(site: Site) -> None:
    fresh = site.fresh_path(site.subscribed())
    clock = FixedClock(site.workplace.clock.now() + timedelta(hours=25))
    with running(replace(site.workplace, clock=clock)) as url, httpx.Client(base_url=url) as http:
        page = http.get(fresh)
        assert ADA not in page.text
        assert "This link has ended: it worked for 24 hours" in page.text
        later = replace(site, http=http)
        assert later.press_the_button(fresh).status_code == 202
        later.mail_to(count=3)


def test_who_has_no_letter_at_hand_types_the_address_and_every_address_is_answered_alike(site: Site) -> None:
    site.subscribed()
    assert "Type the address that gets our letters" in site.http.get("/preferences").text
    known = site.http.post("/preferences", data={"email": "ADA@example.org "})
    unknown = site.http.post("/preferences", data={"email": GRACE})
    assert (known.status_code, unknown.status_code) == (202, 202)
    assert known.text == unknown.text
    assert "preferences/" in site.mail_to(count=2)
    assert site.mails.to(GRACE) == []
    wrong = site.http.post("/preferences", data={"email": "ada@"})
    assert wrong.status_code == 422
    assert "There must be something after the @-sign." in wrong.text
    assert 'value="ada@"' in wrong.text


def test_a_network_that_asks_for_many_links_waits_an_hour(site: Site) -> None:
    for number in range(ASKS_AN_HOUR):
        assert site.http.post("/preferences", data={"email": f"{number}@example.org"}).status_code == 202
    assert site.http.post("/preferences", data={"email": GRACE}).status_code == 429


def test_a_reader_chooses_another_newsletter_and_once_a_week(site: Site) -> None:
    reader = site.subscribed()
    path = site.fresh_path(reader)
    page = site.press_the_button(
        path, act="newsletters", newsletter=["daily", "weekly"], **{"often-daily": "weekly"}
    )
    assert page.status_code == 200
    assert "Weekly Health is on." in page.text
    assert "Daily Health: from now on once a week." in page.text
    assert [each.address for each in site.audience("weekly")] == [ADA]
    page = site.press_the_button(path, act="newsletters", newsletter="weekly")
    assert "Daily Health is off." in page.text
    assert site.audience() == []
    assert (
        "Everything is as it was" in site.press_the_button(path, act="newsletters", newsletter="weekly").text
    )
    assert len(site.mails.to(ADA)) == 2  # to confirm, and the link: nothing of this page causes a mail


def test_a_reader_pauses_and_starts_again(site: Site) -> None:
    path = site.fresh_path(site.subscribed())
    until = site.workplace.clock.now().date() + timedelta(days=10)
    page = site.press_the_button(path, act="pause", until=until.isoformat()).text
    assert "Your letters rest. They come again on" in page
    assert site.audience() == []
    assert "Your letters rest until" in site.http.get(path).text
    assert "come again from now on" in site.press_the_button(path, act="resume").text
    assert len(site.audience()) == 1


@pytest.mark.parametrize("until", ["", "soon", "2020-01-01", "9999-12-31"])
def test_a_date_that_cannot_be_is_answered_beside_its_field(site: Site, until: str) -> None:
    answer = site.press_the_button(site.fresh_path(site.subscribed()), act="pause", until=until)
    assert answer.status_code == 422
    assert 'id="until-fault"' in answer.text
    assert f'value="{until}"' in answer.text
    assert len(site.audience()) == 1


def test_topics_need_a_consent_of_their_own_and_are_forgotten_on_request(site: Site) -> None:
    reader = site.subscribed()
    path = site.fresh_path(reader)
    chosen = {"topic": "migraine", "never": "pregnancy loss"}
    refused = site.press_the_button(path, act="topics", **chosen)
    assert refused.status_code == 422
    assert 'id="topics-fault"' in refused.text
    assert refused.text.count(" checked") == 4  # what was ticked is ticked still
    assert site.everything()["reader_topics"] == []
    saved = site.press_the_button(path, act="topics", consent="yes", **chosen)
    assert "used for nothing but your letters" in saved.text
    assert 'value="migraine" checked' in saved.text
    page = site.press_the_button(path, act="forget").text
    assert "Forgotten." in page
    assert 'value="migraine" checked' not in page
    assert site.everything()["reader_topics"] == []
    assert len(site.audience()) == 1
    assert not any("migraine" in said for said in evidence(site, reader))


def test_the_consent_to_topics_is_shown_in_the_words_in_which_it_was_given(site: Site) -> None:
    path = site.fresh_path(site.subscribed())
    site.press_the_button(path, act="topics", consent="yes", topic="migraine")
    page = site.press_the_button(path, act="language", language="es").text
    assert '<html lang="es"' in page
    assert '<span lang="en" dir="ltr">Yes, keep what I choose here' in page


def test_whoever_ticks_all_topics_of_several_newsletters_has_them_kept(
    connected: Workplace, smtp_server: MailServer
) -> None:
    offered = [tuple(f"topic {number}" for number in some) for some in (range(20), range(20, 40))]
    newsletters = tuple(
        newsletter.model_copy(update={"topics": topics})
        for newsletter, topics in zip(connected.settings.newsletters, offered, strict=False)
    )
    assert len(newsletters) == 2
    workplace = replace(
        connected, settings=connected.settings.model_copy(update={"newsletters": newsletters})
    )
    with running(workplace) as url, httpx.Client(base_url=url) as http:
        site = Site(workplace, http, smtp_server)
        path = site.fresh_path(site.subscribed())
        site.press_the_button(path, act="newsletters", newsletter=["daily", "weekly"])
        every = [*offered[0], *offered[1]]
        page = site.press_the_button(path, act="topics", consent="yes", topic=every, never=list(NEVER))
        assert page.status_code == 200
        assert all(f'name="topic" value="{topic}" checked' in page.text for topic in every)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"act": "pause", "until": "soon"}, '<input type="date" id="pause"'),
        ({"act": "topics", "topic": "migraine"}, 'name="consent" value="yes" id="topics"'),
        ({"act": "language", "language": "tlh"}, '<select id="language"'),
        ({"act": "address", "email": "ada@"}, '<input type="email" id="address"'),
        ({"act": "data"}, '<div class="note" role="status" id="data"'),
    ],
)
def test_the_next_page_begins_at_what_is_wrong_or_told(
    site: Site, fields: dict[str, str], where: str
) -> None:
    page = site.press_the_button(site.fresh_path(site.subscribed()), **fields).text
    assert where in page
    assert page.count(f'id="{fields["act"]}"') == 1
    assert f'#{fields["act"]}"' in page


def test_the_language_is_the_readers_choice(site: Site) -> None:
    reader = site.subscribed()
    path = site.fresh_path(reader)
    assert '<html lang="bn"' in site.press_the_button(path, act="language", language="bn").text
    leave = f"/unsubscribe/{site.token(Purpose.UNSUBSCRIBE, reader)}"
    assert '<html lang="bn"' in site.http.get(leave).text
    assert site.press_the_button(path, act="language", language="tlh").status_code == 422


def test_a_new_address_is_mailed_and_nobody_learns_whether_it_is_taken(site: Site) -> None:
    site.subscribed(GRACE)
    path = site.fresh_path(site.subscribed())
    free = site.press_the_button(path, act="address", email="ada@example.com").text
    taken = site.press_the_button(path, act="address", email=GRACE).text
    assert "Until then" in free
    said = "can take your letters"
    assert free.split(said)[0].replace("ada@example.com", GRACE) == taken.split(said)[0]
    assert "/address/" in site.mail_to("ada@example.com")
    assert not any("/address/" in str(mail.message) for mail in site.mails.to(GRACE))
    assert "go to this address already" in site.press_the_button(path, act="address", email=ADA).text
    wrong = site.press_the_button(path, act="address", email="ada@@")
    assert wrong.status_code == 422
    assert 'id="email-fault"' in wrong.text


def test_who_moved_need_not_wait_for_a_fresh_link(site: Site) -> None:
    reader = site.subscribed()
    path = site.fresh_path(reader)
    site.press_the_button(path, act="address", email="ada@example.com")
    match = re.search(r"http://letter\.example(/address/\S+)", site.mail_to("ada@example.com"))
    assert match
    assert "ask with the new address" in site.press_the_button(match[1]).text
    assert "until your address was changed" in site.http.get(path).text
    site.http.post("/preferences", data={"email": "ada@example.com"})
    assert "/preferences/" in site.mail_to("ada@example.com", count=2)


def test_the_page_has_a_way_out_in_so_many_words(site: Site) -> None:
    page = site.http.get(site.fresh_path(site.subscribed())).text
    match = re.search(r'href="(/unsubscribe/[^"]+)">Unsubscribe<', page)
    assert match
    assert "You are unsubscribed" in site.press_the_button(match[1], scope="this").text


def test_the_data_comes_by_a_link_of_its_own(site: Site) -> None:
    path = site.fresh_path(site.subscribed())
    for _ in range(2):
        assert "A link to your data is on its way" in site.press_the_button(path, act="data").text
    assert "/data/" in site.mail_to(count=3)
    assert len(site.mails.to(ADA)) == 3


def test_an_address_that_complained_is_told_that_nothing_is_sent(site: Site) -> None:
    path = site.fresh_path(site.subscribed())
    workplace = site.workplace
    with workplace.database.write() as connection:
        suppress(
            connection,
            workplace.keyring,
            ADA,
            reason=Reason.COMPLAINED,
            journal=workplace.journal,
            now=workplace.clock.now(),
        )
    page = site.press_the_button(path, act="newsletters", newsletter="daily").text
    assert "Nothing is sent to this address" in page
    assert "cannot be switched on" in page
    assert site.audience() == []


def test_a_form_without_its_nonce_or_with_an_unknown_act_changes_nothing(site: Site) -> None:
    path = site.fresh_path(site.subscribed())
    nonce = hidden(site.http.get(path).text, "nonce")
    before = site.everything()
    assert site.http.post(path, data={"act": "forget"}).status_code == 400
    assert site.http.post(path, data={"nonce": nonce, "act": "sing"}).status_code == 200
    assert site.http.post(path, data={"nonce": nonce}).status_code == 200
    assert site.everything() == before


def test_the_page_is_kept_by_nobody(site: Site) -> None:
    answer = site.http.get(site.fresh_path(site.subscribed()))
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "set-cookie" not in answer.headers


def test_every_private_topic_has_words_for_readers() -> None:
    assert list(NEVER) == list(PRIVATE_TOPICS)
