"""One batch of an import: what becomes of each row is decided first, then done to all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from newsletter.errors import SubscriberError
from newsletter.subscribers.address import Address, parse_address
from newsletter.subscribers.batch import (
    Joining,
    Known,
    Place,
    add_joined,
    add_readers,
    known_among,
    record_many,
)
from newsletter.subscribers.consent import Action, Actor, ConsentAct
from newsletter.subscribers.link import LinkKind, spend_links
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.policy import PrivacyPolicy
from newsletter.subscribers.signup import SignUp
from newsletter.subscribers.store import (
    add_subscriber,
    apply_event,
    find_subscription,
    set_frequency,
    set_language,
)
from newsletter.subscribers.subscriber import Event, Frequency, State, next_state, overall_state
from newsletter.subscribers.suppression import Reason, digests, outranks, suppress_all, suppressed_among
from newsletter.subscribers.token import new_handle
from newsletter.subscribers.transfer import ImportRow, Wish
from newsletter.workflows.request_confirmation import may_be_asked, request_confirmation
from newsletter.workflows.workplace import Workplace

DOOR = "import"
_WAIT = "was asked to confirm within a day, or three times within a month; import it again later"
_UNPROVED = "has no proof of consent: the file does not say when it was confirmed, and no --basis was given"


class Fate(StrEnum):
    """What becomes of a row."""

    IMPORTED = "imported"
    ASKED = "asked"  # imported as well, once they answer
    UPDATED = "updated"
    SUPPRESSED = "suppressed"
    NEWLY_SUPPRESSED = "new_suppressions"
    UNCHANGED = "unchanged"
    LEFT_OUT = "left_out"
    REJECTED = "rejected"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """The *fate* of the row with this number, and *why* it was rejected."""

    number: int
    fate: Fate
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Taking:
    """How rows are taken into *newsletter*: *basis* as the operator states it, "" for none.

    *asking_from* and *pause*: when the first confirmation mail leaves, and how long after it the next.
    *came_back*: hashes of addresses whose owners have opted in afresh here since they were suppressed: no old
    list takes them off again, but for a complaint.
    """

    workplace: Workplace
    newsletter: str
    basis: str
    refuse_unproved: bool
    policy: PrivacyPolicy
    now: datetime
    asking_from: datetime
    pause: timedelta
    came_back: frozenset[bytes] = frozenset()


@dataclass(frozen=True)
class Seen:
    """What a dry run, which changes nothing, has to remember: hashes of addresses that came in or left."""

    came: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)


@dataclass(kw_only=True)
class _Plan:
    """What is to be done with the rows of one batch."""

    outcomes: list[Outcome] = field(default_factory=list)
    suppress: dict[str, Reason] = field(default_factory=dict)
    ask: list[tuple[Address, ImportRow]] = field(default_factory=list)
    join: list[tuple[Address, ImportRow, Known | None]] = field(default_factory=list)


def take_batch(
    connection: Connection,
    taking: Taking,
    rows: Sequence[ImportRow],
    *,
    asked: int = 0,
    seen: Seen | None = None,
) -> list[Outcome]:
    """Take *rows* in; *asked*: how many were asked by mail in the batches before.

    *seen*: of a dry run, which changes nothing but that.
    """
    plan = _plan(connection, taking, rows, seen or Seen())
    if seen is None:
        suppress_all(
            connection,
            taking.workplace.keyring,
            plan.suppress,
            journal=taking.workplace.journal,
            now=taking.now,
        )
        for number, (address, row) in enumerate(plan.ask, asked):
            _ask(connection, taking, address, row, leaves_at=taking.asking_from + number * taking.pause)
        _join_all(connection, taking, plan)
    return plan.outcomes


def _plan(connection: Connection, taking: Taking, rows: Sequence[ImportRow], seen: Seen) -> _Plan:
    plan = _Plan()
    read = [(row, _read(row)) for row in rows]
    addresses = {found.canonical for _, found in read if isinstance(found, Address)}
    keyring = taking.workplace.keyring
    suppressed = suppressed_among(connection, keyring, list(addresses)) if addresses else {}
    known = known_among(connection, addresses) if addresses else {}
    before = frozenset(seen.gone)
    back = {one for one in known if taking.came_back and one not in suppressed and _came_back(taking, one)}
    seen.gone.update(
        hash(found.canonical)
        for row, found in read
        if isinstance(found, Address) and row.wish is Wish.SUPPRESS and not _is_answered(row, found, back)
    )
    for row, found in read:
        why = ""
        if isinstance(found, Outcome):
            plan.outcomes.append(found)
            continue
        if row.wish is Wish.SUPPRESS and _is_answered(row, found, back):
            fate = Fate.UNCHANGED
        elif row.wish is Wish.SUPPRESS:
            is_new = hash(found.canonical) not in before
            fate = _suppress(plan, found, row, suppressed) if is_new else Fate.SUPPRESSED
        elif found.canonical in suppressed or hash(found.canonical) in seen.gone:
            fate = Fate.SUPPRESSED
        elif hash(found.canonical) in seen.came:
            fate = Fate.UNCHANGED
        else:
            fate, why = _fate(connection, taking, row, found.canonical, known.get(found.canonical))
            if fate is Fate.ASKED:
                plan.ask.append((found, row))
            elif fate in (Fate.IMPORTED, Fate.UPDATED):
                plan.join.append((found, row, known.get(found.canonical)))
            if fate in (Fate.ASKED, Fate.IMPORTED, Fate.UPDATED):
                seen.came.add(hash(found.canonical))
        plan.outcomes.append(Outcome(number=row.number, fate=fate, why=why))
    return plan


def _came_back(taking: Taking, canonical: str) -> bool:
    return not taking.came_back.isdisjoint(digests(taking.workplace.keyring, canonical).values())


def _is_answered(row: ImportRow, address: Address, back: set[str]) -> bool:
    """Whether the owner's own opt-in here came after what this row says."""
    return address.canonical in back and row.reason.lifted_by_opt_in


def _read(row: ImportRow) -> Address | Outcome:
    """The address of a row, or what becomes of one whose address does not matter or is none."""
    if row.wish is Wish.LEAVE_OUT:
        return Outcome(number=row.number, fate=Fate.LEFT_OUT)
    if row.wish is Wish.REPEAT:
        return Outcome(number=row.number, fate=Fate.UNCHANGED)
    if row.wish is Wish.REFUSE:
        return Outcome(number=row.number, fate=Fate.REJECTED, why=row.why)
    try:
        return parse_address(row.address)
    except SubscriberError as error:
        return Outcome(number=row.number, fate=Fate.REJECTED, why=error.reason)


def _suppress(plan: _Plan, address: Address, row: ImportRow, suppressed: dict[str, Reason]) -> Fate:
    earlier = plan.suppress.get(address.canonical, suppressed.get(address.canonical))
    if not outranks(row.reason, earlier):
        return Fate.SUPPRESSED
    plan.suppress[address.canonical] = row.reason
    return Fate.NEWLY_SUPPRESSED if earlier is None else Fate.SUPPRESSED


def _fate(
    connection: Connection, taking: Taking, row: ImportRow, canonical: str, known: Known | None
) -> tuple[Fate, str]:
    """What will become of an address that is not suppressed, and why if it is rejected; reads only."""
    theirs = known.subscriptions if known else []
    state = next((each.state for each in theirs if each.newsletter == taking.newsletter), None)
    after = next_state(state, Event.IMPORT)
    # Whoever has left everything does not come back through another newsletter's list either.
    if after is None or (theirs and overall_state(theirs) is State.UNSUBSCRIBED):
        return Fate.SUPPRESSED, ""
    is_proved = bool(taking.basis) or row.is_proved
    if state is not None:
        # Without proof, a reader who was asked and did not answer is not asked again by a second import.
        return (Fate.UPDATED if is_proved and after is not state else Fate.UNCHANGED), ""
    if is_proved:
        return Fate.IMPORTED, ""
    return _unproved(connection, taking, canonical)


def _unproved(connection: Connection, taking: Taking, canonical: str) -> tuple[Fate, str]:
    """The same for an address that is new to this newsletter, and whose consent nothing proves."""
    if taking.refuse_unproved:
        return Fate.REJECTED, _UNPROVED
    if not may_be_asked(connection, taking.workplace, canonical, at=taking.now):
        return Fate.REJECTED, _WAIT
    return Fate.ASKED, ""


def _ask(
    connection: Connection, taking: Taking, address: Address, row: ImportRow, *, leaves_at: datetime
) -> None:
    subscriber = add_subscriber(connection, address, handle=new_handle(), suppressed=False, now=taking.now)
    if row.language and not subscriber.language:
        set_language(connection, subscriber.id, row.language)
    signup = SignUp(
        address=address.given,
        newsletter=taking.newsletter,
        door=DOOR,
        evidence="; ".join(filter(None, ("import without a basis: asked by mail", row.evidence))),
        actor=Actor.OPERATOR,
    )
    request_confirmation(
        connection,
        taking.workplace,
        subscriber=subscriber,
        signup=signup,
        policy=taking.policy,
        now=taking.now,
        leaves_at=leaves_at,
    )
    subscription = find_subscription(connection, subscriber.id, taking.newsletter)
    if subscription and row.frequency is not Frequency.DAILY:
        set_frequency(connection, subscription.id, row.frequency)


def _join_all(connection: Connection, taking: Taking, plan: _Plan) -> None:
    """Readers whose consent is proved: all of them with the same few statements."""
    new = add_readers(
        connection,
        {address: row.language for address, row, known in plan.join if known is None},
        now=taking.now,
    )
    joining: list[Joining] = []
    acts: dict[Place, ConsentAct] = {}
    origins: dict[int, bytes] = {}
    for address, row, known in plan.join:
        place = Place(known.subscriber.id, known.subscriber.handle) if known else new[address.canonical]
        if known is None or not _confirm(connection, taking, known):
            joining.append(
                Joining(
                    subscriber_id=place.subscriber_id,
                    frequency=row.frequency,
                    paused_until=row.paused_until,
                )
            )
        acts[place] = _act(taking, row, known.subscriber.address if known else address.given)
        seen_at = Origin(row.ip) if row.ip else None
        if sealed := taking.workplace.seal_origin(seen_at, subscriber_id=place.subscriber_id):
            origins[place.subscriber_id] = sealed
    add_joined(connection, taking.newsletter, joining, now=taking.now)
    record_many(connection, taking.workplace.keyring, acts, origins=origins, new=frozenset(new.values()))


def _confirm(connection: Connection, taking: Taking, known: Known) -> bool:
    """Make a subscription that waits for an answer active; False when the reader has none."""
    theirs = [each for each in known.subscriptions if each.newsletter == taking.newsletter]
    for subscription in theirs:
        apply_event(connection, subscription, Event.IMPORT, now=taking.now)
        spend_links(connection, subscription.id, LinkKind.CONFIRM, now=taking.now)
    return bool(theirs)


def _act(taking: Taking, row: ImportRow, address: str) -> ConsentAct:
    said = "; ".join(filter(None, (taking.basis, row.evidence)))
    return ConsentAct(
        newsletter=taking.newsletter,
        action=Action.CONFIRM,
        address=address,
        door=DOOR,
        evidence=f"import: {said}",
        actor=Actor.OPERATOR,
        acted_at=taking.now,
    )
