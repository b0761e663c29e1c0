"""Editions in the database: frozen as rendered, public only once they go out."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import exc, select

from newsletter.database import Database
from newsletter.issues import store as issue_store
from newsletter.issues.issue import State
from newsletter.rendering import store
from newsletter.rendering.edition import Edition
from newsletter.rendering.store import ArchivedIssue
from tests.conftest import NOW
from tests.unit.factory import DAY, edition, issue


def add(database: Database, day: date = DAY, *, state: State = State.SENT) -> tuple[int, Edition]:
    """An issue of *day* in *state* with its edition."""
    made = issue(day=day).model_copy(update={"state": state})
    shown = edition(made)
    with database.write() as connection:
        issue_id = issue_store.add(connection, made, composed_at=NOW)
        assert issue_id is not None
        store.add(connection, issue_id, shown, language="en", rendered_at=NOW)
    return issue_id, shown


def test_an_edition_comes_back_byte_for_byte(database):
    issue_id, shown = add(database)
    with database.read() as connection:
        found = store.find(connection, issue_id)
        row = connection.execute(select(store.editions)).one()
    assert found == shown
    assert (row.sha256, row.size, row.rendered_at) == (shown.hash, len(shown.html.encode()), NOW)


def test_an_edition_is_kept_small(database):
    issue_id, shown = add(database)
    with database.read() as connection:
        row = connection.execute(select(store.editions).where(store.editions.c.issue_id == issue_id)).one()
    assert len(row.html) < len(shown.html.encode()) / 3


def test_an_edition_cannot_be_replaced(database):
    issue_id, shown = add(database)
    with pytest.raises(exc.IntegrityError), database.write() as connection:
        store.add(connection, issue_id, shown, language="en", rendered_at=NOW)


def test_an_issue_without_an_edition_has_none(database):
    with database.read() as connection:
        assert store.find(connection, 1) is None
        assert store.published(connection, "daily", DAY) is None
        assert store.archive(connection, "daily") == []


@pytest.mark.parametrize("state", State)
def test_only_what_goes_out_or_has_gone_out_is_public(database, state):
    _, shown = add(database, state=state)
    public = state in (State.SENDING, State.SENT)
    with database.read() as connection:
        assert store.published(connection, "daily", DAY) == (shown if public else None)
        assert len(store.archive(connection, "daily")) == int(public)
        assert store.published(connection, "weekly", DAY) is None
        assert store.archive(connection, "weekly") == []


def test_the_archive_is_newest_first_and_names_what_each_letter_was_about(database):
    for days in (1, 3, 2):
        add(database, DAY + timedelta(days=days))
    with database.read() as connection:
        archive = store.archive(connection, "daily")
    assert [one.issued_on for one in archive] == [DAY + timedelta(days=days) for days in (3, 2, 1)]
    made = issue(day=DAY + timedelta(days=3))
    assert archive[0] == ArchivedIssue(made.issued_on, made.lead.article_title, made.preheader)
