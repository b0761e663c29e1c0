"""Addresses never to be mailed, kept as keyed hashes: the list tells nobody whom it is about.

Every change goes to the journal as well (journal.py), before the transaction that makes it commits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from newsletter.subscribers.journal import Act, Entry, Journal
from newsletter.subscribers.schema import subscribers, suppressions
from newsletter.subscribers.token import Keyring, Purpose


class Reason(StrEnum):
    """Why an address is never mailed."""

    OPERATOR = "operator"
    COMPLAINED = "complained"
    BOUNCED = "bounced"
    UNSUBSCRIBED = "unsubscribed"  # left, and nothing else is kept of them; or left through an old link
    IMPORTED = "imported"  # had left, or could not be reached, where the list came from
    ERASED = "erased"

    @property
    def lifted_by_opt_in(self) -> bool:
        """Whether a fresh double opt-in by the reader ends it; the other reasons need an operator."""
        return self not in (Reason.OPERATOR, Reason.COMPLAINED)


def digests(keyring: Keyring, canonical: str) -> dict[str, bytes]:
    """HMAC-SHA256 of the canonical address by key id: old hashes cannot be redone under a new key."""
    return {kid: keyring.mac(Purpose.SUPPRESSION, canonical.encode(), kid=kid) for kid in keyring.key_ids}


def journal_entry(keyring: Keyring, canonical: str, act: Act, *, about: str = "", now: datetime) -> Entry:
    """What the journal says of an address."""
    digest = keyring.mac(Purpose.SUPPRESSION, canonical.encode())
    return Entry(at=now, key_id=keyring.current, digest=digest, act=act, about=about)


def suppression_of(connection: Connection, keyring: Keyring, canonical: str) -> Reason | None:
    """Why the address is suppressed, or None when it is not."""
    asked = {"digests": list(digests(keyring, canonical).values())}
    return strictest(Reason(reason) for reason in connection.execute(_REASONS, asked).scalars())


_REASONS = select(suppressions.c.reason).where(
    suppressions.c.digest.in_(bindparam("digests", expanding=True))
)


def suppressed_at(connection: Connection, keyring: Keyring, canonical: str) -> datetime | None:
    """Since when the address is suppressed, or None when it is not."""
    mine = suppressions.c.digest.in_(digests(keyring, canonical).values())
    moment: datetime | None = connection.execute(
        select(suppressions.c.created_at).where(mine).order_by(suppressions.c.created_at.desc()).limit(1)
    ).scalar()
    return moment


def strictest(reasons: Iterable[Reason]) -> Reason | None:
    """The one of *reasons* that counts, should two keys have met the same address."""
    return min(reasons, key=lambda reason: reason.lifted_by_opt_in, default=None)


def suppressed_among(
    connection: Connection, keyring: Keyring, canonicals: Sequence[str]
) -> dict[str, Reason]:
    """Those of *canonicals* (at most some thousand) that are suppressed, and why; in one query."""
    kids = keyring.key_ids
    owners = {
        keyring.mac(Purpose.SUPPRESSION, one.encode(), kid=kid): one for one in canonicals for kid in kids
    }
    rows = connection.execute(
        select(suppressions.c.digest, suppressions.c.reason).where(suppressions.c.digest.in_(owners))
    )
    found: dict[str, list[Reason]] = {}
    for digest, reason in rows:
        found.setdefault(owners[digest], []).append(Reason(reason))
    return {one: min(reasons, key=lambda reason: reason.lifted_by_opt_in) for one, reasons in found.items()}


def suppress(
    connection: Connection,
    keyring: Keyring,
    canonical: str,
    *,
    reason: Reason,
    journal: Journal,
    now: datetime,
) -> bool:
    """Never mail this address again, known here or not; False when it was so already."""
    connection.execute(
        update(subscribers).where(subscribers.c.canonical == canonical).values(suppressed=True)
    )
    known = suppression_of(connection, keyring, canonical)
    if not outranks(reason, known):
        return False
    if known is not None:
        forget_suppression(connection, keyring, canonical)
    entry = journal_entry(keyring, canonical, Act.SUPPRESS, about=reason, now=now)
    add_suppression(connection, entry)
    journal.append(connection, [entry])
    return True


def suppress_all(
    connection: Connection,
    keyring: Keyring,
    reasons: Mapping[str, Reason],
    *,
    journal: Journal,
    now: datetime,
) -> None:
    """The same for some thousand canonical addresses at once, each with its reason."""
    if not reasons:
        return
    connection.execute(
        update(subscribers).where(subscribers.c.canonical.in_(reasons)).values(suppressed=True)
    )
    known = suppressed_among(connection, keyring, list(reasons))
    entries = []
    for canonical, reason in reasons.items():
        if not outranks(reason, known.get(canonical)):
            continue
        if canonical in known:
            forget_suppression(connection, keyring, canonical)
        entries.append(journal_entry(keyring, canonical, Act.SUPPRESS, about=reason, now=now))
    if entries:
        connection.execute(
            insert(suppressions),
            [
                {"digest": each.digest, "key_id": each.key_id, "reason": each.about, "created_at": each.at}
                for each in entries
            ],
        )
        journal.append(connection, entries)


def outranks(reason: Reason, known: Reason | None) -> bool:
    """Whether *reason* says more than the suppression that is *known* (None: there is none)."""
    return known is None or (known.lifted_by_opt_in and not reason.lifted_by_opt_in)


def suppress_erased(
    connection: Connection,
    keyring: Keyring,
    canonical: str,
    *,
    reason: Reason = Reason.ERASED,
    journal: Journal,
    now: datetime,
) -> None:
    """Never mail an address of which nothing else is kept any more, for *reason* or a stricter known one.

    The journal says so even of an address that was suppressed before: a restored backup may hold all that
    was erased.
    """
    known = suppression_of(connection, keyring, canonical)
    entry = journal_entry(keyring, canonical, Act.SUPPRESS, about=reason, now=now)
    journal.append(connection, [entry])
    if known is None or (known.lifted_by_opt_in and known is not reason):
        forget_suppression(connection, keyring, canonical)
        add_suppression(connection, entry)


def add_suppression(connection: Connection, entry: Entry) -> None:
    """Keep what a journal entry of the act "suppress" says; the caller knows that it is new here."""
    connection.execute(
        insert(suppressions).values(
            digest=entry.digest, key_id=entry.key_id, reason=entry.about, created_at=entry.at
        )
    )


def apply_suppression(
    connection: Connection, entry: Entry, reasons: Sequence[Reason], *, lifted: bool
) -> None:
    """Keep what the journal says of one digest (*entry* is the last word on it).

    *lifted*: what was known before does not count; *reasons*: what came after that.
    """
    row = suppressions.c.digest == entry.digest
    known = connection.execute(select(suppressions.c.reason).where(row)).scalar()
    before = [Reason(known)] if known and not lifted else []
    reason = strictest([*before, *reasons])
    if known is not None and reason != known:
        connection.execute(delete(suppressions).where(row))
    if reason is not None and reason != known:
        add_suppression(connection, replace(entry, act=Act.SUPPRESS, about=reason))


def every_suppression(connection: Connection) -> Iterator[Entry]:
    """All that the database knows, as the journal says it, oldest first."""
    for row in connection.execute(select(suppressions).order_by(suppressions.c.id)):
        yield Entry(
            at=row.created_at, key_id=row.key_id, digest=row.digest, act=Act.SUPPRESS, about=row.reason
        )


def lift(
    connection: Connection,
    keyring: Keyring,
    canonical: str,
    *,
    journal: Journal,
    now: datetime,
    by_operator: bool = False,
) -> bool:
    """End a suppression because the reader opted in again; False when its reason does not allow that.

    *by_operator*: an operator has a reason to, which ends every suppression.
    """
    reason = suppression_of(connection, keyring, canonical)
    if reason is None:
        return True
    if not (reason.lifted_by_opt_in or by_operator):
        return False
    forget_suppression(connection, keyring, canonical)
    connection.execute(
        update(subscribers).where(subscribers.c.canonical == canonical).values(suppressed=False)
    )
    journal.append_after(connection, [journal_entry(keyring, canonical, Act.LIFT, now=now)])
    return True


def forget_suppression(connection: Connection, keyring: Keyring, canonical: str) -> None:
    """Delete every hash of the address; the caller tells the journal, or was told by it."""
    connection.execute(
        delete(suppressions).where(suppressions.c.digest.in_(digests(keyring, canonical).values()))
    )
