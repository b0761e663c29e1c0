"""What anybody may read of the letters that went out."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import update

from newsletter.database import Database
from newsletter.issues import store as issue_store
from newsletter.issues.issue import State
from newsletter.issues.store import issues
from newsletter.issues.withdrawal import Lost, restore, withdraw
from newsletter.rendering import store
from newsletter.rendering.archive import ArchivedIssue, archive, last_of_month, months, published
from newsletter.rendering.edition import Edition
from tests.conftest import NOW
from tests.unit.factory import DAY, edition, issue

LATER = NOW + timedelta(days=2)


def add(database: Database, day: date = DAY, *, state: State = State.SENT) -> Edition:
    """An issue of *day* in *state* with its edition."""
    made = issue(day=day).model_copy(update={"state": state})
    shown = edition(made)
    with database.write() as connection:
        issue_id = issue_store.add(connection, made, composed_at=NOW)
        assert issue_id is not None
        store.add(connection, issue_id, store.pack(shown), language="en", rendered_at=NOW)
    return shown


def take_back(database: Database, article_id: str) -> None:
    with database.write() as connection:
        withdraw(connection, article_id, reason="retracted", actor="operator", withdrawn_at=LATER)


def test_of_nothing_there_is_nothing_to_read(database):
    with database.read() as connection:
        assert published(connection, "daily", DAY) is None
        assert archive(connection, "daily") == []
        assert months(connection, "daily") == {}


@pytest.mark.parametrize("state", State)
def test_only_what_goes_out_or_has_gone_out_is_public(database, state):
    shown = add(database, state=state)
    public = state in (State.SENDING, State.SENT)
    with database.read() as connection:
        found = published(connection, "daily", DAY)
        assert (found.edition if found else None) == (shown if public else None)
        assert len(archive(connection, "daily")) == int(public)
        assert sum(months(connection, "daily").values()) == int(public)
        assert published(connection, "weekly", DAY) is None
        assert archive(connection, "weekly") == []


def test_the_archive_is_newest_first_and_names_what_each_letter_was_about(database):
    for days in (1, 3, 2):
        add(database, DAY + timedelta(days=days))
    with database.read() as connection:
        lines = archive(connection, "daily")
        newest = archive(connection, "daily", limit=1)
    assert [one.issued_on for one in lines] == [DAY + timedelta(days=days) for days in (3, 2, 1)]
    made = issue(day=DAY + timedelta(days=3))
    assert newest == [ArchivedIssue(made.issued_on, made.lead.article_title, made.preheader, NOW)]


def test_letters_are_counted_and_found_by_month(database):
    for day in (date(2025, 12, 31), date(2026, 2, 1), date(2026, 2, 28), date(2026, 3, 1)):
        add(database, day)
    february = date(2026, 2, 1)
    with database.read() as connection:
        found = months(connection, "daily")
        lines = archive(connection, "daily", first=february, last=last_of_month(february))
    assert list(found.items()) == [(date(2026, 3, 1), 1), (february, 2), (date(2025, 12, 1), 1)]
    assert [one.issued_on.day for one in lines] == [28, 1]


def test_a_letter_knows_the_letters_before_and_after_it(database):
    for days in (0, 2, 5):
        add(database, DAY + timedelta(days=days))
    add(database, DAY + timedelta(days=1), state=State.HELD)
    with database.read() as connection:
        first, middle = (published(connection, "daily", DAY + timedelta(days=days)) for days in (0, 2))
    assert first is not None
    assert middle is not None
    assert (first.earlier, first.later) == (None, DAY + timedelta(days=2))
    assert (middle.earlier, middle.later) == (DAY, DAY + timedelta(days=5))


def test_a_withdrawn_lead_is_told_by_no_line_until_it_is_restored(database):
    add(database)
    lead = issue().lead.article_id
    take_back(database, lead)
    with database.read() as connection:
        line = archive(connection, "daily")[0]
        found = published(connection, "daily", DAY)
    assert line == ArchivedIssue(DAY, "", "", NOW, LATER)
    assert found is not None
    assert found.lost == (Lost(lead, picks=4, is_lead=True, withdrawn_at=LATER),)
    with database.write() as connection:
        restore(connection, [lead], actor="operator")
    with database.read() as connection:
        assert archive(connection, "daily")[0].title == issue().lead.article_title


def test_a_withdrawn_article_beside_the_lead_leaves_the_title(database):
    add(database)
    other = issue().picks[-1].article_id
    assert other != issue().lead.article_id
    take_back(database, other)
    with database.read() as connection:
        line = archive(connection, "daily")[0]
    assert (line.title, line.preheader) == (issue().lead.article_title, "")


@pytest.mark.parametrize("begun", [True, False])
def test_a_letter_stopped_on_its_way_by_a_withdrawal_can_be_read_by_those_who_have_got_it(database, begun):
    add(database, state=State.HELD)
    with database.write() as connection:
        connection.execute(update(issues).values(started_at=NOW if begun else None))
    with database.read() as connection:
        assert published(connection, "daily", DAY) is None
    take_back(database, issue().lead.article_id)
    with database.read() as connection:
        assert (published(connection, "daily", DAY) is not None) is begun
        assert bool(archive(connection, "daily")) is begun


@pytest.mark.parametrize(
    ("state", "begun", "readable", "listed"),
    [
        (State.PAUSED, True, True, True),
        (State.PAUSED, False, False, False),
        (State.EXPIRED, True, True, True),
        (State.EXPIRED, False, False, False),
        (State.CANCELLED, True, True, False),
        (State.CANCELLED, False, False, False),
    ],
)
def test_who_got_a_letter_that_was_stopped_can_open_it_and_a_cancelled_one_is_offered_to_nobody(
    database, state, begun, readable, listed
):
    add(database, state=state)
    with database.write() as connection:
        connection.execute(update(issues).values(started_at=NOW if begun else None))
    with database.read() as connection:
        assert (published(connection, "daily", DAY) is not None) is readable
        assert bool(archive(connection, "daily")) is listed
        assert bool(months(connection, "daily")) is listed
