"""What is kept of what came back: sealed, given to its reader, forgotten with them and in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from newsletter.feedback import tray
from newsletter.feedback.policy import load_policy
from newsletter.feedback.record import raw_of, records_of
from newsletter.feedback.schema import (
    counted_issues,
    feedback_events,
    feedback_tray,
    issue_domains,
    reader_failures,
)
from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.token import Purpose
from newsletter.workflows.erase import erase
from newsletter.workflows.give_data import everything_of
from newsletter.workflows.retain import retain
from newsletter.workflows.settle_feedback import settle_feedback
from newsletter.workflows.take_feedback import take
from newsletter.workflows.workplace import Workplace
from tests.unit.feedback.mailing import MAILBOX, Mailing, bounce

ADA, BOB = "ada@example.org", "bob@example.org"
RAW = b"From: MAILER-DAEMON\r\n\r\nno such user: ada@example.org \xff"
Later = Callable[..., Workplace]
TABLES = (feedback_events, feedback_tray, reader_failures, issue_domains, counted_issues)


@pytest.fixture
def mailing(workplace: Workplace) -> Mailing:
    """Ada's letter came back, and somebody forged a bounce in her name."""
    made = Mailing(
        replace(workplace, settings=workplace.settings.model_copy(update={"return_path": MAILBOX}))
    )
    made.join(ADA, BOB)
    made.send(ADA, BOB)
    event = bounce(return_path=made.path(ADA), recipient=ADA, diagnostic=f"550 5.1.1 <{ADA}> unknown")
    take(made.workplace, [event], source="mailbox", raw=RAW)
    take(made.workplace, [bounce(recipient=ADA)], source="mailbox", raw=b"forged for ada@example.org")
    settle_feedback(made.workplace)
    return made


def rows(workplace: Workplace) -> dict[str, int]:
    with workplace.database.read() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES
        }


def test_no_address_can_be_read_in_the_database(mailing):
    with mailing.workplace.database.read() as connection:
        kept = [
            *connection.execute(select(*feedback_events.c)),
            *connection.execute(select(*feedback_tray.c)),
        ]
    assert "ada@example.org" not in repr(kept)


def test_an_operator_sees_what_an_event_was_read_from(mailing):
    workplace = mailing.workplace
    with workplace.database.read() as connection:
        (event,) = records_of(connection, mailing.member(ADA).subscriber.id)
        raw = raw_of(connection, Sealer(workplace.keyring, Purpose.FEEDBACK), event.id)
    assert event.has_raw
    assert raw.encode("latin-1") == RAW


def test_what_is_kept_of_one_thing_is_bounded(mailing):
    workplace, most = mailing.workplace, load_policy().raw_octets
    take(workplace, [bounce(recipient="x@example.org")], source="mailbox", raw=b"x" * (most + 1))
    with workplace.database.read() as connection:
        newest = tray.items(connection)[0]
        assert newest.octets == most + 1
        assert len(tray.content(connection, workplace.keyring, newest.id)) == most


def test_a_flood_leaves_the_newest_in_the_tray_and_no_more(mailing):
    workplace, most = mailing.workplace, load_policy().tray_items
    events = [bounce(recipient=f"r{place}@example.net") for place in range(most + 3)]
    assert take(workplace, events, source="mailbox", raw=b"flood").unmatched == most + 3
    with workplace.database.read() as connection:
        assert len(tray.items(connection)) <= most + 500


def test_a_reader_gets_what_came_back_about_them(mailing):
    workplace = mailing.workplace
    with workplace.database.read() as connection:
        kept = everything_of(connection, workplace, mailing.member(ADA).subscriber)
    (event,) = kept["came_back"]
    assert (event["what"], event["status"], event["followed"]) == ("bounce", "5.1.1", "suppress")


def test_an_erased_reader_is_in_none_of_it_any_more(mailing):
    erase(mailing.workplace, mailing.member(ADA).subscriber.id, door="test", evidence="asked")
    left = rows(mailing.workplace)
    assert (left["feedback_events"], left["feedback_tray"], left["reader_failures"]) == (1, 0, 0)
    with mailing.workplace.database.read() as connection:
        assert list(connection.scalars(select(feedback_events.c.subscriber_id))) == [None]
    path = Path(str(mailing.workplace.database.url.database))
    assert b"ada@example" not in path.read_bytes()


def test_everything_is_forgotten_once_its_time_is_over(mailing, later: Later):
    month = later(mailing.workplace, days=31)
    assert retain(month).tray == 1
    with month.database.read() as connection:
        kept = connection.execute(select(feedback_events.c.raw, feedback_events.c.subscriber_id)).all()
    assert [row.raw for row in kept] == [None]
    retain(later(mailing.workplace, days=100))
    assert set(rows(mailing.workplace).values()) == {0}
