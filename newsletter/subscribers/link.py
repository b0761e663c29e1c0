"""Links that were mailed to be answered once: each row is a question that waits for its answer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from newsletter.subscribers.schema import also_asked, mailed_links, subscriptions
from newsletter.subscribers.token import Purpose, link_digest


class LinkKind(StrEnum):
    """What a mailed link asks or opens."""

    CONFIRM = "confirm"  # was it you who asked for this newsletter?
    RENEW = "renew"  # the policy has changed: do you still agree?
    PROFILE = "profile"  # your preferences
    ADDRESS = "address"  # is this address yours?
    DATA = "data"  # everything we keep of you

    @property
    def purpose(self) -> Purpose:
        """What its token is bound to."""
        return Purpose.CONFIRM if self is LinkKind.RENEW else Purpose(self.value)

    @property
    def lasts(self) -> timedelta:
        """How long it works (standards, sections 2 and 6)."""
        return timedelta(days=14) if self is LinkKind.RENEW else LASTS[self.purpose]


#: A confirmation may wait over a night and a day; what opens somebody's data must not lie about for long.
LASTS = {
    Purpose.CONFIRM: timedelta(hours=48),
    Purpose.PROFILE: timedelta(hours=24),
    Purpose.ADDRESS: timedelta(hours=24),
    Purpose.DATA: timedelta(hours=24),
}


@dataclass(frozen=True, kw_only=True)
class MailedLink:
    """One link.

    *new_address*: of a change of address, where it went. *site*: of a confirmation, whose form asked.
    """

    id: int
    digest: bytes
    kind: LinkKind
    subscription_id: int
    message_id: str
    requested_at: datetime
    expires_at: datetime
    spent_at: datetime | None
    new_address: str
    site: str

    def is_open(self, now: datetime) -> bool:
        """Whether it still works."""
        return self.spent_at is None and now < self.expires_at


def add_link(
    connection: Connection,
    kind: LinkKind,
    *,
    handle: bytes,
    subscription_id: int,
    message_id: str,
    now: datetime,
    new_address: str = "",
    site: str = "",
) -> int:
    """Remember that this link is on its way; its id. *now*: when its mail leaves: its time counts from then.

    *site*: the key of the site whose form asked for it.
    """
    made = connection.execute(
        insert(mailed_links),
        {
            "digest": link_digest(handle),
            "kind": kind,
            "subscription_id": subscription_id,
            "message_id": message_id,
            "requested_at": now,
            "expires_at": now + kind.lasts,
            "new_address": new_address,
            "site": site,
        },
    ).inserted_primary_key
    return int(made[0]) if made else 0


class Also(NamedTuple):
    """A further subscription that a link asks about.

    *site*: through whose form it was asked for. *in_mail*: the mail names it; it was not added afterwards.
    """

    subscription_id: int
    site: str
    in_mail: bool


def ask_also(connection: Connection, link_id: int, further: Collection[Also]) -> None:
    """Have the link ask about further subscriptions of the same reader, too."""
    if further:
        rows = [{"link_id": link_id, **each._asdict()} for each in further]
        connection.execute(insert(also_asked), rows)


def also_about(connection: Connection, link_id: int) -> list[Also]:
    """The further subscriptions that the link asks about, in the order in which they were made."""
    columns = (also_asked.c.subscription_id, also_asked.c.site, also_asked.c.in_mail)
    theirs = select(*columns).where(also_asked.c.link_id == link_id)
    return [Also(*row) for row in connection.execute(theirs.order_by(also_asked.c.subscription_id))]


def keep_open(connection: Connection, link: MailedLink, *, until: datetime) -> None:
    """Have a link work until then, if it would be over before: its mail had to wait."""
    connection.execute(
        update(mailed_links)
        .where(mailed_links.c.id == link.id, mailed_links.c.expires_at < until)
        .values(expires_at=until)
    )


def open_confirmation(connection: Connection, subscriber_id: int, *, now: datetime) -> MailedLink | None:
    """The newest confirmation of this reader that is not answered and still works."""
    row = connection.execute(
        select(mailed_links)
        .join(subscriptions, subscriptions.c.id == mailed_links.c.subscription_id)
        .where(
            subscriptions.c.subscriber_id == subscriber_id,
            mailed_links.c.kind == LinkKind.CONFIRM,
            mailed_links.c.spent_at.is_(None),
            mailed_links.c.expires_at > now,
        )
        .order_by(mailed_links.c.id.desc())
        .limit(1)
    ).first()
    return _link(row) if row else None


def link_by_handle(connection: Connection, handle: bytes) -> MailedLink | None:
    """The link that a token's handle names, or None when it is gone."""
    row = connection.execute(select(mailed_links).where(mailed_links.c.digest == link_digest(handle))).first()
    return _link(row) if row else None


def links_of(connection: Connection, subscription_ids: Collection[int]) -> list[MailedLink]:
    """Every link that was mailed for these subscriptions, oldest first."""
    rows = connection.execute(
        select(mailed_links)
        .where(mailed_links.c.subscription_id.in_(subscription_ids))
        .order_by(mailed_links.c.id)
    )
    return [_link(row) for row in rows]


def last_mailed_at(
    connection: Connection, subscriber_id: int, kind: LinkKind, *, unspent: bool = False
) -> datetime | None:
    """When this reader was last mailed a link of *kind*, over all newsletters; *unspent*: one not used up."""
    wanted = [mailed_links.c.spent_at.is_(None)] if unspent else []
    moment: datetime | None = connection.execute(
        select(mailed_links.c.requested_at)
        .join(subscriptions, subscriptions.c.id == mailed_links.c.subscription_id)
        .where(subscriptions.c.subscriber_id == subscriber_id, mailed_links.c.kind == kind, *wanted)
        .order_by(mailed_links.c.requested_at.desc())
        .limit(1)
    ).scalar()
    return moment


def count_mailed(connection: Connection, subscriber_id: int, kind: LinkKind, *, since: datetime) -> int:
    """How many links of *kind* this reader was mailed after *since*, over all newsletters."""
    return connection.execute(
        select(func.count())
        .select_from(mailed_links)
        .join(subscriptions, subscriptions.c.id == mailed_links.c.subscription_id)
        .where(
            subscriptions.c.subscriber_id == subscriber_id,
            mailed_links.c.kind == kind,
            mailed_links.c.requested_at > since,
        )
    ).scalar_one()


def spend_link(connection: Connection, link: MailedLink, *, now: datetime) -> bool:
    """Use a link up; False when somebody else was quicker."""
    return (
        connection.execute(
            update(mailed_links)
            .where(mailed_links.c.id == link.id, mailed_links.c.spent_at.is_(None))
            .values(spent_at=now)
        ).rowcount
        == 1
    )


def spend_links(connection: Connection, subscription_id: int, *kinds: LinkKind, now: datetime) -> None:
    """Close every open link of these *kinds* that a subscription has: it was answered, or the reader left.

    Nor does another link ask about it any more.
    """
    if LinkKind.CONFIRM in kinds:
        connection.execute(delete(also_asked).where(also_asked.c.subscription_id == subscription_id))
    connection.execute(
        update(mailed_links)
        .where(
            mailed_links.c.subscription_id == subscription_id,
            mailed_links.c.kind.in_(kinds),
            mailed_links.c.spent_at.is_(None),
        )
        .values(spent_at=now)
    )


def forget_links(connection: Connection, subscription_ids: Collection[int]) -> set[str]:
    """Delete every link of these subscriptions; the Message-IDs of the mails that brought them."""
    theirs = mailed_links.c.subscription_id.in_(subscription_ids)
    mails = set(connection.scalars(select(mailed_links.c.message_id).where(theirs)))
    connection.execute(delete(mailed_links).where(theirs))
    return mails


def _link(row: Row[Any]) -> MailedLink:
    return MailedLink(**{**row._mapping, "kind": LinkKind(row.kind)})  # noqa: SLF001 - SQLAlchemy's public name
