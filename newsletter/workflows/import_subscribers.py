"""A list comes in from elsewhere. Nobody who left, or must not be mailed, comes back by it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from newsletter.errors import SubscriberError
from newsletter.subscribers.address import Address, parse_address
from newsletter.subscribers.consent import Action, Actor, ConsentAct
from newsletter.subscribers.ledger import record_consent
from newsletter.subscribers.link import LinkKind, last_mailed_at, spend_links
from newsletter.subscribers.policy import PrivacyPolicy
from newsletter.subscribers.store import (
    add_subscriber,
    add_subscription,
    apply_event,
    find_subscriber,
    find_subscription,
    subscriptions_of,
)
from newsletter.subscribers.subscriber import Event, State, next_state, overall_state
from newsletter.subscribers.suppression import suppression_of
from newsletter.subscribers.token import new_handle
from newsletter.subscribers.transfer import SUBSCRIBED, ImportRow
from newsletter.workflows.subscribe import ASK_AGAIN_AFTER, SignUp, current_policy, request_confirmation
from newsletter.workflows.workplace import Workplace

#: Rows per transaction: few enough to keep the one writer's lock for some 50 ms.
CHUNK = 25
DOOR = "import"


@dataclass(kw_only=True)
class ImportReport:
    """What an import did, or (dry) would do. *unchanged*: were here already, or twice in the file."""

    read: int = 0
    imported: int = 0
    updated: int = 0
    suppressed: int = 0
    unchanged: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)


class _Fate(StrEnum):
    IMPORTED = "imported"
    UPDATED = "updated"
    SUPPRESSED = "suppressed"
    UNCHANGED = "unchanged"
    WAIT = "was asked to confirm another newsletter within a day; import it again tomorrow"


@dataclass(frozen=True, kw_only=True)
class _Import:
    workplace: Workplace
    newsletter: str
    basis: str
    policy: PrivacyPolicy
    now: datetime


def import_subscribers(
    workplace: Workplace,
    rows: Iterable[ImportRow],
    *,
    newsletter: str | None = None,
    basis: str = "",
    dry_run: bool = False,
) -> ImportReport:
    """Bring *rows* in: active with *basis* as imported evidence; without one, asked by mail to confirm.

    Raises:
        SettingsError: there is no such newsletter.
        SubscriberError: *rows* cannot be read on.
    """
    work = _Import(
        workplace=workplace,
        newsletter=workplace.settings.list_of(newsletter).name,
        basis=basis.strip(),
        policy=current_policy(workplace),
        now=workplace.clock.now(),
    )
    report = ImportReport()
    seen: set[str] = set()
    source = iter(rows)
    opened = workplace.database.read if dry_run else workplace.database.write
    while chunk := list(islice(source, CHUNK)):
        with opened() as connection:
            for row in chunk:
                _count(report, row, _take(connection, work, row=row, seen=seen, dry_run=dry_run))
    return report


def _count(report: ImportReport, row: ImportRow, fate: _Fate | str) -> None:
    report.read += 1
    if isinstance(fate, _Fate) and fate is not _Fate.WAIT:
        setattr(report, fate.value, getattr(report, fate.value) + 1)
    else:
        report.rejected.append({"row": row.number, "reason": str(fate)})


def _take(
    connection: Connection, work: _Import, *, row: ImportRow, seen: set[str], dry_run: bool
) -> _Fate | str:
    """Import one row; what became of it, or in words why it was rejected."""
    if row.status not in SUBSCRIBED:
        return f'its status is "{row.status[:40]}", so it is not subscribed where it comes from'
    try:
        address = parse_address(row.address)
    except SubscriberError as error:
        return error.reason
    if address.canonical in seen:
        return _Fate.UNCHANGED
    seen.add(address.canonical)
    fate = _fate(connection, work, address)
    if not dry_run and fate in (_Fate.IMPORTED, _Fate.UPDATED):
        _bring_in(connection, work, address)
    return fate


def _fate(connection: Connection, work: _Import, address: Address) -> _Fate:
    """What will become of an address; reads only."""
    if suppression_of(connection, work.workplace.keyring, address.canonical) is not None:
        return _Fate.SUPPRESSED
    subscriber = find_subscriber(connection, address.canonical)
    theirs = subscriptions_of(connection, subscriber.id) if subscriber else []
    # Whoever has left everything does not come back through another newsletter's list either.
    if theirs and overall_state(theirs) is State.UNSUBSCRIBED:
        return _Fate.SUPPRESSED
    state = next((each.state for each in theirs if each.newsletter == work.newsletter), None)
    after = next_state(state, Event.IMPORT)
    if after is None:
        return _Fate.SUPPRESSED
    if state is None:
        return _Fate.WAIT if not work.basis and _asked_today(connection, work, subscriber) else _Fate.IMPORTED
    # Without a basis, a reader who was asked and did not answer is not asked again by a second import.
    return _Fate.UPDATED if work.basis and after is not state else _Fate.UNCHANGED


def _asked_today(connection: Connection, work: _Import, subscriber: Any) -> bool:
    asked_at = last_mailed_at(connection, subscriber.id, LinkKind.CONFIRM) if subscriber else None
    return asked_at is not None and work.now - asked_at < ASK_AGAIN_AFTER


def _bring_in(connection: Connection, work: _Import, address: Address) -> None:
    subscriber = add_subscriber(connection, address, handle=new_handle(), suppressed=False, now=work.now)
    if not work.basis:
        signup = SignUp(
            address=address.given,
            newsletter=work.newsletter,
            door=DOOR,
            evidence="import without a basis: asked by mail",
            actor=Actor.OPERATOR,
        )
        request_confirmation(
            connection,
            work.workplace,
            subscriber=subscriber,
            signup=signup,
            policy=work.policy,
            now=work.now,
        )
        return
    subscription = find_subscription(connection, subscriber.id, work.newsletter)
    if subscription is None:
        add_subscription(
            connection,
            subscriber.id,
            work.newsletter,
            state=State.ACTIVE,
            handle=new_handle(),
            now=work.now,
        )
    else:
        apply_event(connection, subscription, Event.IMPORT, now=work.now)
        spend_links(connection, subscription.id, LinkKind.CONFIRM, now=work.now)
    act = ConsentAct(
        newsletter=work.newsletter,
        action=Action.CONFIRM,
        address=subscriber.address,
        door=DOOR,
        evidence=f"import: {work.basis}",
        actor=Actor.OPERATOR,
        acted_at=work.now,
    )
    record_consent(connection, work.workplace.keyring, subscriber.id, act)
