"""A pause ends by itself, on its date in the newsletter's zone; who changes meanwhile is skipped."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, update

from newsletter.clock import FixedClock
from newsletter.settings import NewsletterSettings
from newsletter.subscribers.schema import subscriptions
from newsletter.subscribers.store import get_subscription, pause, set_frequency
from newsletter.subscribers.subscriber import Frequency, State
from newsletter.subscribers.token import Purpose
from newsletter.workflows.compose import compose
from newsletter.workflows.deliver import deliver
from newsletter.workflows.due import run_due
from newsletter.workflows.resume import PAGE, resume_due
from newsletter.workflows.unsubscribe import unsubscribe
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer
from tests.integration.article_source import add_readers, fill, rows_by_address
from tests.unit.workflows.conftest import ADA, Life

DAY = date(2026, 3, 3)
BOB = "bob@example.org"


def at(workplace: Workplace, moment: str) -> Workplace:
    return replace(workplace, clock=FixedClock(datetime.fromisoformat(moment).astimezone(UTC)))


def paused(workplace: Workplace, until: date, *, newsletter: str = "daily") -> Life:
    life = Life(workplace).confirmed(newsletter)
    found = life.subscription(newsletter)
    assert found
    with workplace.database.write() as connection:
        assert pause(connection, found, until=until, now=workplace.clock.now())
    return life


def test_a_pause_ends_on_its_date_and_leaves_no_consent_record_and_no_date(workplace):
    life = paused(workplace, DAY + timedelta(days=2))
    acts = life.acts()
    assert resume_due(at(workplace, "2026-03-04T23:59:59+00:00")) == 0
    assert life.state() is State.PAUSED
    assert resume_due(at(workplace, "2026-03-05T00:00:00+00:00")) == 1
    found = life.subscription()
    assert found
    assert (found.state, found.paused_until) == (State.ACTIVE, None)
    assert found.changed_at == datetime(2026, 3, 5, tzinfo=UTC)
    assert life.acts() == acts
    assert resume_due(at(workplace, "2026-03-06T00:00:00+00:00")) == 0


@pytest.mark.parametrize(
    ("zone", "until", "before", "then"),
    [
        # Midnight of that night becomes 01:00: the day begins an hour late, and the pause ends with it.
        ("Africa/Cairo", "2026-04-24", "2026-04-23T23:59:59+02:00", "2026-04-24T01:00:00+03:00"),
        # 23:00 to midnight comes twice: the first midnight that the clock nears is not one.
        ("Africa/Cairo", "2026-10-30", "2026-10-29T23:59:59+02:00", "2026-10-30T00:00:00+02:00"),
        ("America/New_York", "2026-11-01", "2026-10-31T23:59:59-04:00", "2026-11-01T00:00:00-04:00"),
        ("Pacific/Auckland", "2026-04-05", "2026-04-04T23:59:59+13:00", "2026-04-05T00:00:00+13:00"),
    ],
)
def test_the_date_is_that_of_the_newsletters_zone_also_when_its_clocks_change(
    workplace, zone, until, before, then
):
    there = workplace.settings.model_copy(update={"newsletters": (NewsletterSettings(timezone=zone),)})
    workplace = replace(workplace, settings=there)
    life = paused(workplace, date.fromisoformat(until))
    assert resume_due(at(workplace, before)) == 0
    assert resume_due(at(workplace, then)) == 1
    assert life.state() is State.ACTIVE


def test_who_left_during_a_pause_stays_left(workplace):
    life = paused(workplace, DAY)
    unsubscribe(workplace, life.token(Purpose.UNSUBSCRIBE), door="page", evidence="POST")
    assert resume_due(at(workplace, "2026-04-01T00:00:00+00:00")) == 0
    assert life.state() is State.UNSUBSCRIBED


def test_many_pauses_end_in_short_transactions(workplace):
    add_readers(workplace, *(f"reader{number}@example.org" for number in range(2 * PAGE + 1)))
    with workplace.database.write() as connection:
        connection.execute(update(subscriptions).values(state="paused", paused_until=DAY))
    sizes: list[int] = []

    def note(_connection, _cursor, statement, parameters, *_more) -> None:
        if statement.startswith("UPDATE subscriptions"):
            sizes.append(len(parameters))

    event.listen(workplace.database.engine, "after_cursor_execute", note)
    assert resume_due(at(workplace, "2026-03-04T00:00:00+00:00")) == 2 * PAGE + 1
    assert len(sizes) == 3
    assert max(sizes) < PAGE + 10


def test_a_round_of_the_clock_ends_pauses_before_it_mails(connected, smtp_server: MailServer):
    fill(connected.settings.content_path)
    life = paused(connected, DAY + timedelta(days=1))
    run_due(at(connected, "2026-03-03T08:00:00+00:00"))
    assert smtp_server.to(ADA) == []
    assert rows_by_address(connected) == {}
    run_due(at(connected, "2026-03-04T08:00:00+00:00"))
    assert len(smtp_server.to(ADA)) == 1
    assert life.state() is State.ACTIVE


@pytest.mark.usefixtures("smtp_server")
def test_an_issue_that_is_sent_by_hand_goes_to_those_whose_pause_is_over(connected):
    fill(connected.settings.content_path)
    paused(connected, DAY)
    newsletter = connected.settings.newsletter()
    compose(connected, newsletter, DAY)
    assert deliver(connected, newsletter, DAY)["accepted"] == 1


@pytest.mark.parametrize(
    ("publication", "act", "said"),
    [
        ("daily", "pause", "paused meanwhile"),
        ("daily", Frequency.WEEKLY, "chose the weekly digest meanwhile"),
        ("daily-weekly", Frequency.DAILY, "chose every letter in place of the weekly digest meanwhile"),
        ("daily-weekly", "pause", "paused meanwhile"),
    ],
)
def test_who_pauses_or_changes_while_an_issue_goes_out_is_skipped_and_the_ledger_says_why(
    connected, smtp_server, publication, act, said
):
    fill(connected.settings.content_path)
    readers = add_readers(connected, ADA, BOB)
    newsletter = connected.settings.newsletter(publication)
    with connected.database.write() as connection:
        for reader in readers.values():
            set_frequency(connection, reader.subscription_id, Frequency(newsletter.audience.frequency))
    compose(connected, newsletter, DAY)

    def change(_attempted: int) -> None:
        with connected.database.write() as connection:
            if act == "pause":
                bob = get_subscription(connection, readers[BOB].subscription_id)
                pause(connection, bob, until=DAY + timedelta(days=9), now=connected.clock.now())
            else:
                set_frequency(connection, readers[BOB].subscription_id, act)

    counts = deliver(connected, newsletter, DAY, progress=change)
    assert (counts["accepted"], counts["skipped"]) == (1, 1)
    assert smtp_server.to(BOB) == []
    row = rows_by_address(connected)[BOB]
    assert (row["state"], row["reason"]) == ("skipped", said)
