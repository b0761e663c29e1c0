"""A reader's life through a real server, a real database file and a real SMTP server."""

from __future__ import annotations

import io
import logging
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from html import unescape

import httpx
import pytest
import uvicorn
from sqlalchemy import select

from newsletter.database import metadata
from newsletter.issues.store import issues
from newsletter.rendering import store
from newsletter.rendering.edition import Edition
from newsletter.subscribers.store import active_recipients
from newsletter.subscribers.subscriber import Recipient
from newsletter.subscribers.token import Purpose
from newsletter.subscribers.transfer import ImportRow
from newsletter.web.app import create_app
from newsletter.workflows.import_subscribers import import_subscribers
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer, free_port

ADA = "ada@example.org"


@dataclass(frozen=True)
class Site:
    """A running site and a browser without scripts, cookies or redirects."""

    workplace: Workplace
    http: httpx.Client
    mails: MailServer

    def sign_up(self, address: str = ADA, **fields: str) -> httpx.Response:
        return self.http.post("/subscribe", data={"email": address, "consent": "yes", **fields})

    def mail_to(self, address: str = ADA, *, count: int = 1) -> str:
        """The text part of the newest mail, once *count* have come."""
        wait_until(lambda: len(self.mails.to(address)) >= count)
        body = self.mails.to(address)[-1].message.get_body(("plain",))
        return str(body.get_content()) if body else ""

    def confirm_path(self, address: str = ADA) -> str:
        match = re.search(r"http://letter\.example(/confirm/\S+)", self.mail_to(address))
        assert match, "the mail holds no confirm link"
        return match[1]

    def subscribed(self, address: str = ADA) -> Recipient:
        """An active reader: signed up, mailed, confirmed."""
        self.sign_up(address)
        assert self.http.post(self.confirm_path(address)).status_code == 200
        return next(each for each in self.audience() if each.address == address)

    def audience(self, newsletter: str = "daily") -> list[Recipient]:
        with self.workplace.database.read() as connection:
            return active_recipients(connection, newsletter)

    def token(self, purpose: Purpose, reader: Recipient) -> str:
        return self.workplace.keyring.token(purpose, reader.handle)

    def everything(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every table."""
        with self.workplace.database.read() as connection:
            return {
                table.name: [tuple(row) for row in connection.execute(select(table))]
                for table in metadata.sorted_tables
            }


def wait_until(condition, seconds: float = 8) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@contextmanager
def running(workplace: Workplace) -> Iterator[str]:
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(create_app(workplace), port=port, access_log=False, log_config=None, ws="none")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def site(connected: Workplace, smtp_server: MailServer) -> Iterator[Site]:
    with running(connected) as url, httpx.Client(base_url=url, follow_redirects=False) as http:
        yield Site(connected, http, smtp_server)


def hidden(page: str, name: str) -> str:
    match = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert match, f"no field {name}"
    return unescape(match[1])


def test_a_reader_who_signs_up_and_presses_the_button_is_on_the_list_and_not_before(site: Site) -> None:
    answer = site.sign_up()
    assert answer.status_code == 202
    assert "Please confirm" in answer.text
    path = site.confirm_path()
    assert site.audience() == []
    page = site.http.get(path)
    assert page.status_code == 200
    assert 'method="post"' in page.text
    assert site.audience() == []
    assert "You are subscribed" in site.http.post(path).text
    assert [reader.address for reader in site.audience()] == [ADA]


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


@pytest.mark.parametrize("multipart", [False, True], ids=["urlencoded", "multipart"])
def test_one_click_unsubscribes_with_nothing_but_the_token_again_and_again(
    site: Site, *, multipart: bool
) -> None:
    reader = site.subscribed()
    path = f"/unsubscribe/{site.token(Purpose.UNSUBSCRIBE, reader)}"
    field = {"List-Unsubscribe": "One-Click"}
    for _ in range(2):
        answer = (
            site.http.post(path, files={"List-Unsubscribe": (None, "One-Click")})
            if multipart
            else (site.http.post(path, data=field))
        )
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
    assert site.audience() == []


def test_a_scanner_that_posts_to_the_page_without_its_form_unsubscribes_nobody(site: Site) -> None:
    reader = site.subscribed()
    path = f"/unsubscribe/{site.token(Purpose.UNSUBSCRIBE, reader)}"
    for data in ({}, {"scope": "all"}, {"nonce": "1.00"}):
        answer = site.http.post(path, data=data)
        assert answer.status_code == 400
        assert "Nothing has been changed" in answer.text
    assert site.audience() != []


def test_a_reader_unsubscribes_from_the_page_and_takes_it_back_from_the_link_there(site: Site) -> None:
    reader = site.subscribed()
    path = f"/unsubscribe/{site.token(Purpose.UNSUBSCRIBE, reader)}"
    nonce = hidden(site.http.get(path).text, "nonce")
    done = site.http.post(path, data={"nonce": nonce, "scope": "this"})
    assert "You are unsubscribed" in done.text
    assert site.audience() == []
    undo = re.search(r'href="(/preferences/[^"]+)"', done.text)
    assert undo
    nonce = hidden(site.http.get(undo[1]).text, "nonce")
    site.http.post(undo[1], data={"nonce": nonce, "newsletter": "daily"})
    assert [each.address for each in site.audience()] == [ADA]


def test_a_reader_switches_a_newsletter_off_and_asks_for_another_on_the_preferences_page(site: Site) -> None:
    reader = site.subscribed()
    path = f"/preferences/{site.token(Purpose.PREFERENCES, reader)}"
    nonce = hidden(site.http.get(path).text, "nonce")
    page = site.http.post(path, data={"nonce": nonce, "newsletter": ["daily", "weekly"]})
    assert "still needs your confirmation" in page.text  # one confirmation mail a day, and today's was sent
    assert site.audience("weekly") == []
    page = site.http.post(path, data={"nonce": nonce})
    assert "Daily Health is off" in page.text
    assert site.audience() == []
    assert site.http.post(path, data={"newsletter": "daily"}).status_code == 400


def test_a_reader_who_left_is_not_brought_back_by_an_import_with_a_basis(site: Site) -> None:
    reader = site.subscribed()
    site.http.post(
        f"/unsubscribe/{site.token(Purpose.UNSUBSCRIBE, reader)}", data={"List-Unsubscribe": "One-Click"}
    )
    rows = [ImportRow(number=2, address="ADA@Example.org")]
    report = import_subscribers(site.workplace, rows, basis="paper form, 2024")
    assert (report.imported, report.suppressed) == (0, 1)
    assert site.audience() == []


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


def test_letters_that_went_out_can_be_read_on_the_web_with_no_readers_token_in_them(site: Site) -> None:
    html = '<html lang="en"><a href="@@UNSUBSCRIBE@@">out</a> <a href="@@PREFERENCES@@">change</a></html>'
    edition = Edition("Migraine & aura", "How to tell.", html, "@@UNSUBSCRIBE@@ @@PREFERENCES@@")
    with site.workplace.database.write() as connection:
        for number, state in enumerate(("sent", "approved"), start=1):
            connection.execute(
                issues.insert().values(
                    id=number,
                    newsletter="daily",
                    issued_on=date(2026, 3, number),
                    state=state,
                    document="{}",
                    composed_at=site.workplace.clock.now(),
                )
            )
            store.add(connection, number, edition, language="en", rendered_at=site.workplace.clock.now())
    archive = site.http.get("/issues/").text
    assert "Migraine &amp; aura" in archive
    assert 'href="/issues/daily/2026-03-01"' in archive
    assert "2026-03-02" not in archive
    before = site.everything()
    for path in ("/issues/2026-03-01", "/issues/daily/2026-03-01"):
        page = site.http.get(path)
        assert page.status_code == 200
        assert 'href="http://letter.example/unsubscribe"' in page.text
        assert 'href="http://letter.example/preferences"' in page.text
        assert "@@" not in page.text
        assert "script-src" not in page.headers["content-security-policy"]
        assert site.http.head(path).status_code == 200
    assert site.http.get("/issues/2026-03-02").status_code == 404
    assert site.everything() == before


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


def test_a_fault_inside_shows_a_page_and_logs_where_but_not_what(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(ADA)

    monkeypatch.setattr("newsletter.web.signup.look_at_confirmation", fail)
    answer = site.http.get("/confirm/x")
    assert answer.status_code == 500
    assert "our fault" in answer.text
    wait_until(lambda: "RuntimeError in test_web.py" in caplog.text)
    assert ADA not in caplog.text
