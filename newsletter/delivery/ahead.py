"""Letters signed before their couriers come, on all cores: a signature takes longer than all the rest."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from newsletter.delivery.dkim import Draft
from newsletter.delivery.letter import Pieces, Postman

#: Signed in one go by one thread: each time that a thread gives over to another costs, too.
_BATCH = 4


@dataclass(frozen=True)
class _Begun:
    """Where among a batch's letters one is, and whose it is."""

    batch: Future[list[Pieces]]
    place: int
    postman: Postman


@dataclass
class Ahead:
    """At most *most* letters, by their delivery's id. For one thread, but for those that sign."""

    most: int
    _begun: dict[int, _Begun] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._threads = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="signer")

    def __contains__(self, delivery_id: int) -> bool:
        return delivery_id in self._begun

    @property
    def room(self) -> int:
        """How many more letters may be begun: whole batches."""
        return (self.most - len(self._begun)) // _BATCH * _BATCH

    def begin(self, letters: Sequence[tuple[int, Postman, bytes]]) -> None:
        """Begin to sign unsigned *letters*, each with its delivery's id and whoever wrote it."""
        for first in range(0, len(letters), _BATCH):
            batch = letters[first : first + _BATCH]
            made = self._submit([(postman, raw) for _, postman, raw in batch])
            for place, (delivery_id, postman, _) in enumerate(batch):
                self._begun[delivery_id] = _Begun(made, place, postman)

    def take(self, delivery_id: int, postman: Postman) -> Pieces | asyncio.Future[Pieces] | None:
        """The letter, or a promise of it; None if none was begun, or another edition's postman did."""
        begun = self._begun.pop(delivery_id, None)
        if begun is None or begun.postman is not postman:
            return None
        return begun.batch.result()[begun.place] if begun.batch.done() else asyncio.ensure_future(_due(begun))

    def at_once(self, postman: Postman, raw: bytes) -> asyncio.Future[Pieces]:
        """A promise of a letter that was not begun before."""
        return asyncio.ensure_future(_due(_Begun(self._submit([(postman, raw)]), 0, postman)))

    def _submit(self, letters: Sequence[tuple[Postman, bytes]]) -> Future[list[Pieces]]:
        drafts = [(postman.draft(raw), raw) for postman, raw in letters]
        return self._threads.submit(_signed, drafts)

    def keep(self, delivery_ids: Iterable[int]) -> None:
        """Forget all letters but those of these deliveries."""
        self._begun = {one: self._begun[one] for one in delivery_ids if one in self._begun}

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(cancel_futures=True)


def _signed(drafts: Sequence[tuple[Draft, bytes]]) -> list[Pieces]:
    return [(draft.signed(), raw) for draft, raw in drafts]


async def _due(begun: _Begun) -> Pieces:
    return (await asyncio.wrap_future(begun.batch))[begun.place]
