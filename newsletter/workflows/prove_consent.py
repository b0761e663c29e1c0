"""Prove one person's consent: every act as it was recorded, and whether the record is as it was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from newsletter.errors import SubscriberError
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.consent import ChainReport, ConsentRecord, examine_kept_chain
from newsletter.subscribers.ledger import chain_end, consent_records
from newsletter.subscribers.origin import open_origin
from newsletter.subscribers.policy import when_kept
from newsletter.subscribers.store import find_subscriber
from newsletter.subscribers.subscriber import Subscriber
from newsletter.workflows.workplace import Workplace


@dataclass(frozen=True, kw_only=True)
class ProvedAct:
    """One record. *policy_kept_since*: since when the text that it names is kept; None when it is not.

    *origin*: where the act came from ("ip", "agent"), while that is kept. *is_origin_altered*: what is kept
    of it cannot be opened.
    """

    record: ConsentRecord
    policy_kept_since: datetime | None = None
    origin: dict[str, str] | None = None
    is_origin_altered: bool = False


@dataclass(frozen=True, kw_only=True)
class ConsentProof:
    """Everything there is to show, oldest first, and the verdict on the chain."""

    subscriber: Subscriber
    acts: tuple[ProvedAct, ...]
    chain: ChainReport

    @property
    def is_whole(self) -> bool:
        """Whether nothing was changed, neither in the chain nor in what is kept beside it."""
        return self.chain.is_whole and not any(act.is_origin_altered for act in self.acts)

    @property
    def verdict(self) -> str:
        """The same in words."""
        if self.chain.is_whole and not self.is_whole:
            number = next(act.record.sequence for act in self.acts if act.is_origin_altered)
            return f"CHANGED at record {number}: where it came from cannot be opened"
        return str(self.chain)


def prove_consent(workplace: Workplace, address: str) -> ConsentProof | None:
    """The proof for the reader with this address; None when nobody has it. Changes nothing.

    Raises:
        SubscriberError: it is not an address.
    """
    canonical = parse_address(address).canonical
    with workplace.database.read() as connection:
        subscriber = find_subscriber(connection, canonical)
        if subscriber is None:
            return None
        records = consent_records(connection, subscriber.id)
        end = chain_end(connection, subscriber.id)
        acts = _acts(connection, workplace, subscriber, records)
    return ConsentProof(
        subscriber=subscriber, acts=acts, chain=examine_kept_chain(records, workplace.keyring, end=end)
    )


def _acts(
    connection: Connection, workplace: Workplace, subscriber: Subscriber, records: Sequence[ConsentRecord]
) -> tuple[ProvedAct, ...]:
    named = {record.act.policy_sha256 for record in records if record.act}
    kept = when_kept(connection, named)
    acts = []
    for record in records:
        since = kept.get(record.act.policy_sha256) if record.act else None
        origin, is_altered = None, False
        if record.origin is not None:
            try:
                origin = open_origin(workplace.keyring, record.origin, subscriber_id=subscriber.id)
            except SubscriberError:
                is_altered = True
        acts.append(
            ProvedAct(record=record, policy_kept_since=since, origin=origin, is_origin_altered=is_altered)
        )
    return tuple(acts)
