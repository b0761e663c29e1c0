"""Readers with all that they have, looked up by the hundred."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from newsletter.subscribers.schema import subscribers, subscriptions
from newsletter.subscribers.subscriber import Frequency, State, Subscriber, Subscription


@dataclass(frozen=True, kw_only=True)
class Member:
    """A reader and all their subscriptions, whatever the state."""

    subscriber: Subscriber
    subscriptions: tuple[Subscription, ...]

    @property
    def opted_in_at(self) -> datetime | None:
        """When they last confirmed anything; None: never."""
        return max((each.confirmed_at for each in self.subscriptions if each.confirmed_at), default=None)

    def subscription_with(self, handle: bytes) -> Subscription | None:
        """The one of theirs that *handle* names; None: it is not theirs."""
        return next((each for each in self.subscriptions if each.handle == handle), None)


def members_by_address(connection: Connection, canonicals: Collection[str]) -> dict[str, Member]:
    """Those of some hundred canonical addresses that are readers'."""
    found = _members(connection, subscribers.c.canonical.in_(canonicals)) if canonicals else []
    return {member.subscriber.canonical: member for member in found}


def members_by_handle(connection: Connection, handles: Collection[bytes]) -> dict[bytes, Member]:
    """The readers to whom some hundred handles of subscriptions belong."""
    theirs = select(subscriptions.c.subscriber_id).where(subscriptions.c.handle.in_(handles))
    found = _members(connection, subscribers.c.id.in_(theirs)) if handles else []
    wanted = frozenset(handles)
    return {each.handle: member for member in found for each in member.subscriptions if each.handle in wanted}


def members_by_id(connection: Connection, ids: Collection[int]) -> dict[int, Member]:
    """Some hundred readers by their number; those who are gone are left out."""
    found = _members(connection, subscribers.c.id.in_(ids)) if ids else []
    return {member.subscriber.id: member for member in found}


def _members(connection: Connection, wanted: ColumnElement[bool]) -> list[Member]:
    rows = connection.execute(
        select(subscribers).where(wanted, subscribers.c.address != "").order_by(subscribers.c.id)
    )
    found = [Subscriber(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name
    theirs: dict[int, list[Subscription]] = {one.id: [] for one in found}
    for row in connection.execute(
        select(subscriptions)
        .where(subscriptions.c.subscriber_id.in_(theirs))
        .order_by(subscriptions.c.subscriber_id, subscriptions.c.id)
    ):
        words = {"state": State(row.state), "frequency": Frequency(row.frequency)}
        theirs[row.subscriber_id].append(Subscription(**{**row._mapping, **words}))  # noqa: SLF001 - as above
    return [Member(subscriber=one, subscriptions=tuple(theirs[one.id])) for one in found]
