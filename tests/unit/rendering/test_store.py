"""Editions in the database: frozen as rendered."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import exc, select

from newsletter.database import Database
from newsletter.issues import store as issue_store
from newsletter.issues.issue import State
from newsletter.rendering import store
from newsletter.rendering.edition import Edition
from tests.conftest import NOW
from tests.unit.factory import DAY, edition, issue


def add(database: Database, day: date = DAY, *, state: State = State.SENT) -> tuple[int, Edition]:
    """An issue of *day* in *state* with its edition."""
    made = issue(day=day).model_copy(update={"state": state})
    shown = edition(made)
    with database.write() as connection:
        issue_id = issue_store.add(connection, made, composed_at=NOW)
        assert issue_id is not None
        store.add(connection, issue_id, store.pack(shown), language="en", rendered_at=NOW)
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
        store.add(connection, issue_id, store.pack(shown), language="en", rendered_at=NOW)


def test_an_issue_without_an_edition_has_none(database):
    with database.read() as connection:
        assert store.find(connection, 1) is None
