"""What relays refuse goes through the same policy, and nobody pays for an outage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from newsletter.delivery.delivery import State
from newsletter.delivery.outbox import system_mails
from newsletter.delivery.slow_domain import slow_domains
from newsletter.feedback.count import counted_on
from newsletter.feedback.event import Event
from newsletter.feedback.schema import reader_failures
from newsletter.subscribers.subscriber import State as Standing
from newsletter.subscribers.suppression import Reason as Suppression
from newsletter.workflows.report_figures import report_figures
from newsletter.workflows.settle_feedback import settle_feedback
from newsletter.workflows.take_feedback import take
from newsletter.workflows.workplace import Workplace
from tests.unit.feedback.mailing import MAILBOX, Mailing, blocked, bounce, complaint

ADA = "ada@example.org"
Later = Callable[..., Workplace]


@pytest.fixture
def mailing(workplace: Workplace) -> Mailing:
    """A list whose bounces come back to an address of ours, and an operator who reads mail."""
    words = {"return_path": MAILBOX, "alert_address": "ops@example.org"}
    return Mailing(replace(workplace, settings=workplace.settings.model_copy(update=words)))


def crowd(mailing: Mailing, number: int, domain: str = "example.net") -> list[str]:
    """So many readers of a domain, all of whom yesterday's letter reached."""
    addresses = [f"reader{place}@{domain}" for place in range(number)]
    mailing.join(*addresses)
    mailing.send(*addresses, on=mailing.workplace.clock.now().date() - timedelta(days=1))
    settle_feedback(mailing.workplace)
    return addresses


def bounces(mailing: Mailing, addresses: list[str], **said: object) -> list[Event]:
    return [bounce(return_path=mailing.path(one), **said) for one in addresses]


def alerts(mailing: Mailing) -> list[str]:
    with mailing.workplace.database.read() as connection:
        return list(connection.scalars(select(system_mails.c.reason).where(system_mails.c.kind == "alert")))


@pytest.mark.parametrize(
    ("said", "is_suppressed"),
    [
        ({"code": 550, "status": "5.1.1", "reason": "5.1.1 no such user"}, True),
        ({"code": 550, "reason": "rejected", "refused_at": "rcpt"}, True),
        ({"code": 550, "reason": "rejected", "refused_at": "data"}, False),
        ({"code": 552, "status": "5.2.2", "reason": "5.2.2 mailbox full"}, False),
        ({"code": 550, "status": "5.7.1", "reason": "5.7.1 you are on a list"}, False),
    ],
)
def test_a_refusal_at_send_time_goes_through_the_policy(mailing, said, is_suppressed):
    mailing.join(ADA)
    mailing.send(ADA, state=State.REJECTED, **said)
    assert settle_feedback(mailing.workplace).judged == 1
    assert (mailing.suppression(ADA) is Suppression.BOUNCED) is is_suppressed
    assert settle_feedback(mailing.workplace).judged == 0


def test_a_mailbox_that_was_full_until_the_letter_was_too_old_counts_a_day(mailing, later: Later):
    mailing.join(ADA)
    for _ in range(5):
        mailing.send(ADA, state=State.EXPIRED, code=452, status="4.2.2", reason="4.2.2 full")
        assert mailing.suppression(ADA) is None
        settle_feedback(mailing.workplace)
        mailing.workplace = later(mailing.workplace, days=1)
    assert mailing.suppression(ADA) is Suppression.BOUNCED


@pytest.mark.long
def test_a_relay_that_puts_off_and_then_blocks_everything_suppresses_nobody(mailing, later: Later):
    readers = crowd(mailing, 30)
    for _ in range(6):
        for address in readers[:15]:
            mailing.send(address, state=State.EXPIRED, code=451, status="4.3.0", reason="4.3.0 try later")
        for address in readers[15:]:
            mailing.send(address, state=State.REJECTED, code=550, status="5.7.1", reason="5.7.1 no")
        settle_feedback(mailing.workplace)
        mailing.workplace = later(mailing.workplace, days=1)
    assert mailing.suppressed(readers) == set()
    assert {mailing.states(one)[0] for one in readers} == {Standing.ACTIVE}


def test_when_too_many_of_a_domain_fail_nobody_is_suppressed_also_who_failed_first(mailing):
    readers = crowd(mailing, 100)
    mailing.send(*readers)
    events = bounces(mailing, readers[:20])
    for place, event in enumerate(events[:19]):
        take(mailing.workplace, [event], source="mailbox", raw=b"%d" % place)
    assert mailing.suppressed(readers) == set(readers[:19])
    take(mailing.workplace, [events[19]], source="mailbox", raw=b"19")
    # 20 of 100 failed: over a tenth.
    assert mailing.suppressed(readers) == set()
    take(mailing.workplace, bounces(mailing, readers[20:21]), source="mailbox", raw=b"20")
    assert mailing.suppressed(readers) == set()
    assert any("example.net" in one and "cannot be the readers" in one for one in alerts(mailing))


def test_twenty_of_two_hundred_and_one_are_not_too_many(mailing):
    readers = crowd(mailing, 201)
    mailing.send(*readers)
    take(mailing.workplace, bounces(mailing, readers[:20]), source="mailbox", raw=b"all")
    assert len(mailing.suppressed(readers)) == 20
    take(mailing.workplace, bounces(mailing, readers[20:21]), source="mailbox", raw=b"one more")
    assert mailing.suppressed(readers) == set()


def test_an_outage_of_everything_spares_small_domains_too(mailing):
    readers = [f"reader@small{place}.example" for place in range(25)]
    mailing.join(*readers)
    mailing.send(*readers, on=mailing.workplace.clock.now().date() - timedelta(days=1))
    settle_feedback(mailing.workplace)
    mailing.send(*readers, state=State.REJECTED, code=550, status="5.1.1", reason="5.1.1 unknown")
    settle_feedback(mailing.workplace)
    assert mailing.suppressed(readers) == set()


def test_whoever_complained_during_an_outage_stays_away(mailing):
    readers = crowd(mailing, 25)
    mailing.send(*readers)
    take(mailing.workplace, bounces(mailing, readers[:1]), source="mailbox", raw=b"first")
    take(mailing.workplace, [complaint(return_path=mailing.path(readers[0]))], source="mailbox", raw=b"c")
    take(mailing.workplace, bounces(mailing, readers[1:]), source="mailbox", raw=b"rest")
    assert mailing.suppressed(readers) == {readers[0]}
    assert mailing.suppression(readers[0]) is Suppression.COMPLAINED


def test_whoever_is_dead_by_another_issue_stays_suppressed(mailing, later: Later):
    readers = crowd(mailing, 30)
    mailing.send(*readers)
    take(mailing.workplace, bounces(mailing, readers[:1]), source="mailbox", raw=b"alone")
    settle_feedback(mailing.workplace)
    mailing.workplace = later(mailing.workplace, days=1)
    mailing.send(*readers)
    take(mailing.workplace, bounces(mailing, readers), source="mailbox", raw=b"all")
    assert mailing.suppressed(readers) == {readers[0]}


def test_what_came_before_a_process_died_is_put_right_by_the_clock(mailing):
    readers = crowd(mailing, 30)
    mailing.send(*readers)
    take(mailing.workplace, bounces(mailing, readers), source="mailbox", raw=b"all")
    with mailing.workplace.database.write() as connection:
        connection.execute(reader_failures.update().values(blame="dead"))
    assert mailing.suppressed(readers) == set()
    settle_feedback(mailing.workplace)
    with mailing.workplace.database.read() as connection:
        assert set(connection.scalars(select(reader_failures.c.blame))) == {"spared"}


def test_in_a_crowd_a_dead_address_is_silent_at_once_and_said_to_be_gone_once_it_is_sure(mailing, later):
    readers = crowd(mailing, 30)
    mailing.send(*readers)
    take(mailing.workplace, bounces(mailing, readers[:1]), source="mailbox", raw=b"one")
    settle_feedback(mailing.workplace)
    assert mailing.suppression(readers[0]) is Suppression.BOUNCED
    assert mailing.states(readers[0]) == [Standing.ACTIVE]
    mailing.workplace = later(mailing.workplace, days=8)
    assert settle_feedback(mailing.workplace).closed == 1
    assert mailing.states(readers[0]) == [Standing.BOUNCED]
    assert mailing.states(readers[1]) == [Standing.ACTIVE]


def test_a_domain_that_returns_us_as_blocked_is_sent_less_and_the_operator_knows(mailing):
    readers = crowd(mailing, 6)
    mailing.send(*readers)
    for place in range(6):
        # One reader may write as many reports as they like: they hold up nobody else's letters.
        who = readers[max(place - 1, 0)]
        event = blocked(return_path=mailing.path(who), diagnostic=f"550 5.7.1 {who} is blocked")
        take(mailing.workplace, [event], source="mailbox", raw=b"blocked %d" % place)
        with mailing.workplace.database.read() as connection:
            assert [one.domain for one in slow_domains(connection)] == ["example.net"] * (place == 5)
    (told,) = [one for one in alerts(mailing) if "sent 6" not in one]
    assert "example.net" in told
    assert readers[0] not in told


def test_the_operator_gets_yesterdays_figures_once(mailing, later: Later):
    readers = crowd(mailing, 3)
    mailing.send(*readers)
    take(mailing.workplace, bounces(mailing, readers[:1]), source="mailbox", raw=b"one")
    take(mailing.workplace, [bounce()], source="mailbox", raw=b"whose?")
    settle_feedback(mailing.workplace)
    mailing.workplace = later(mailing.workplace, days=1)
    line = "2026-03-03: sent 3, bounced 1 (33.3 %), complaints 0, suppressed 1, unmatched 1"
    assert report_figures(mailing.workplace) == line
    assert report_figures(mailing.workplace) == ""
    assert line in alerts(mailing)
    with mailing.workplace.database.read() as connection:
        assert counted_on(connection, mailing.workplace.clock.now().date()) == {}
