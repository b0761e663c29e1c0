"""The policy: what it says, that it is the documented one, and that neither order nor repeats matter."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.feedback.event import Event, Kind, Permanence, Reason
from newsletter.feedback.policy import Consequence, load_policy
from newsletter.feedback.policy_words import STATUSES, rules_in_words
from newsletter.settings import Settings
from newsletter.subscribers.token import Keyring
from newsletter.workflows.settle_feedback import settle_feedback
from newsletter.workflows.take_feedback import take
from newsletter.workflows.workplace import Workplace
from tests.conftest import NOW
from tests.unit.feedback.mailing import MAILBOX, Mailing, blocked, bounce, complaint, full

PAGE = Path("docs/reference/feedback-policy.md")


@pytest.mark.parametrize(
    ("event", "then"),
    [
        (bounce(), Consequence.SUPPRESS),
        (bounce(status="5.2.1"), Consequence.SUPPRESS),
        (bounce(status="5.1.2", reason=Reason.NO_DOMAIN), Consequence.SUPPRESS),
        (bounce(status=""), Consequence.SUPPRESS),
        (bounce(permanence=Permanence.TEMPORARY, status="4.2.1"), Consequence.SOFT),
        (bounce(permanence=Permanence.UNKNOWN, status=""), Consequence.SOFT),
        (full(), Consequence.SOFT),
        (full(status="5.2.2", permanence=Permanence.PERMANENT), Consequence.SOFT),
        (bounce(status="5.2.2"), Consequence.SOFT),
        (bounce(status="5.0.0", reason=Reason.OTHER), Consequence.SOFT),
        (bounce(status="4.4.7", reason=Reason.UNREACHABLE), Consequence.SOFT),
        (blocked(), Consequence.DOMAIN),
        (bounce(status="5.7.26"), Consequence.DOMAIN),
        (bounce(status="4.7.28", reason=Reason.RATE), Consequence.DOMAIN),
        (bounce(status="", reason=Reason.BLOCKED), Consequence.DOMAIN),
        (bounce(status="5.3.4", reason=Reason.TOO_BIG), Consequence.ISSUE),
        (bounce(status="5.6.0", reason=Reason.CONTENT), Consequence.ISSUE),
        (bounce(status="5.0.0", reason=Reason.CONTENT), Consequence.ISSUE),
        (complaint(), Consequence.COMPLAIN),
        (complaint(reason=Reason.OTHER), Consequence.COMPLAIN),
        (complaint(reason=Reason.UNSUBSCRIBE), Consequence.LEAVE),
        (Event(kind=Kind.DELAYED, status="4.4.7", reason=Reason.UNREACHABLE), Consequence.NOTHING),
        (Event(kind=Kind.DELIVERED, status="2.0.0"), Consequence.NOTHING),
        (Event(kind=Kind.AUTO_REPLY, reason=Reason.VACATION), Consequence.NOTHING),
        (Event(kind=Kind.NONE), Consequence.NOTHING),
    ],
)
def test_what_follows(event: Event, then: Consequence):
    assert load_policy().consequence(event) is then


@given(
    st.builds(
        Event,
        kind=st.sampled_from(Kind),
        permanence=st.sampled_from(Permanence),
        reason=st.sampled_from(Reason),
        status=st.one_of(st.just(""), st.from_regex(r"[245]\.(0|[1-7])\.\d{1,2}", fullmatch=True)),
    )
)
def test_nobody_is_suppressed_for_what_is_not_theirs(event: Event):
    then = load_policy().consequence(event)
    ours = event.status.startswith(("5.7.", "5.6.", "5.3.4")) or event.reason in {
        Reason.BLOCKED,
        Reason.CONTENT,
        Reason.RATE,
        Reason.TOO_BIG,
    }
    if then in {Consequence.SUPPRESS, Consequence.SOFT}:
        assert event.kind is Kind.BOUNCE
        assert not ours or event.status[2:] == "2.2"
    assert (then is Consequence.NOTHING) is (event.kind not in {Kind.BOUNCE, Kind.COMPLAINT})


def test_every_rule_is_told_in_words_and_not_by_a_number_alone():
    told = [one.when for one in rules_in_words(load_policy(), str)]
    assert len(told) == len(load_policy().rules)
    assert "A letter that comes back: the mailbox is full (status x.2.2)" in told
    assert set(STATUSES) == {rule.status for rule in load_policy().rules if rule.status}


def test_every_number_and_rule_has_a_source():
    assert all(rule.source for rule in load_policy().rules)


@pytest.mark.parametrize(("gap", "is_out"), [(1, True), (3, True), (4, False)])
def test_five_days_within_two_weeks_are_too_many(gap, is_out):
    days = [date(2026, 3, 1) + timedelta(days=gap * place) for place in range(5)]
    assert load_policy().is_worn_out(days) is is_out
    assert load_policy().is_worn_out([*reversed(days), *days]) is is_out
    assert not load_policy().is_worn_out(days[:4])


@pytest.mark.parametrize(
    ("failed", "reached", "is_outage"),
    [(20, 199, True), (20, 200, False), (19, 19, False), (20, 0, True), (30_001, 300_000, True)],
)
def test_a_tenth_and_twenty_are_an_outage(failed, reached, is_outage):
    assert load_policy().is_outage(failed, reached=reached) is is_outage


READERS = [f"r{place}@one.example" for place in range(24)] + ["x@two.example", "y@three.example"]
#: Which reader, in the letter of how many days ago, met what.
HAPPENINGS = st.lists(
    st.tuples(
        st.integers(0, len(READERS) - 1),
        st.integers(0, 1),
        st.sampled_from(["dead", "full", "blocked", "complaint", "opt-out"]),
    ),
    max_size=60,
)
MADE: dict[str, Callable[..., Event]] = {
    "dead": bounce,
    "full": full,
    "blocked": blocked,
    "complaint": complaint,
    "opt-out": lambda **said: complaint(reason=Reason.UNSUBSCRIBE, **said),
}


@pytest.mark.long
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    happenings=HAPPENINGS,
    crowd=st.one_of(st.just(0), st.integers(18, 24)),
    readers=st.sampled_from([READERS[-8:], READERS]),
    chance=st.randoms(use_true_random=False),
)
def test_neither_order_nor_repeats_matter_for_who_is_suppressed(
    tmp_path_factory, happenings, crowd, readers, chance
):
    """*crowd*: so many addresses of one domain fail in today's letter, which from 20 on is an outage."""
    outcomes = []
    happenings = [*happenings, *((place, 0, "dead") for place in range(crowd))]
    for order in ("as they came", "shuffled", "one by one, twice"):
        mailing = _mailing(tmp_path_factory.mktemp("order"), readers)
        events = [_event(mailing, readers[one % len(readers)], *what) for one, *what in happenings]
        if order == "shuffled":
            chance.shuffle(events)
        size = 1 if order.startswith("one") else 500
        for _ in range(2 if size == 1 else 1):
            for first in range(0, len(events), size):
                take(mailing.workplace, events[first : first + size], source="generic")
        outcomes.append({one: (mailing.suppression(one), mailing.states(one)) for one in readers})
        mailing.workplace.database.close()
    assert outcomes[0] == outcomes[1] == outcomes[2]


def _mailing(folder: Path, readers: list[str]) -> Mailing:
    url = f"sqlite:///{folder / 'subscribers.db'}"
    chosen = Settings(
        database_url=SecretStr(url), journal_path=folder / "newsletter.journal", return_path=MAILBOX
    )
    database = Database(url)
    database.upgrade()
    mailing = Mailing(Workplace(chosen, FixedClock(NOW), database, Keyring.example()))
    mailing.join(*readers)
    for days_ago in (2, 1, 0):
        mailing.send(*readers, on=NOW.date() - timedelta(days=days_ago))
    settle_feedback(mailing.workplace)
    return mailing


def _event(mailing: Mailing, address: str, days_ago: int, what: str) -> Event:
    made = MADE[what](
        recipient=address, message_ids=(mailing.mail_id(address, on=NOW.date() - timedelta(days=days_ago)),)
    )
    return replace(made, remote_id=f"{address} {days_ago} {what}")


def test_the_documented_table_is_the_one_that_is_followed():
    told = PAGE.read_text(encoding="utf-8")
    for rule in load_policy().rules:
        row = (rule.kind, f"`{rule.status}`" if rule.status else "any", ", ".join(rule.reason) or "any",
               rule.permanence or "any", rule.then.value, rule.source)  # fmt: skip
        assert "| " + " | ".join(row) + " |" in told
    numbers = load_policy()
    for number in (
        f"{numbers.soft_limit} days within {numbers.soft_window.days}",
        f"more than {numbers.outage_share:.0%}, and at least {numbers.outage_readers}",
        f"{numbers.verdict_after.days} days after the issue",
        f"{numbers.keep_raw.days} days",
        f"{numbers.raw_octets:,} octets",
        f"the newest {numbers.tray_items:,}",
    ):
        assert number in told, number
    assert len(re.findall(r"^\| (?:bounce|complaint) ", told, re.MULTILINE)) == len(numbers.rules)
