"""Feedback in the console: kept rates, why letters came back, and returned mail as text alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import event, select

from newsletter.feedback.count import Place, count_at
from newsletter.feedback.counted import note
from newsletter.feedback.event import Kind, Reason
from newsletter.issues.store import issues
from newsletter.operators.role import Role
from newsletter.operators.schema import audit_lines
from newsletter.workflows.show_feedback import DOMAINS, TRAY_PAGE, show_feedback
from newsletter.workflows.take_feedback import take
from newsletter.workflows.workplace import Workplace
from tests.integration.console_site import ConsoleSite, console_site, said
from tests.unit.feedback.mailing import Mailing, bounce, complaint

ADA = "ada@example.org"
FEEDBACK = "/console/feedback"
FORGED = (
    b"Subject: <script>alert(1)</script>\r\n\x1b[31mred\xe2\x80\xae gpj.exe\r\n"
    b"</pre><img src=x onerror=alert(2)>"
)


@pytest.fixture
def returned(workplace: Workplace) -> Workplace:
    """A bounce of Ada's that her provider signed, a complaint, one that somebody forged, a day's counts."""
    mailing = Mailing(workplace)
    mailing.join(ADA, "eve@example.org")
    issue = mailing.send(ADA, "eve@example.org")
    take(workplace, [bounce(recipient=ADA, remote_id="1")], source="postmark")
    take(workplace, [complaint(recipient="eve@example.org", remote_id="2")], source="postmark")
    take(workplace, [bounce(recipient=ADA)], source="mailbox", raw=FORGED)
    with workplace.database.write() as connection:
        place = Place(issue, "example.net<script>", "main")
        count_at(connection, {place: {"accepted": 990, "rejected": 10, "returned": 20, "blocked": 15}})
        note(connection, issue, after=1, at=workplace.clock.now())
    return workplace


@pytest.fixture
def console(returned: Workplace) -> Iterator[ConsoleSite]:
    with console_site(returned) as site:
        yield site


def test_domains_reasons_and_what_is_too_much_are_shown(console: ConsoleSite) -> None:
    with console.signed_in(roles=[Role.VIEWER]) as browser:
        page = browser.get(FEEDBACK)
    words = said(page)
    assert page.status_code == 200
    assert "<script>" not in page.text.partition("<main")[2].partition("</main>")[0]
    for word in ("example.net<script>", "too much", "1,000", "there is no such mailbox", "reported as spam"):
        assert word in words
    assert "ada@" not in words


def test_why_letters_came_back_is_counted_as_they_come(returned: Workplace) -> None:
    shown = show_feedback(returned)
    assert shown.bounces == {Reason.NO_ADDRESS: 1}
    assert shown.complaints == {Reason.SPAM: 1}
    # A repeat is known, and not counted twice.
    take(returned, [bounce(recipient=ADA, remote_id="1")], source="postmark")
    assert show_feedback(returned).bounces == {Reason.NO_ADDRESS: 1}


def test_returned_mail_is_shown_as_text_to_those_who_may_and_taken_out_on_record(
    console: ConsoleSite,
) -> None:
    with console.signed_in("eve", [Role.VIEWER]) as browser:
        assert "/console/feedback/tray/" not in browser.get(FEEDBACK).text
        assert browser.get(f"{FEEDBACK}/tray/1").status_code == 403
        assert browser.post(f"{FEEDBACK}/tray/1/dismiss").status_code == 403
    with console.signed_in("ada", [Role.PRIVACY]) as browser:
        found = re.search(r"/console/feedback/tray/[0-9]+", browser.get(FEEDBACK).text)
        assert found
        page = browser.get(found[0])
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
        assert "\x1b" not in page.text
        assert "\u202e" not in page.text
        assert "Subject: <script>alert(1)</script>" in said(page)
        done = browser.post(f"{found[0]}/dismiss")
        assert (done.status_code, done.headers["location"]) == (303, "/console/feedback#tray")
        assert browser.get(found[0]).status_code == 409
        assert "The tray is empty" in said(browser.get(FEEDBACK))
    with console.workplace.database.read() as connection:
        acts = connection.scalars(select(audit_lines.c.act)).all()
    assert "dismiss returned mail" in acts
    assert acts.count("read returned mail") == 1  # not what was not there


@pytest.mark.parametrize(
    "item", ["0", "999999999", "99999999999999999999", "x", "-1", "%C2%B2", "1%2f..%2f2"]
)
def test_a_number_that_is_none_finds_nothing(console: ConsoleSite, item: str) -> None:
    with console.signed_in() as browser:
        assert browser.get(f"{FEEDBACK}/tray/{item}").status_code in (404, 409)
        assert browser.get(FEEDBACK, before=item).status_code == 200


def test_the_tray_is_turned_over_page_by_page(returned: Workplace) -> None:
    for number in range(TRAY_PAGE):
        take(returned, [bounce(recipient=ADA)], source="mailbox", raw=b"forged %d" % number)
    first = show_feedback(returned)
    rest = show_feedback(returned, before=first.following)
    assert (len(first.items), len(rest.items), rest.following) == (TRAY_PAGE, 1, None)
    assert not {one.id for one in first.items} & {one.id for one in rest.items}


def test_what_is_too_bad_comes_first_though_many_have_more_letters(returned: Workplace) -> None:
    with returned.database.write() as connection:
        issue = connection.scalar(select(issues.c.id)) or 0
        many = {Place(issue, f"d{number}.example.com", "main"): {"accepted": 5_000} for number in range(300)}
        count_at(
            connection, many | {Place(issue, "bad.example.com", "main"): {"accepted": 500, "returned": 90}}
        )
    shown = show_feedback(returned).domains
    assert len(shown) == DOMAINS
    assert "bad.example.com" in [row.name for row in shown if row.verdict]
    assert [bool(row.verdict) for row in shown] == [True, True] + [False] * (DOMAINS - 2)
    assert {row.week.accepted for row in shown if not row.verdict} == {5_000}


def test_nothing_is_read_from_the_list_or_the_ledger(returned: Workplace) -> None:
    statements: list[str] = []
    engine = returned.database.engine
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    show_feedback(returned)
    assert statements
    for name in ("subscribers", "subscriptions", "deliveries", "feedback_events", "consents"):
        assert not any(re.search(rf"\b{name}\b", one) for one in statements)


def test_the_policy_is_told_in_words_with_its_sources(console: ConsoleSite) -> None:
    with console.signed_in(roles=[Role.VIEWER]) as browser:
        words = said(browser.get(f"{FEEDBACK}/policy"))
    assert "the address is never mailed again" in words
    assert "RFC 3463" in words
    assert "5 days within 14" in words
    assert Kind.BOUNCE not in words.split()
