"""What policy says of an event happens: to the ledger, to the reader, or to us."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from newsletter.delivery import slow_domain
from newsletter.delivery.delivery import Event as DeliveryEvent
from newsletter.delivery.sent import report
from newsletter.feedback import blame
from newsletter.feedback.blame import Blame, Failure, held_against, is_dead, reached_before, standing
from newsletter.feedback.count import ALL, Place, count_at, count_days, counted_at
from newsletter.feedback.event import Event, Kind, Permanence
from newsletter.feedback.policy import Consequence, load_policy
from newsletter.feedback.record import without_addresses
from newsletter.feedback.subject import Subject
from newsletter.notices.webhook import EventType
from newsletter.rendering.notice import Alert
from newsletter.subscribers.address import compared, mail_domain
from newsletter.subscribers.consent import Actor
from newsletter.subscribers.ledger import addresses_named
from newsletter.subscribers.limit import within_limit
from newsletter.subscribers.member import Member, members_by_id
from newsletter.subscribers.store import apply_event, subscriptions_of
from newsletter.subscribers.subscriber import STANDING, Subscription
from newsletter.subscribers.subscriber import Event as SubscriptionEvent
from newsletter.subscribers.suppression import Reason, suppress, suppress_all, suppressed_among
from newsletter.workflows.alert import ONCE_IN, alert
from newsletter.workflows.tell_site import tell_site
from newsletter.workflows.unsubscribe import withdraw
from newsletter.workflows.watch_reputation import watch_reputation
from newsletter.workflows.workplace import Workplace

DOOR = "report of a mail provider"
_BLAMES = {
    Consequence.SUPPRESS: Blame.DEAD,
    Consequence.SOFT: Blame.SOFT,
    Consequence.DOMAIN: Blame.OURS,
    Consequence.ISSUE: Blame.OURS,
}
_OUR_FAULT = {Consequence.DOMAIN: "blocked", Consequence.ISSUE: "unfit"}
#: So many readers' letters of an issue came back so before their domain is sent less: as for the breakers.
_ENOUGH_TO_SLOW = 5
_WORDS = {
    Consequence.DOMAIN: "does not take letters because of who sends them",
    Consequence.ISSUE: "does not take a letter because of what is in it",
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """An event about a reader, and what follows. *is_reply*: a relay said it when the letter was sent."""

    event: Event
    subject: Subject
    consequence: Consequence
    is_reply: bool = False

    @property
    def member(self) -> Member:
        """The reader."""
        return self.subject.member

    @property
    def place(self) -> Place | None:
        """Where it is counted; None where the issue is not known."""
        sent = self.subject.sent
        return Place(sent.issue_id, mail_domain(self.member.subscriber.address), sent.relay) if sent else None

    @property
    def is_stale(self) -> bool:
        """Whether it is about a letter from before the reader last opted in, which says nothing about now."""
        sent, since = self.subject.sent, self.member.opted_in_at
        return sent is not None and since is not None and sent.issue_began_at < since


def follow(
    connection: Connection, workplace: Workplace, cases: Sequence[Case], *, now: datetime
) -> set[tuple[int, str]]:
    """Do what follows from *cases*; issues and domains (or ALL) in which too many failed."""
    if not cases:
        return set()
    places = _tell_ledger(connection, cases, now=now)
    for case in cases:
        if case.consequence is Consequence.COMPLAIN:
            _complain(connection, workplace, case.member, now=now)
        elif case.consequence is Consequence.LEAVE:
            _leave(connection, workplace, case, now=now)
    _admit(connection, workplace, [case for case in cases if case.consequence in _OUR_FAULT], places, now=now)
    failing = [
        case
        for case in cases
        if case.consequence in _BLAMES and not case.is_stale and not _is_former(connection, case)
    ]
    outages = _fail(connection, workplace, failing, now=now)
    for issue_id, domain in sorted(outages):
        reason = (
            f"{_where(domain)}: so many addresses failed in issue {issue_id} that it cannot be the readers"
        )
        _tell_operator(connection, workplace, reason, about=f"{issue_id} {domain}", now=now)
    watch_reputation(connection, workplace, places, now=now)
    return outages


def _admit(
    connection: Connection,
    workplace: Workplace,
    cases: Sequence[Case],
    changed: Collection[Place],
    *,
    now: datetime,
) -> None:
    """What is our fault: a domain that says so of several readers is sent less, and the operator is told.

    Only what *changed* the ledger counts, and never one reader's word: anybody can write what came back to
    the return path of their own letter, again and again.
    """
    # What a relay answered to a message slowed the domain down when it did.
    blocked = {case.place for case in cases if case.place and _is_blocked(case)}
    for place in sorted(blocked.intersection(changed)):
        if counted_at(connection, place)["blocked"] >= _ENOUGH_TO_SLOW:
            why = "returned mail says that it blocks us"
            slow_domain.strike(connection, place.domain, reason=why, now=now)
    told = {(case.place.issue_id, case.consequence): case for case in cases if case.place}
    for (issue_id, consequence), case in sorted(told.items()):
        said = without_addresses(f"{case.event.status} {case.event.diagnostic}").strip()
        reason = f"{_where(case.place.domain if case.place else ALL)} {_WORDS[consequence]}: {said}"
        _tell_operator(connection, workplace, reason, about=f"{issue_id} {consequence}", now=now)


def _tell_operator(
    connection: Connection, workplace: Workplace, reason: str, *, about: str, now: datetime
) -> None:
    """Log and mail *reason* once a day: in an outage one event follows the other."""
    if within_limit(
        connection, workplace.keyring, what="feedback", who=about, limit=1, window=ONCE_IN, now=now
    ):
        alert(connection, workplace, Alert.FEEDBACK, reason=reason, now=now, about=about)


def _is_former(connection: Connection, case: Case) -> bool:
    """Whether it is about an address that the reader has given up since."""
    recipient, subscriber = compared(case.event.recipient), case.member.subscriber
    if recipient in ("", subscriber.canonical):
        return False
    return recipient in {compared(one) for one in addresses_named(connection, subscriber.id)}


def _is_blocked(case: Case) -> bool:
    return case.consequence is Consequence.DOMAIN and not case.is_reply


def _where(domain: str) -> str:
    return "all domains" if domain == ALL else f"domain {domain or '(without a name)'}"


def _tell_ledger(connection: Connection, cases: Sequence[Case], *, now: datetime) -> set[Place]:
    """Write down what became of the deliveries, and count it once for each; where anything was."""
    told = [case for case in cases if case.subject.sent and case.consequence is not Consequence.LEAVE]
    events = [
        DeliveryEvent.COMPLAIN if case.event.kind is Kind.COMPLAINT else DeliveryEvent.BOUNCE for case in told
    ]
    sent = [case.subject.sent for case in told if case.subject.sent]
    changed = report(connection, list(zip(sent, events, strict=True)), now=now)
    counts: dict[Place, Counter[str]] = {}
    for case, is_new in zip(told, changed, strict=True):
        if (is_new or case.is_reply) and case.place:
            counts.setdefault(case.place, Counter()).update(_counted(case))
    count_at(connection, counts)
    count_days(connection, now.date(), Counter(_day_word(case) for case in cases))
    return set(counts)


def _day_word(case: Case) -> str:
    if case.is_reply:
        return "refused"
    return "complained" if case.event.kind is Kind.COMPLAINT else "bounced"


def _counted(case: Case) -> list[str]:
    if case.event.kind is Kind.COMPLAINT:
        return ["complained"]
    name = "rejected" if case.is_reply else "returned"
    # A full mailbox is no hard bounce, with whatever class of status it is told.
    is_hard = case.event.permanence is Permanence.PERMANENT and case.consequence is not Consequence.SOFT
    names = [name] if is_hard else []
    return [*names, *(_OUR_FAULT[one] for one in (case.consequence,) if one in _OUR_FAULT)]


def _fail(
    connection: Connection, workplace: Workplace, cases: Sequence[Case], *, now: datetime
) -> set[tuple[int, str]]:
    """Hold failures against readers, unless they are ours, or too many of a domain failed with them."""
    if not cases:
        return set()
    policy = load_policy()
    lost = [case for case in cases if case.place is None and case.consequence is Consequence.SUPPRESS]
    _suppress(connection, workplace, [case.member for case in lost], now=now)
    close(connection, workplace, [case.member.subscriber.id for case in lost], now=now)
    failures = [_failure(case) for case in cases if case.place]
    new = blame.note(connection, failures)
    reached = reached_before(connection, new)
    counts: dict[Place, Counter[str]] = {}
    for one in new:
        if one.subscription_id in reached:
            place = Place(one.issue_id, one.domain, one.relay)
            counts.setdefault(place, Counter())["failed"] += 1
    count_at(connection, counts)
    places = {(one.issue_id, domain) for one in failures for domain in (one.domain, ALL)}
    found = {place: standing(connection, *place) for place in places}
    outages = {place for place, how in found.items() if how.is_outage(policy)}
    blamed = [one for one in failures if not outages & {(one.issue_id, one.domain), (one.issue_id, ALL)}]
    members = {case.member.subscriber.id: case.member for case in cases}
    held = held_against(connection, {one.subscriber_id for one in blamed})
    dead = [members[one] for one in held if is_dead(held[one], policy, since=members[one].opted_in_at)]
    _suppress(connection, workplace, dead, now=now)
    too_late = {
        case.member.subscriber.id
        for case in cases
        if case.subject.sent and now - case.subject.sent.issue_began_at > policy.verdict_after
    }
    settled = too_late | {
        one.subscriber_id
        for one in blamed
        if not any(found[one.issue_id, domain].may_become_one(policy) for domain in (one.domain, ALL))
    }
    close(connection, workplace, [one.subscriber.id for one in dead if one.subscriber.id in settled], now=now)
    return outages


def _failure(case: Case) -> Failure:
    sent = case.subject.sent
    assert sent is not None  # noqa: S101 - the caller asked for a place
    return Failure(
        issue_id=sent.issue_id,
        subscriber_id=case.member.subscriber.id,
        subscription_id=sent.subscription_id,
        domain=mail_domain(case.member.subscriber.address),
        relay=sent.relay,
        blame=_BLAMES[case.consequence],
    )


def _suppress(
    connection: Connection, workplace: Workplace, members: Iterable[Member], *, now: datetime
) -> None:
    """Never mail these addresses again, as long as their owners do not opt in anew."""
    reasons = {one.subscriber.canonical: Reason.BOUNCED for one in members if not one.subscriber.suppressed}
    suppress_all(connection, workplace.keyring, reasons, journal=workplace.journal, now=now)
    count_days(connection, now.date(), {"suppressed": len(reasons)})


def close(
    connection: Connection, workplace: Workplace, subscriber_ids: Sequence[int], *, now: datetime
) -> int:
    """Say of those of these readers who are suppressed that they are gone, and tell their sites; how many.

    For when nothing can come any more by which too many had failed with them to be to blame.
    """
    members = {one.subscriber.canonical: one for one in members_by_id(connection, subscriber_ids).values()}
    reasons = suppressed_among(connection, workplace.keyring, list(members))
    closed = 0
    for canonical, reason in reasons.items():
        theirs = members[canonical].subscriptions if reason is Reason.BOUNCED else ()
        for each in theirs:
            if each.state in STANDING and apply_event(connection, each, SubscriptionEvent.BOUNCE, now=now):
                tell_site(connection, workplace, each, EventType.BOUNCED, now=now)
                closed += 1
    return closed


def _complain(connection: Connection, workplace: Workplace, member: Member, *, now: datetime) -> None:
    """Whoever reports a letter as spam gets nothing any more, of any newsletter."""
    subscriber = member.subscriber
    theirs = [each for each in subscriptions_of(connection, subscriber.id) if each.state in STANDING]
    evidence = "a letter was reported as spam"
    _withdraw(connection, workplace, member, theirs, evidence=evidence, is_complaint=True, now=now)
    for each in subscriptions_of(connection, subscriber.id):
        if apply_event(connection, each, SubscriptionEvent.COMPLAIN, now=now):
            tell_site(connection, workplace, each, EventType.COMPLAINED, now=now)
    is_new = suppress(
        connection,
        workplace.keyring,
        subscriber.canonical,
        reason=Reason.COMPLAINED,
        journal=workplace.journal,
        now=now,
    )
    count_days(connection, now.date(), {"suppressed": is_new})


def _leave(connection: Connection, workplace: Workplace, case: Case, *, now: datetime) -> None:
    """Whoever asks their provider for no more leaves the newsletter that it is about, or all of them."""
    about = case.subject.subscription
    theirs = subscriptions_of(connection, case.member.subscriber.id)
    _withdraw(
        connection,
        workplace,
        case.member,
        [each for each in theirs if about is None or each.id == about.id],
        evidence="asked their mail provider for no more of it",
        now=now,
    )


def _withdraw(
    connection: Connection,
    workplace: Workplace,
    member: Member,
    subscriptions: Sequence[Subscription],
    *,
    evidence: str,
    now: datetime,
    is_complaint: bool = False,
) -> None:
    withdraw(
        connection,
        workplace,
        subscriber=member.subscriber,
        subscriptions=subscriptions,
        door=DOOR,
        evidence=evidence,
        actor=Actor.PROVIDER,
        now=now,
        is_complaint=is_complaint,
    )
