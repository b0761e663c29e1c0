"""The page of an issue: seen, changed, approved, copied and sent by operators, without any script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape

import httpx
import pytest

from newsletter.issues import store as issue_store
from newsletter.issues.issue import State
from newsletter.operators.audit import page as audit_page
from newsletter.operators.role import Role
from newsletter.settings import NewsletterSettings
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer
from tests.integration.article_source import add_readers, fill
from tests.integration.console_site import Browser, ConsoleSite, console_site, said
from tests.integration.web_site import wait_until

DAY = date(2026, 3, 3)
HERE = "/console/issues/daily/2026-03-03"
ADA = "ada@example.org"


@pytest.fixture
def stocked(connected: Workplace) -> Workplace:
    fill(connected.settings.content_path)
    add_readers(connected, ADA)
    return connected


@pytest.fixture
def console(stocked: Workplace) -> Iterator[ConsoleSite]:
    with console_site(stocked) as site:
        yield site


@pytest.fixture
def browser(console: ConsoleSite) -> Iterator[Browser]:
    with console.signed_in() as one:
        yield one


def fields(page: httpx.Response, act: str, *, holding: str = "") -> dict[str, str]:
    """What the form for *act* on *page* posts, of those that hold these words the first."""
    for form in re.findall(r"<form.*?</form>", page.text, re.DOTALL):
        found = {
            unescape(name): unescape(value)
            for name, value in re.findall(r'<input[^>]*name="([^"]*)"[^>]*?value="([^"]*)"', form)
        }
        if found.get("act") == act and holding in form:
            found.pop("csrf")
            return found
    raise AssertionError(f"no form for {act} {holding}")


def version(page: httpx.Response) -> str:
    found = re.search(r'(?:data-version|name="version" value)="([^"]*)"', page.text)
    assert found
    return found[1]


def ask_to_send(browser: Browser) -> httpx.Response:
    return browser.get(f"{HERE}/send")


def seen(page: httpx.Response) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', page.text)
    assert found
    return found[1]


def act(browser: Browser, name: str, page: httpx.Response | None = None, **given: str) -> httpx.Response:
    page = page or browser.get(HERE)
    posted = browser.post(f"{HERE}/{name}", None, version=version(page), **given)
    return browser.http.get(posted.headers["location"]) if posted.status_code == 303 else posted


def state(console: ConsoleSite) -> State | None:
    with console.workplace.database.read() as connection:
        found = issue_store.find(connection, "daily", DAY)
    return found.issue.state if found else None


def test_the_page_shows_the_letter_and_why_it_is_as_it_is(browser):
    page = browser.get(HERE)
    words = said(page)
    assert page.status_code == 200
    for shown in ("planned", "Why this", "Runner-up:", "points", "Checks", "of 50 characters", "Test copy"):
        assert shown in words, shown
    letter = browser.get(f"{HERE}/letter")
    assert letter.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert letter.headers["x-frame-options"] == "SAMEORIGIN"
    assert "<iframe sandbox src=" in page.text
    text = browser.get(HERE, tab="text").text
    assert "unsubscribe" in text
    assert "Content-Type: multipart/alternative" in browser.get(HERE, tab="raw").text
    assert "&lt;!doctype html&gt;" in browser.get(HERE, tab="source").text.lower()


def test_looking_changes_nothing(browser, console):
    for path in (HERE, f"{HERE}/letter", f"{HERE}/slots/prevention", f"{HERE}/slots/overview?words=gout"):
        assert browser.get(path).status_code == 200
    assert state(console) is None


def test_an_article_is_swapped_in_from_the_list_and_taken_back(browser):
    before, as_it_was = browser.get(HERE), seen(ask_to_send(browser))
    found = browser.get(f"{HERE}/slots/prevention")
    take = fields(found, "pin")
    after = act(browser, "decide", found_version(found, before), **without_version(take))
    assert f"of “{take['article'].capitalize()}” is pinned to prevention" in said(after)
    assert "Prevention:" in said(after)
    number = re.search(r'name="number" value="(\d+)"', after.text)
    assert number
    back = act(browser, "undo", after, number=number[1])
    assert "taken back by ada" in said(back)
    assert seen(ask_to_send(browser)) == as_it_was


def found_version(found: httpx.Response, page: httpx.Response) -> httpx.Response:
    assert version(page) in found.text
    return page


def without_version(given: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if name != "version"}


def test_every_act_of_the_page_does_what_it_says(browser, console):
    for name, given, told in (
        ("subject", {"text": "Plain words"}, "“Plain words”"),
        ("preheader", {"text": "With care."}, "“With care.”"),
        ("runner_up", {"slot": "prevention"}, "Prevention:"),
        ("lead", {"article": "gout"}, "“Gout” is to lead"),
        ("ban", {"article": "asthma", "for": "every", "text": "outdated"}, "“Asthma” is banned: outdated"),
        ("order", {"text": "prevention also_today"}, "the order is to be prevention, also today"),
        ("hold", {}, "held"),
        ("skip", {}, "Nothing is sent on this date"),
    ):
        page = act(browser, "decide", None, act=name, **given)
        assert page.status_code == 200, said(page)
        assert told in said(page), (name, said(page))
    assert state(console) is State.SKIPPED


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"act": "subject", "text": "A miracle cure"}, "promises or threatens"),
        ({"act": "pin", "slot": "nowhere", "article": "gout", "position": "1"}, "is not in the layout"),
        ({"act": "pin", "slot": "overview", "article": "gout", "position": "x"}, "is no position"),
        ({"act": "pause"}, "is none"),
        ({"act": "lead", "article": "no-such"}, "is not in the content store"),
    ],
)
def test_what_cannot_be_done_is_said_on_the_page_and_nothing_written_is_lost(browser, given, told):
    page = act(browser, "decide", None, **given)
    assert (page.status_code, told in said(page)) == (422, True)
    if "text" in given:
        assert f'value="{given["text"]}"' in page.text


def test_the_later_of_two_operators_is_told_and_overwrites_nothing(browser, console):
    mine, looked_at = browser.get(HERE), seen(ask_to_send(browser))
    with console.signed_in("grace") as other:
        act(other, "decide", act="subject", text="Grace's words")
    refused = act(browser, "decide", mine, act="subject", text="Ada's words")
    assert refused.status_code == 409
    assert "09:30 grace: the subject was rewritten" in said(refused)
    assert "Ada&#39;s words" in refused.text
    assert "Grace&#39;s words" in refused.text
    for path, given in (
        ("undo", {"number": "1"}),
        ("approve", {"seen": looked_at}),
        ("send", {"seen": looked_at}),
    ):
        assert act(browser, path, mine, **given).status_code == 409
    assert state(console) is None


def test_a_page_that_is_open_is_told_of_anothers_change(browser, console):
    mine = browser.get(HERE)
    with console.signed_in("grace") as other:
        act(other, "decide", act="subject", text="Grace's words")
    with browser.http.stream("GET", f"{HERE}/events", params={"since": version(mine)}) as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        told = next(line for line in events.iter_lines() if line.startswith("data:"))
    assert "grace: the subject was rewritten" in told


def test_a_test_copy_arrives_and_is_what_was_shown(browser, smtp_server: MailServer, console):
    shown = browser.get(HERE, tab="raw")
    page = act(browser, "copy", to="editor@example.org")
    assert "Test copy accepted" in said(page)
    (copy,) = smtp_server.to("editor@example.org")
    plain = copy.message.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().splitlines()[0] in unescape(shown.text)
    with console.workplace.database.read() as connection:
        (line,) = audit_page(connection, act="test copy")
    assert (line.actor.name, line.subject, "editor" in str(line.detail)) == ("ada", "daily 2026-03-03", False)


def test_two_approve_and_what_was_shown_is_sent(stocked, smtp_server: MailServer):
    newsletter = NewsletterSettings(approval="two")
    settings = stocked.settings.model_copy(update={"newsletters": (newsletter,)})
    with console_site(replace(stocked, settings=settings)) as console:
        with console.signed_in("ed", [Role.EDITOR]) as editor:
            page = act(editor, "decide", act="subject", text="Plain words")
            page = act(editor, "approve", seen=seen(page))
            assert "waiting" in said(page)
            assert "Still missing: clinician" in said(page)
            assert act(editor, "approve", seen=seen(page)).status_code == 200
            assert "Still missing: clinician" in said(editor.get(HERE))
            assert editor.post(f"{HERE}/send", version=version(page)).status_code == 403
        with console.signed_in("clin", [Role.CLINICIAN]) as clinician:
            page = act(clinician, "approve", seen=seen(clinician.get(HERE)))
            assert "approved by ed (editor)" in said(page)
        with console.signed_in("sendy", [Role.SENDER]) as sender:
            raw = unescape(
                re.findall(r"<pre[^>]*>(.*?)</pre>", sender.get(HERE, tab="raw").text, re.DOTALL)[0]
            )
            page = ask_to_send(sender)
            assert "1 reader" in said(page)
            sent = sender.post(f"{HERE}/send", version=version(page), seen=seen(page))
            assert sent.headers["location"].endswith("/sending")
        wait_until(lambda: state(console) is State.SENT)
        (received,) = smtp_server.to(ADA)
        with console.workplace.database.read() as connection:
            acts = [(line.actor.name, line.act) for line in audit_page(connection)]
    assert {("sendy", "send"), ("ed", "approve"), ("clin", "approve")} <= set(acts)
    theirs = message_from_bytes(received.content, _class=EmailMessage, policy=policy.SMTP)
    ours = message_from_bytes(raw.encode(), _class=EmailMessage, policy=policy.SMTP)
    assert theirs["Subject"] == ours["Subject"] == "Plain words"
    for kind in ("html", "plain"):
        assert without_tokens(theirs, kind) == without_tokens(ours, kind)


def without_tokens(message: EmailMessage, kind: str) -> list[str]:
    part = message.get_body((kind,))
    assert part is not None
    text = re.sub(r"/(unsubscribe|preferences)/[\w.~-]+", r"/\1/TOKEN", part.get_content())
    return text.splitlines()


def test_sending_asks_who_it_is_and_is_refused_where_it_waits(console):
    with console.signed_in("old", [Role.ADMIN], is_fresh=False) as browser:
        page = ask_to_send(browser)
        answer = browser.post(f"{HERE}/send", version=version(page), seen=seen(page))
        assert (answer.status_code, "Is it still you?" in answer.text) == (403, True)
        assert "You are about to send this letter now." in said(answer)
    with console.signed_in() as browser:
        looked_at = seen(ask_to_send(browser))
        act(browser, "decide", act="hold")
        page = ask_to_send(browser)
        assert "It cannot be sent: it is held." in said(page)
        assert "Send it to" not in said(page)
        refused = act(browser, "send", seen=looked_at)
        assert (refused.status_code, "is held" in said(refused)) == (422, True)


def test_a_skipped_day_says_so_and_comes_back(browser):
    skipped = act(browser, "decide", act="skip")
    assert "The date is skipped" in said(skipped)
    assert "is now “”" not in said(skipped)
    assert "Send now" not in said(skipped)
    assert "It cannot be sent: skipped." in said(ask_to_send(browser))
    number = re.search(r'name="number" value="(\d+)"', skipped.text)
    assert number
    back = act(browser, "undo", skipped, number=number[1])
    assert "Taken back; the letter reads as before." in said(back)
    assert "Send now" in said(back)


def test_a_letter_whose_day_is_over_is_sent_only_by_whoever_was_told(browser):
    late = f"/console/issues/daily/{DAY - timedelta(days=1)}"
    assert "was not made on its day" in said(browser.get(late))
    assert "Its day is over: that was 1 day ago." in said(browser.get(f"{late}/send"))
    early = said(browser.get(f"/console/issues/daily/{DAY + timedelta(days=2)}/send"))
    assert "That is 2 days before its day." in early


def test_a_viewer_sees_all_and_has_no_button(console):
    with console.signed_in("vi", [Role.VIEWER]) as viewer:
        page = viewer.get(HERE)
        forms = re.findall(r"<form[^>]*action=\"([^\"]*)\"", page.text)
        assert (page.status_code, [one for one in forms if "/issues/" in one]) == (200, [])
        for name in ("decide", "undo", "approve", "copy", "send"):
            assert viewer.post(f"{HERE}/{name}", version=version(page)).status_code == 403


@pytest.mark.parametrize("path", ["/console/issues/none/2026-03-03", "/console/issues/daily/today"])
def test_what_is_not_there_is_said(browser, path):
    assert browser.get(path).status_code == 404


def test_script_in_a_title_stays_text(stocked):
    with console_site(stocked) as console, console.signed_in() as browser:
        page = browser.get(f"{HERE}/slots/prevention", words="<script>alert(1)</script>")
        assert "<script>alert" not in page.text


def test_where_no_letter_can_be_made_the_frame_says_why(connected: Workplace) -> None:
    with console_site(connected) as site, site.signed_in() as browser:
        answer = browser.get(f"{HERE}/letter")
    assert (answer.status_code, answer.headers["x-frame-options"]) == (404, "SAMEORIGIN")
    assert "No letter can be made" in said(answer)
    assert "newsletter ingest" in said(answer)


def test_what_changes_no_word_of_the_letter_is_told_as_what_it_is(browser: Browser) -> None:
    page = browser.get(HERE)
    held = browser.http.post(
        f"{HERE}/decide", data={"csrf": browser.csrf, **fields(page, "hold")}, follow_redirects=True
    )
    assert "The issue is held" in said(held)
    undo = re.search(r'action="[^"]*/undo".*?name="number" value="(\d+)"', held.text, re.DOTALL)
    assert undo
    back = browser.http.post(
        f"{HERE}/undo",
        data={"csrf": browser.csrf, "version": version(held), "number": undo[1]},
        follow_redirects=True,
    )
    assert "Taken back; the letter reads as before." in said(back)
