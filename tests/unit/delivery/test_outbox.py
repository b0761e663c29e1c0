from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.delivery.outbox import (
    ABANDONED_AFTER,
    GIVE_UP_AFTER,
    RETRY_AFTER,
    MailKind,
    MailState,
    SystemMail,
    claim,
    enqueue,
    finish,
    mails_to,
    next_due,
    put_back,
)

ADA = "ada@example.org"


@pytest.fixture
def now(clock: FixedClock) -> datetime:
    return clock.now()


@pytest.fixture
def mail(database: Database, now: datetime) -> SystemMail:
    with database.write() as connection:
        enqueue(
            connection,
            kind=MailKind.CONFIRMATION,
            recipient=ADA,
            newsletter="daily",
            handle=b"handle",
            message_id="<1@example.org>",
            now=now,
        )
        return mails_to(connection, ADA)[0]


def state_of(database: Database) -> SystemMail:
    with database.read() as connection:
        return mails_to(connection, ADA)[0]


def test_a_mail_is_due_when_its_time_has_come_and_has_one_sender(
    database: Database, mail: SystemMail, now: datetime
) -> None:
    with database.write() as connection:
        assert next_due(connection, now=now - timedelta(seconds=1)) is None
        assert next_due(connection, now=now) == mail
        assert claim(connection, mail, now=now)
        assert not claim(connection, mail, now=now)
        assert next_due(connection, now=now) is None


def test_a_mail_that_was_taken_over_is_not_put_back_by_its_late_first_sender(
    database: Database, mail: SystemMail, now: datetime
) -> None:
    later = now + ABANDONED_AFTER
    with database.write() as connection:
        claim(connection, mail, now=now)
        taken = next_due(connection, now=later)
        assert taken
        assert claim(connection, taken, now=later)
        put_back(connection, mail, reply="late", now=later)
    assert state_of(database).state is MailState.SENDING
    with database.write() as connection:
        finish(connection, taken, MailState.ACCEPTED, reply="250")
        put_back(connection, taken, reply="too late", now=later)
    assert (state_of(database).state, state_of(database).last_reply) == (MailState.ACCEPTED, "250")


def test_the_waits_between_tries_only_grow_and_end_before_the_give_up_time() -> None:
    assert list(RETRY_AFTER) == sorted(RETRY_AFTER)
    assert RETRY_AFTER[-1] < GIVE_UP_AFTER
