"""The audit: what was written stays as it was, and whoever changes it all the same is found out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.exc import DatabaseError

from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.operators import audit
from newsletter.operators.account import Operator
from newsletter.operators.audit import COMMAND_LINE, PROGRAM, Actor, actor_of, record, record_by, verify
from newsletter.operators.schema import audit_end, audit_lines
from tests.conftest import NOW


def write(database: Database, count: int, act: str = "look") -> None:
    with database.write() as connection:
        for number in range(count):
            at = NOW + timedelta(seconds=number)
            record(connection, PROGRAM, act, f"thing {number}", at=at, detail={"number": number, "is": True})


def test_a_line_tells_who_did_what_to_what_and_when(
    database: Database, clock: FixedClock, ada: Operator
) -> None:
    with database.write() as connection:
        number = record(
            connection, actor_of(ada), "send", "daily 2026-03-03", at=clock.now(), detail={"readers": 3}
        )
        (line,) = audit.page(connection)
    assert (line.id, line.at, line.act, line.subject) == (number, clock.now(), "send", "daily 2026-03-03")
    assert line.actor == Actor("Ada", ada.id)
    assert line.detail == {"readers": 3}


def test_whoever_is_known_by_name_alone_is_told_apart(
    database: Database, clock: FixedClock, ada: Operator
) -> None:
    with database.write() as connection:
        for name in ("ada", "root (command line)", "circuit breaker"):
            record_by(connection, name, "pause", "daily", at=clock.now())
        breaker, command, operator = audit.page(connection)
    assert operator.actor == actor_of(ada)
    assert (command.actor, command.detail) == (COMMAND_LINE, {"user": "root"})
    assert breaker.actor == Actor("circuit breaker")


def test_pages_are_read_backwards_by_act_and_by_operator(database: Database, clock: FixedClock) -> None:
    write(database, 5)
    with database.write() as connection:
        record(connection, COMMAND_LINE, "send", "daily", at=clock.now())
    with database.read() as connection:
        assert [one.id for one in audit.page(connection, limit=3)] == [6, 5, 4]
        assert [one.id for one in audit.page(connection, before=4, limit=2)] == [3, 2]
        assert [one.id for one in audit.page(connection, act="send")] == [6]
        assert [one.id for one in audit.page(connection, operator="newsletter", before=3)] == [2, 1]
        assert audit.acts(connection) == ["look", "send"]


def test_a_line_that_is_rolled_back_leaves_no_gap(database: Database) -> None:
    write(database, 2)

    def write_and_fail() -> None:
        with database.write() as connection:
            record(connection, PROGRAM, "look", "thing", at=NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    write(database, 1)
    with database.read() as connection:
        assert verify(connection) == audit.Verdict(3)


def test_nothing_that_is_written_can_look_like_another_line(database: Database) -> None:
    with database.write() as connection:
        record(connection, Actor("a\nb"), "x\r\ny", "\x1b[2J" + "z" * 500, at=NOW, detail={"k": "1\n2"})
        (line,) = audit.page(connection)
    shown = line.actor.name + line.act + line.subject + str(line.detail["k"])
    assert shown.isprintable()
    assert len(line.subject) == 200


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_lines SET subject = 'nothing' WHERE id = 2",
        "DELETE FROM audit_lines WHERE id = 3",
        "DELETE FROM audit_lines",
        "INSERT OR REPLACE INTO audit_lines SELECT * FROM audit_lines WHERE id = 2",
    ],
)
def test_the_database_itself_refuses_to_change_a_line(database: Database, statement: str) -> None:
    write(database, 3)
    with pytest.raises(DatabaseError, match="a line of the audit"), database.write() as connection:
        connection.execute(text(statement))
    with database.read() as connection:
        assert verify(connection) == audit.Verdict(3)


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 25])
def test_a_chain_that_nobody_touched_is_sound_whatever_the_chunks(database: Database, count: int) -> None:
    write(database, count)
    with database.read() as connection:
        found = verify(connection, chunk=10)
        assert found == audit.Verdict(count)
        assert found.is_sound
        assert len(audit.end_of(connection)) == 64


def test_many_who_write_at_once_make_one_chain(database: Database) -> None:
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda _: write(database, 5), range(6)))
    with database.read() as connection:
        assert verify(connection) == audit.Verdict(30)


@pytest.fixture
def unguarded(database: Database) -> Database:
    """The database of somebody who has the file and knows how to take triggers away."""
    with database.write() as connection:
        for name in ("audit_lines_stay", "audit_lines_stay_as_they_are", "audit_lines_come_last"):
            connection.execute(text(f"DROP TRIGGER {name}"))
    return database


def _lines(connection: Connection) -> list[dict[str, Any]]:
    rows = connection.execute(select(audit_lines).order_by(audit_lines.c.id)).mappings()
    return [dict(row) for row in rows]


def _change(connection: Connection, data: st.DataObject, lines: list[dict[str, Any]]) -> None:
    """Another value in one column, with the hash as it was or computed anew for that line."""
    place = data.draw(st.integers(0, len(lines) - 1))
    line = lines[place]
    other = {
        "act": "nothing", "subject": "nothing", "operator": "nobody", "operator_id": 99, "detail": "{}",
        "at": line["at"] + timedelta(microseconds=1), "hash": b"\1" * 32,
    }  # fmt: skip
    column = data.draw(st.sampled_from(sorted(other)))
    changed = {**line, column: other[column]}
    if column != "hash" and data.draw(st.booleans()):
        changed["hash"] = _computed(lines[place - 1]["hash"] if place else b"\0" * 32, changed)
    connection.execute(update(audit_lines).where(audit_lines.c.id == line["id"]).values(**changed))


def _remove(connection: Connection, data: st.DataObject, lines: list[dict[str, Any]]) -> None:
    """One line, and perhaps the gap; or all from there."""
    number = data.draw(st.integers(1, len(lines)))
    if data.draw(st.booleans()):
        connection.execute(delete(audit_lines).where(audit_lines.c.id >= number))
        return
    connection.execute(delete(audit_lines).where(audit_lines.c.id == number))
    if data.draw(st.booleans()):
        moved = update(audit_lines).where(audit_lines.c.id > number)
        connection.execute(moved.values(id=audit_lines.c.id - 1))


def _put_in(connection: Connection, data: st.DataObject, lines: list[dict[str, Any]]) -> None:
    """A line in the middle, those behind it moved on; or one at the end with a hash that fits."""
    place = data.draw(st.integers(0, len(lines)))
    if place == len(lines):
        forged = {**lines[-1], "id": place + 1}
        connection.execute(
            insert(audit_lines).values({**forged, "hash": _computed(lines[-1]["hash"], forged)})
        )
        return
    for each in reversed(lines[place:]):
        moved = update(audit_lines).where(audit_lines.c.id == each["id"])
        connection.execute(moved.values(id=each["id"] + 1))
    connection.execute(insert(audit_lines).values(**lines[place]))


def _swap(connection: Connection, data: st.DataObject, lines: list[dict[str, Any]]) -> None:
    """Two lines in each other's place; where there is only one, the end is said to be elsewhere."""
    if len(lines) == 1:
        connection.execute(update(audit_end).values(line_id=2))
        return
    one, other = data.draw(st.permutations(lines))[:2]
    for each, content in ((one, other), (other, one)):
        swapped = {**content, "id": each["id"]}
        connection.execute(update(audit_lines).where(audit_lines.c.id == each["id"]).values(**swapped))


def _computed(previous: bytes, line: dict[str, Any]) -> bytes:
    return audit._hash(previous, **{name: value for name, value in line.items() if name != "hash"})


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), count=st.integers(1, 6), chunk=st.integers(1, 4))
def test_a_line_that_was_changed_removed_or_put_in_is_found(
    unguarded: Database, data: st.DataObject, count: int, chunk: int
) -> None:
    with unguarded.write() as connection:
        connection.execute(delete(audit_lines))
        connection.execute(update(audit_end).values(line_id=0, hash=b"\0" * 32))
    write(unguarded, count)
    with unguarded.write() as connection:
        assert verify(connection, chunk=chunk).is_sound
        data.draw(st.sampled_from([_change, _remove, _put_in, _swap]))(connection, data, _lines(connection))
        found = verify(connection, chunk=chunk)
    assert not found.is_sound
    assert found.why


def test_a_page_with_a_line_that_was_tampered_with_is_still_shown(unguarded: Database) -> None:
    write(unguarded, 1)
    with unguarded.write() as connection:
        connection.execute(update(audit_lines).values(detail="no JSON"))
        (line,) = audit.page(connection)
    assert line.detail == {"unreadable": "no JSON"}
