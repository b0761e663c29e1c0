"""The pages for everybody, through a real server, a real database file and a real SMTP server."""

from __future__ import annotations

import asyncio
import io
import logging
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest
from httpx import ASGITransport

from newsletter.clock import FixedClock
from newsletter.errors import SettingsError
from newsletter.subscribers.token import Purpose
from newsletter.web.app import create_app
from newsletter.workflows.workplace import Workplace
from tests.integration.web_site import ADA, Site, hidden, running, wait_until


def test_the_confirmation_mail_names_its_kind_and_is_signed_by_no_address_in_its_links(site: Site) -> None:
    site.sign_up()
    text = site.mail_to()
    message = site.mails.to(ADA)[0].message
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["To"] == ADA
    assert message["Message-ID"].endswith("@example.org>")
    assert not [link for link in re.findall(r"https?://\S+", text) if "ada" in link]
    assert message.get_body(("html",)) is not None


def test_opening_every_page_by_get_and_head_changes_nothing_in_any_table(site: Site) -> None:
    reader = site.subscribed()
    site.sign_up("new@example.org")
    confirm = site.confirm_path("new@example.org")
    wait_until(lambda: "sending" not in str(site.everything()["system_mails"]))
    before = site.everything()
    paths = [
        "/",
        "/subscribe",
        confirm,
        f"/unsubscribe/{site.token(Purpose.UNSUBSCRIBE, reader)}",
        f"/preferences/{site.token(Purpose.PREFERENCES, reader)}",
        "/unsubscribe",
        "/preferences",
        "/issues/",
        "/privacy",
        "/privacy/draft-1",
        "/healthz",
        "/readyz",
        "/static/site.css",
        "/robots.txt",
    ]
    for path in paths:
        assert site.http.get(path).status_code == 200, path
        head = site.http.head(path)
        assert (head.status_code, head.content) == (200, b""), path
    assert site.everything() == before


def test_known_and_unknown_addresses_get_the_same_answer_and_only_one_mail_a_day(site: Site) -> None:
    site.subscribed()
    answers = {
        site.sign_up(address).text.replace(address, "X").replace("&#64;", "@")
        for address in (ADA, "new@example.org", "new@example.org", "other@example.org")
    }
    assert len(answers) == 1
    wait_until(lambda: len(site.mails.received) == 3)
    assert len(site.mails.to(ADA)) == 1
    assert len(site.mails.to("new@example.org")) == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"email": "ada@", "consent": "yes"}, "There must be something after the @-sign"),
        ({"email": "", "consent": "yes"}, "Enter your e-mail address."),
        ({"email": ADA}, "Tick the box"),
        ({"email": ADA, "consent": "yes", "newsletter": "hourly"}, "Choose one of the newsletters"),
        ({"email": "a\r\nBcc: b@example.org", "consent": "yes"}, 'id="email-fault"'),
    ],
)
def test_a_form_with_a_fault_comes_back_with_words_beside_the_field(
    site: Site, fields: dict[str, str], words: str
) -> None:
    answer = site.http.post("/subscribe", data=fields)
    assert answer.status_code == 422
    assert words in unescape(answer.text)
    assert "aria-describedby" in answer.text
    assert site.everything()["subscribers"] == []


def test_two_faults_are_told_at_once(site: Site) -> None:
    page = unescape(site.http.post("/subscribe", data={"email": "ada@"}).text)
    assert "after the @-sign" in page
    assert "Tick the box" in page
    assert 'value="ada@"' in page


def test_markup_in_the_address_field_comes_back_as_text(site: Site) -> None:
    answer = site.http.post("/subscribe", data={"email": '"><script>alert(1)</script>', "consent": "yes"})
    assert answer.status_code == 422
    assert "<script" not in answer.text


def test_a_visitor_can_read_the_policy_before_the_button_and_finds_the_name_where_it_always_is(
    site: Site,
) -> None:
    page = site.http.get("/subscribe").text
    assert page.index('href="/privacy"') < page.index("<button")
    assert "quiet minutes" in page
    name = '<a class="name" href="/">Daily Health</a>'
    assert name in page
    assert name in site.http.get("/issues/").text


def test_an_older_policy_that_readers_agreed_to_stays_readable(site: Site) -> None:
    site.sign_up()
    changed = site.workplace.settings.model_copy(update={"privacy_version": "2"})
    with running(replace(site.workplace, settings=changed)) as url, httpx.Client(base_url=url) as http:
        old = http.get("/privacy/draft-1")
        assert old.status_code == 200
        assert "earlier version" in old.text
        assert "Version 2" in http.get("/privacy").text


def test_forged_foreign_and_unknown_links_give_a_kind_page(site: Site) -> None:
    reader = site.subscribed()
    foreign = site.token(Purpose.PREFERENCES, reader)
    for path in (
        f"/unsubscribe/{foreign}",
        f"/confirm/{foreign}",
        "/preferences/v1.k.x.y",
        "/confirm/nonsense",
    ):
        for answer in (site.http.get(path), site.http.post(path, data={"List-Unsubscribe": "One-Click"})):
            assert answer.status_code == 404
            assert "does not work" in answer.text
    assert site.http.get("/nowhere").status_code == 404
    assert site.http.get("/issues/2026-13-01").status_code == 404
    assert site.http.get("/issues/daily/2026-03-01").status_code == 404
    assert site.http.get("/issues/nobody/2026-03-01").status_code == 404
    assert site.http.get("/privacy/none-such").status_code == 404
    assert site.http.put("/subscribe").status_code == 405


def test_personal_pages_are_kept_out_of_caches_indexes_and_referrers_and_no_page_runs_scripts(
    site: Site,
) -> None:
    reader = site.subscribed()
    for path in (f"/unsubscribe/{site.token(Purpose.UNSUBSCRIBE, reader)}", "/confirm/nonsense"):
        headers = site.http.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-robots-tag"] == "noindex, nofollow"
        assert headers["referrer-policy"] == "no-referrer"
    page = site.http.get("/")
    assert "script" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in page.headers
    assert "<script" not in page.text
    assert "style=" not in page.text


def test_a_body_beyond_the_limit_is_refused_with_a_page(site: Site) -> None:
    answer = site.http.post("/subscribe", content=b"email=" + b"a" * 70_000)
    assert answer.status_code == 413
    assert "too much" in answer.text


def test_the_log_of_a_whole_life_holds_no_address_and_no_token(site: Site) -> None:
    written = io.StringIO()
    # A handler of our own at the root, where an operator's would be: caplog hooks quiet loggers as well.
    handler = logging.StreamHandler(written)
    handler.addFilter(lambda record: not record.name.startswith(("httpx", "httpcore", "mail.")))
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        reader = site.subscribed()
        token = site.token(Purpose.UNSUBSCRIBE, reader)
        site.http.get(f"/unsubscribe/{token}")
        site.http.post(f"/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"})
        # The line is written after the answer has left.
        wait_until(lambda: "POST /unsubscribe/{token} 200" in written.getvalue())
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert ADA not in written.getvalue()
    assert token[:20] not in written.getvalue()


def test_the_log_names_the_route_of_the_document_of_the_api(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "newsletter.web"):
        assert site.http.get("/openapi.json").json()["openapi"].startswith("3.")
        assert site.http.get("/made-up.json").status_code == 404
        wait_until(lambda: "GET (no such page) 404" in caplog.text)
    assert "GET /openapi.json 200" in caplog.text


def test_a_fault_inside_shows_a_page_and_logs_where_but_not_what(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(ADA)

    monkeypatch.setattr("newsletter.web.confirm.look_at_confirmation", fail)
    answer = site.http.get("/confirm/x")
    assert answer.status_code == 500
    assert "our fault" in answer.text
    wait_until(lambda: "RuntimeError in test_web.py" in caplog.text)
    assert ADA not in caplog.text


def test_the_log_says_what_is_wrong_when_the_policy_vanishes_while_pages_are_served(
    site: Site, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    own = tmp_path / "policy.md"
    own.write_text("We keep your address.", encoding="utf-8")
    changed = site.workplace.settings.model_copy(update={"privacy_policy": own})
    with running(replace(site.workplace, settings=changed)) as url, httpx.Client(base_url=url) as http:
        assert "We keep your address." in http.get("/privacy").text
        own.unlink()
        assert http.get("/privacy").status_code == 500
    assert f"privacy_policy {own}: cannot be read: No such file or directory" in caplog.text


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00"], ids=["missing", "empty", "not text"])
def test_pages_whose_policy_nobody_can_read_do_not_start(
    workplace: Workplace, tmp_path: Path, content: bytes | None
) -> None:
    own = tmp_path / "policy.md"
    if content is not None:
        own.write_bytes(content)
    changed = workplace.settings.model_copy(update={"privacy_policy": own})
    with pytest.raises(SettingsError) as refused:
        create_app(replace(workplace, settings=changed))
    assert refused.value.exit_status == 2
    assert str(own) in refused.value.thing
    assert refused.value.next_step


def test_ready_means_that_letters_would_go_out(workplace: Workplace) -> None:
    said = ""
    app = create_app(workplace, clock_fault=lambda: said)
    transport = ASGITransport(app)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://letter.example") as http:
            return await http.get("/readyz")

    assert asyncio.run(ask()).status_code == 200
    said = "the clock does not run"
    answer = asyncio.run(ask())
    assert (answer.status_code, answer.json()) == (503, {"status": said})


def test_the_policy_page_lists_the_versions_that_were_in_use(site: Site) -> None:
    later = site.workplace.settings.model_copy(update={"privacy_version": "2030-1"})
    with running(replace(site.workplace, settings=later)) as url, httpx.Client(base_url=url) as http:
        page = http.get("/privacy").text
        assert "Earlier versions" in page
        assert "/privacy/draft-1" in page
        assert "This is an earlier version" in http.get("/privacy/draft-1").text


def test_a_confirm_link_that_is_over_offers_to_ask_once_more(site: Site) -> None:
    site.sign_up()
    path = site.confirm_path()
    two_days_on = FixedClock(site.workplace.clock.now() + timedelta(hours=49))
    object.__setattr__(site.workplace, "clock", two_days_on)
    page = site.http.get(path)
    assert page.status_code == 410
    assert "Ask for the mail again" in page.text
    assert site.http.post(f"{path}/again").status_code == 410
    assert len(site.mails.to(ADA)) == 1
    again = site.http.post(f"{path}/again", data={"nonce": hidden(page.text, "nonce")})
    assert again.status_code == 202
    assert ADA not in again.text
    assert site.mail_to(ADA, count=2)
    assert "You are subscribed" in site.press_the_button(site.confirm_path()).text
