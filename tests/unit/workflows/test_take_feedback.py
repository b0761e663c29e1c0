"""What came back is taken in: what readers, and strangers who forge reports, get from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.delivery.delivery import State
from newsletter.delivery.message import return_path
from newsletter.delivery.outbox import system_mails
from newsletter.feedback import tray
from newsletter.feedback.event import Event, Kind, Reason
from newsletter.subscribers.consent import Action, Actor, ConsentAct
from newsletter.subscribers.ledger import consent_records, record_consent
from newsletter.subscribers.signup import Asked
from newsletter.subscribers.subscriber import State as Standing
from newsletter.subscribers.suppression import Reason as Suppression
from newsletter.workflows.readmit import readmit
from newsletter.workflows.take_feedback import Taken, take
from newsletter.workflows.workplace import Workplace
from tests.conftest import NOW
from tests.unit.feedback.mailing import MAILBOX, Mailing, blocked, bounce, complaint, full
from tests.unit.workflows.conftest import Life

ADA, BOB = "ada@example.org", "bob@example.org"


@pytest.fixture
def mailing(workplace: Workplace) -> Mailing:
    """Ada and Bob got today's letter."""
    settings = workplace.settings.model_copy(update={"return_path": MAILBOX})
    made = Mailing(replace(workplace, settings=settings))
    made.join(ADA, BOB)
    made.send(ADA, BOB)
    return made


def test_a_bounce_to_our_return_path_suppresses_its_reader_and_no_other(mailing):
    event = bounce(return_path=mailing.path(ADA), recipient="forwarded@elsewhere.example")
    assert take(mailing.workplace, [event], source="mailbox", raw=b"report") == Taken(matched=1)
    assert mailing.suppression(ADA) is Suppression.BOUNCED
    assert mailing.states(ADA) == [Standing.BOUNCED]
    assert mailing.ledger(ADA) == [State.BOUNCED]
    assert mailing.suppression(BOB) is None
    assert mailing.ledger(BOB) == [State.ACCEPTED]


def test_a_bounce_that_only_returns_our_message_id_and_the_address_suppresses_too(mailing):
    event = bounce(message_ids=(mailing.mail_id(ADA),), recipient=ADA)
    assert take(mailing.workplace, [event], source="stdin", raw=b"report").matched == 1
    assert mailing.suppression(ADA) is Suppression.BOUNCED


@pytest.mark.parametrize(
    "said",
    [
        {"recipient": ADA},
        {"recipient": ADA, "return_path": "bounces+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@letter.example"},
        {"recipient": ADA, "return_path": MAILBOX},
        {"recipient": ADA, "message_ids": ("<00000000000000000000000000000000@letter.example>",)},
    ],
)
def test_a_forged_bounce_for_a_reader_changes_nobody_and_goes_to_the_tray(mailing, said):
    assert take(mailing.workplace, [bounce(**said)], source="mailbox", raw=b"forged") == Taken(unmatched=1)
    assert mailing.suppression(ADA) is None
    assert mailing.ledger(ADA) == [State.ACCEPTED]
    workplace = mailing.workplace
    with workplace.database.read() as connection:
        (item,) = tray.items(connection)
        assert tray.content(connection, workplace.keyring, item.id) == "forged"


def test_a_reader_cannot_pass_their_own_message_id_off_as_another_readers(mailing):
    event = bounce(message_ids=(mailing.mail_id(BOB),), recipient=ADA)
    assert take(mailing.workplace, [event], source="mailbox", raw=b"forged").unmatched == 1
    assert mailing.suppressed([ADA, BOB]) == set()


def test_an_address_that_a_provider_signed_for_counts(mailing):
    event = bounce(recipient="ADA@example.org", remote_id="event-1")
    assert take(mailing.workplace, [event], source="postmark").matched == 1
    assert mailing.suppression(ADA) is Suppression.BOUNCED
    assert mailing.ledger(ADA) == [State.BOUNCED]


def test_a_repeat_changes_nothing_whoever_brings_it(mailing):
    event = full(return_path=mailing.path(ADA))
    assert take(mailing.workplace, [event], source="maildir", raw=b"same") == Taken(matched=1)
    assert take(mailing.workplace, [event], source="mailbox", raw=b"same") == Taken(repeated=1)
    signed = bounce(recipient=BOB, remote_id="event-1")
    assert take(mailing.workplace, [signed, signed], source="ses") == Taken(matched=1, repeated=1)
    assert take(mailing.workplace, [signed], source="ses", raw=b"other bytes") == Taken(repeated=1)


def test_a_complaint_unsubscribes_at_once_for_good_and_on_the_record(mailing):
    mailing.join(BOB, newsletter="weekly")
    event = complaint(return_path=mailing.path(BOB))
    assert take(mailing.workplace, [event], source="mailbox", raw=b"arf").matched == 1
    assert mailing.suppression(BOB) is Suppression.COMPLAINED
    assert mailing.states(BOB) == [Standing.COMPLAINED, Standing.COMPLAINED]
    assert mailing.ledger(BOB) == [State.COMPLAINED]
    with mailing.workplace.database.read() as connection:
        records = consent_records(connection, mailing.member(BOB).subscriber.id)
    assert [(one.content.action, one.content.actor) for one in records] == [
        (Action.WITHDRAW, Actor.PROVIDER),
        (Action.WITHDRAW, Actor.PROVIDER),
    ]


def test_whoever_asks_their_provider_for_no_more_leaves_that_newsletter_only(mailing):
    mailing.join(BOB, newsletter="weekly")
    event = complaint(reason=Reason.UNSUBSCRIBE, return_path=mailing.path(BOB))
    take(mailing.workplace, [event], source="mailbox", raw=b"opt-out")
    assert mailing.states(BOB) == [Standing.UNSUBSCRIBED, Standing.ACTIVE]
    assert mailing.suppression(BOB) is None
    assert mailing.ledger(BOB) == [State.ACCEPTED]


@pytest.mark.parametrize(
    "event",
    [blocked(), bounce(status="5.3.4"), bounce(status="5.6.0"), bounce(status="", reason=Reason.CONTENT)],
)
def test_what_is_our_fault_never_costs_a_reader_the_letter(mailing, event):
    event = replace(event, return_path=mailing.path(ADA))
    assert take(mailing.workplace, [event], source="mailbox", raw=b"ours").matched == 1
    assert mailing.suppression(ADA) is None
    assert mailing.states(ADA) == [Standing.ACTIVE]
    assert mailing.ledger(ADA) == [State.BOUNCED]


@pytest.mark.parametrize("kind", [Kind.DELIVERED, Kind.DELAYED, Kind.AUTO_REPLY])
def test_what_says_nothing_bad_changes_nobody(mailing, kind):
    event = Event(kind=kind, return_path=mailing.path(ADA))
    assert take(mailing.workplace, [event], source="mailbox", raw=b"fine").matched == 1
    assert (mailing.suppression(ADA), mailing.ledger(ADA)) == (None, [State.ACCEPTED])


def test_a_persons_letter_is_handed_back_and_nothing_is_kept_of_it(mailing):
    event = Event(kind=Kind.NONE, reason=Reason.PERSON, return_path=mailing.path(ADA))
    for _ in range(2):
        assert take(mailing.workplace, [event], source="mailbox", raw=b"hello") == Taken(people=(event,))
    with mailing.workplace.database.read() as connection:
        assert tray.items(connection) == []


def test_a_full_mailbox_is_suppressed_on_the_fifth_day_within_two_weeks(mailing):
    today = mailing.workplace.clock.now().date()
    for day in range(5):
        sent_on = today + timedelta(days=3 * day)
        mailing.send(ADA, on=sent_on) if day else None
        for again in range(3):
            event = full(recipient=ADA, message_ids=(mailing.mail_id(ADA, on=sent_on),))
            take(mailing.workplace, [event], source="mailbox", raw=b"%d %d" % (day, again))
        assert (mailing.suppression(ADA) is Suppression.BOUNCED) is (day == 4)


def test_five_days_that_are_farther_apart_are_no_reason(mailing):
    today = mailing.workplace.clock.now().date()
    for day in range(17):
        sent_on = today + timedelta(days=day)
        mailing.send(ADA, on=sent_on) if day else None
        if day % 4 == 0:
            event = full(recipient=ADA, message_ids=(mailing.mail_id(ADA, on=sent_on),))
            take(mailing.workplace, [event], source="mailbox", raw=b"%d" % day)
    assert mailing.suppression(ADA) is None


def test_five_letters_in_a_row_are_a_reason_however_rare_they_are(mailing):
    today = mailing.workplace.clock.now().date()
    for week in range(5):
        sent_on = today + timedelta(days=7 * week)
        mailing.send(ADA, on=sent_on) if week else None
        event = full(recipient=ADA, message_ids=(mailing.mail_id(ADA, on=sent_on),))
        take(mailing.workplace, [event], source="mailbox", raw=b"%d" % week)
        assert (mailing.suppression(ADA) is Suppression.BOUNCED) is (week == 4)


@pytest.mark.parametrize("source", ["mailbox", "generic"])
def test_a_return_path_of_somebody_who_has_gone_touches_nobody_whoever_it_names(mailing, source):
    gone = return_path(mailing.workplace.keyring, MAILBOX, b"gone" * 3)
    event = bounce(recipient=BOB, return_path=gone)
    taken = take(mailing.workplace, [event], source=source, raw=b"gone")
    assert (taken.matched, mailing.suppression(BOB)) == (0, None)


def test_a_message_id_of_somebody_who_has_gone_proves_nothing_about_whom_it_names(mailing):
    with mailing.workplace.database.write() as connection:
        connection.execute(
            system_mails.update().values(message_id="<known-to-them@x>", recipient="gone@example.org")
        )
    event = bounce(recipient=BOB, message_ids=("<known-to-them@x>",))
    taken = take(mailing.workplace, [event], source="mailbox", raw=b"system")
    assert (taken.matched, mailing.suppression(BOB)) == (0, None)


def test_a_bounce_of_a_letter_from_before_the_reader_opted_in_anew_says_nothing(mailing):
    week_ago = mailing.workplace.clock.now().date() - timedelta(days=7)
    mailing.send(ADA, BOB, on=week_ago)
    mailing.opt_in_anew(ADA, days_ago=3)
    for address in (ADA, BOB):
        event = bounce(recipient=address, message_ids=(mailing.mail_id(address, on=week_ago),))
        assert take(mailing.workplace, [event], source="mailbox", raw=address.encode()).matched == 1
    assert mailing.suppressed([ADA, BOB]) == {BOB}


@pytest.mark.parametrize("source", ["mailbox", "generic"])
def test_nothing_that_a_stranger_writes_stops_the_intake(mailing, source):
    odd = "a\0b\udce9 " * 400
    naive = datetime(2026, 3, 1)  # noqa: DTZ001 - as a stranger writes it
    last, first = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)
    recipients = (odd, "\udce9@example.org", f"{'x' * 5000}@example.org", "\0@example.org", "@")
    said = {"status": odd, "diagnostic": odd, "return_path": odd, "message_ids": (odd, "<\udce9>")}
    events = [
        bounce(recipient=recipient, remote_id=f"{odd} {place}", happened_at=moment, **said)
        for place, (recipient, moment) in enumerate(
            zip(recipients, (None, naive, last, first, NOW), strict=True)
        )
    ]
    assert take(mailing.workplace, events, source=source, raw=b"odd").unmatched == len(events)
    assert take(mailing.workplace, events, source=source, raw=b"odd").repeated == len(events)
    assert take(mailing.workplace, [bounce(diagnostic=odd)], source=source).unmatched == 1


def test_a_confirmation_mail_that_comes_back_stops_the_address_that_somebody_typed(mailing):
    life = Life(mailing.workplace, "typo@example.org")
    life.sign_up()
    event = bounce(message_ids=(life.mails()[-1].message_id,), recipient="typo@example.org")
    assert take(mailing.workplace, [event], source="mailbox", raw=b"report").matched == 1
    assert life.state() is Standing.BOUNCED
    assert mailing.suppression("typo@example.org") is Suppression.BOUNCED


def test_a_fresh_opt_in_lifts_a_bounce_and_what_came_before_it_is_forgotten(mailing, later):
    take(mailing.workplace, [bounce(return_path=mailing.path(ADA))], source="mailbox", raw=b"report")
    day_after = later(mailing.workplace, days=1)
    life = Life(day_after, ADA)
    life.sign_up()
    life.confirm()
    assert mailing.suppression(ADA) is None
    mailing = Mailing(later(day_after, hours=1))
    mailing.send(ADA)
    take(mailing.workplace, [full(return_path=mailing.path(ADA))], source="mailbox", raw=b"full")
    assert mailing.suppression(ADA) is None
    take(mailing.workplace, [bounce(return_path=mailing.path(ADA))], source="mailbox", raw=b"again")
    assert mailing.suppression(ADA) is Suppression.BOUNCED


def test_who_complained_comes_back_by_an_operators_reason_and_never_by_a_sign_up(mailing):
    take(mailing.workplace, [complaint(return_path=mailing.path(ADA))], source="mailbox", raw=b"arf")
    life = Life(mailing.workplace, ADA)
    assert life.sign_up() is Asked.SUPPRESSED
    readmit(mailing.workplace, ADA, why="pressed it by mistake")
    assert mailing.suppression(ADA) is None
    assert mailing.states(ADA) == [Standing.UNSUBSCRIBED]


def test_a_complaint_that_names_nobody_counts_by_the_return_path_in_the_letter_it_returns(mailing):
    report = f"To: abuse@letter.example\n\nReturn-Path: <{mailing.path(BOB).upper()}>\n".encode()
    assert take(mailing.workplace, [complaint()], source="mailbox", raw=report).matched == 1
    assert mailing.suppression(BOB) is Suppression.COMPLAINED
    forged = b"Return-Path: <bounces+%b@letter.example>" % (b"a" * 36)
    assert take(mailing.workplace, [complaint()], source="mailbox", raw=forged).unmatched == 1


def test_what_an_address_says_that_the_reader_has_given_up_is_not_held_against_the_new_one(mailing):
    record_address(mailing, ADA, "old@example.org")
    event = bounce(return_path=mailing.path(ADA), recipient="Old@example.org")
    assert take(mailing.workplace, [event], source="mailbox", raw=b"late").matched == 1
    assert mailing.suppression(ADA) is None


def test_a_complaint_about_a_letter_that_bounced_too_is_in_the_ledger(mailing):
    said = {"return_path": mailing.path(ADA)}
    take(mailing.workplace, [bounce(**said), complaint(**said)], source="mailbox", raw=b"both")
    assert mailing.ledger(ADA) == [State.COMPLAINED]


def record_address(mailing: Mailing, address: str, former: str) -> None:
    """Note in a reader's chain that they had another address."""
    workplace = mailing.workplace
    act = ConsentAct(
        newsletter="daily",
        action=Action.CONFIRM,
        address=former,
        door="test",
        evidence="POST",
        acted_at=workplace.clock.now() - timedelta(days=20),
    )
    with workplace.database.write() as connection:
        record_consent(connection, workplace.keyring, mailing.member(address).subscriber.id, act)
