"""Dispatch: the desk of one run. It hands parcels to couriers and writes the ledger for all of them at once.

A commit serves every courier that has something to say at that moment. It is made in the loop's own thread:
what couriers have sent is on its way meanwhile, in the kernel's hands, and to hand each commit to a thread
and back costs more than it wins.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Connection

from newsletter.delivery import booking, ledger
from newsletter.delivery.ahead import Ahead
from newsletter.delivery.booking import Begin, Finish
from newsletter.delivery.courier import Booked, Parcel
from newsletter.delivery.delivery import Event, State
from newsletter.delivery.exchange import Envelope
from newsletter.delivery.ledger import LEASE, Claimed
from newsletter.delivery.letter import Pieces, Postman, Reader
from newsletter.delivery.pace import Pace
from newsletter.delivery.reply import Outcome, Reply
from newsletter.errors import NewsletterError
from newsletter.issues import store as issue_store
from newsletter.issues.issue import State as IssueState
from newsletter.subscribers.address import wire_address
from newsletter.subscribers.store import why_not
from newsletter.workflows.mailroom import Mailroom
from newsletter.workflows.workplace import Workplace

#: So many deliveries are claimed at a time.
CHUNK = 500
#: So many letters for each connection are signed ahead of those that are under way.
AHEAD = 8
#: How often a courier asks again while the audience is still being queued.
_ASK_AGAIN_S = 0.02

#: Turns of the loop, some 10 µs each, in which nobody asks: from a reply to the next request there are two.
_IDLE_TURNS = 3
#: A run stays for what the pace holds back for less than this; the clock comes back for the rest.
WAITS_S = 60.0
#: What a relay answered about a message.
_ANSWERS = (Event.ACCEPT, Event.DEFER, Event.REJECT)

#: Told after every commit: how many have been attempted in this run.
Progress = Callable[[int], None]


@dataclass
class _Request:
    """What one courier asks for."""

    finishes: Sequence[Finish]
    begin: Parcel | None
    wants: bool
    answer: asyncio.Future[Booked]
    is_begun: bool = False
    handed: _Handed | None = None


@dataclass(frozen=True)
class _Handed:
    """What a courier gets: a delivery, who writes its letter and which edition, and how long it waits."""

    claimed: Claimed
    postman: Postman
    edition: bytes | None
    wait_s: float


@dataclass
class Dispatch:
    """One run over an issue. *states*: of which deliveries are sent; *progress* is told how it goes.

    *is_complete*: whether every reader has a delivery by now, so that none left means the end.
    """

    workplace: Workplace
    mailroom: Mailroom
    owner: str
    states: Collection[State]
    progress: Progress | None = None
    is_complete: bool = False
    stopped: bool = False
    attempted: int = 0
    limit: int | None = None
    unwritten: list[Finish] = field(default_factory=list)
    _held: dict[int, Claimed] = field(default_factory=dict)
    _claimed: deque[Claimed] = field(default_factory=deque)
    _requests: list[_Request] = field(default_factory=list)
    _is_writing: bool = False
    _leased_at: datetime | None = None
    _told: int = 0
    _flying: dict[int, str] = field(default_factory=dict)
    _in_flight: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._pace = Pace(self.workplace.settings)
        self._ahead = Ahead(AHEAD * self.workplace.settings.connections)

    # --- For the couriers ------------------------------------------------------------------------------

    async def book(self, finishes: Sequence[Finish], begin: Parcel | None, *, wants: bool) -> Booked:
        """Write *finishes* and that *begin* is `sending`, in one transaction; a parcel if one is wanted."""
        booked = await self._ask(finishes, begin, wants=wants)
        while wants and begin is None and booked.parcel is None and not (self.is_complete or self.stopped):
            await asyncio.sleep(_ASK_AGAIN_S)
            booked = await self._ask([], None, wants=True)
        return booked

    async def has_due(self) -> bool:
        """Whether there is anything to carry now; while the audience is being queued, it is waited for."""
        # Told to end, nobody carries what is claimed, and nobody would look.
        self.stopped = self.stopped or self.workplace.stopping.is_set()
        while not (self.stopped or self._claimed or self.limit == 0):
            is_complete = self.is_complete
            self._claim_one()
            if is_complete and not self._claimed and not await self._comes_soon():
                break
            await asyncio.sleep(_ASK_AGAIN_S)
        return bool(self._claimed) and not self.stopped

    async def _comes_soon(self) -> bool:
        """Wait for what the pace holds back for less than WAITS_S; False when there is no such thing."""
        loop, now = asyncio.get_running_loop(), self.workplace.clock.now()
        due_at = self._next_due_at()
        wait_s = (due_at - now).total_seconds() if due_at else WAITS_S
        if wait_s >= WAITS_S:
            return False
        await loop.run_in_executor(None, self.workplace.stopping.wait, max(wait_s, 0.001))
        return self.workplace.clock.now() >= now + timedelta(seconds=wait_s)

    def _next_due_at(self) -> datetime | None:
        with self.workplace.database.read() as connection:
            return ledger.next_due_at(connection, self.mailroom.stored.id)

    async def _ask(self, finishes: Sequence[Finish], begin: Parcel | None, *, wants: bool) -> Booked:
        loop = asyncio.get_running_loop()
        request = _Request(finishes, begin, wants, loop.create_future())
        self._requests.append(request)
        if not self._is_writing:
            self._is_writing = True
            loop.call_soon(self._gather, 0, 0)
        return await request.answer

    def _gather(self, before: int, idle_turns: int) -> None:
        """Write once nobody joins any more: a commit costs the same for one as for ten."""
        idle_turns = idle_turns + 1 if len(self._requests) == before else 0
        if idle_turns < _IDLE_TURNS:
            asyncio.get_running_loop().call_soon(self._gather, len(self._requests), idle_turns)
        else:
            self._write_soon()

    def _write_soon(self) -> None:
        requests, self._requests, self._is_writing = self._requests, [], False
        try:
            self._write(requests)
        except Exception as error:  # noqa: BLE001 - every courier is told
            for request in requests:
                if not request.answer.cancelled():
                    request.answer.set_exception(error)
            return
        for request in requests:
            parcel = self._parcel(request.handed) if request.handed else None
            if not request.answer.cancelled():
                request.answer.set_result(Booked(request.is_begun, parcel))
        if self.mailroom.general.signer is not None:
            self._sign_ahead()
        if self.progress and self.attempted != self._told:
            self._told = self.attempted
            self.progress(self.attempted)

    def _parcel(self, handed: _Handed) -> Parcel:
        claimed, postman = handed.claimed, handed.postman
        due_at = asyncio.get_running_loop().time() + handed.wait_s if handed.wait_s > 0 else 0
        try:
            reader = Reader(wire_address(claimed.address), claimed.handle)
            envelope = Envelope(postman.envelope_from(reader), reader.address)
            data = self._letter(claimed.id, postman, reader)
        except (NewsletterError, ValueError) as error:
            # One reader's message that cannot be written must not keep the others from theirs.
            why = str(error) if isinstance(error, NewsletterError) else type(error).__name__
            fault = Reply(Outcome.REJECTED, 0, "5.6.0", f"the message cannot be written: {why}")
            return Parcel(claimed=claimed, envelope=Envelope("", ""), data=(), fault=fault)
        return Parcel(claimed=claimed, envelope=envelope, data=data, edition=handed.edition, due_at=due_at)

    def _letter(self, delivery_id: int, postman: Postman, reader: Reader) -> Pieces | asyncio.Future[Pieces]:
        if postman.signer is None:
            return postman.unsigned(reader)
        found = self._ahead.take(delivery_id, postman)
        return self._ahead.at_once(postman, b"".join(postman.unsigned(reader))) if found is None else found

    def _sign_ahead(self) -> None:
        """Begin with letters of those whose turn is next; what became of them since is seen at their turn."""
        following = list(islice(self._claimed, self._ahead.most))
        self._ahead.keep(one.id for one in following)
        new = [one for one in following if one.id not in self._ahead][: self._ahead.room]
        if not new or self.stopped:
            return
        letters: list[tuple[Claimed, Postman]] = []
        with self.workplace.database.read() as connection:
            for one in new:
                assigned = self.mailroom.assign(connection, one.subscription_id, one.edition)
                if assigned is not None:
                    letters.append((one, assigned.postman))
        written = ((one.id, postman, _written(one, postman)) for one, postman in letters)
        self._ahead.begin([letter for letter in written if letter[2]])

    # --- The ledger's side ------------------------------------------------------------------------------

    def _write(self, requests: list[_Request]) -> None:
        now = self.workplace.clock.now()
        self.unwritten += [finish for request in requests for finish in request.finishes]
        wanted = sum(request.wants for request in requests)
        with self.workplace.database.write() as connection:
            self._finish(connection, self.unwritten, now)
            self._look(connection, now)
            self._claim(connection, wanted, now)
            slate = [self._claimed.popleft() for _ in range(min(wanted, len(self._claimed)))]
            begins = [] if self.stopped else [request for request in requests if request.begin]
            asked = [*slate, *(request.begin.claimed for request in begins if request.begin)]
            unwanted = self._unwanted(connection, asked)
            self._begin(connection, begins, unwanted, now)
            handed = [] if self.stopped else self._hand_out(connection, slate, unwanted, now)
        self.unwritten = []
        for request in requests:
            # Who must give up a channel cannot carry on over it.
            if request.wants and handed and (request.is_begun or not request.begin):
                request.handed = handed.pop()
        self._claimed.extendleft(self._not_handed(one) for one in handed)

    def write_unwritten(self) -> None:
        """Write what is known and was not written because the database failed; let go of all that is held."""
        now = self.workplace.clock.now()
        with self.workplace.database.write() as connection:
            self._finish(connection, self.unwritten, now)
            ledger.release(connection, list(self._held), owner=self.owner)
            ledger.end_lease(connection, self.owner)
        self.unwritten = []

    def close(self) -> None:
        """Let the threads go."""
        self._ahead.close()

    def renew_lease(self) -> None:
        """Say that this run is alive, also when no relay has answered for long."""
        now = self.workplace.clock.now()
        with self.workplace.database.write() as connection:
            self._lease(connection, now)

    def _claim_one(self) -> None:
        """See whether there is anything to carry."""
        now = self.workplace.clock.now()
        with self.workplace.database.write() as connection:
            self._look(connection, now)
            self._claim(connection, 1, now)

    def _claim(self, connection: Connection, wanted: int, now: datetime) -> None:
        most = CHUNK if self.limit is None else min(CHUNK, self.limit)
        if self.stopped or len(self._claimed) >= wanted or most <= 0:
            return
        issue_id = self.mailroom.stored.id
        claimed = ledger.claim(
            connection, issue_id, owner=self.owner, now=now, limit=most, states=self.states
        )
        self._claimed.extend(claimed)
        self._held.update((one.id, one) for one in claimed)
        if self.limit is not None:
            self.limit -= len(claimed)

    def _finish(self, connection: Connection, finishes: Sequence[Finish], now: datetime) -> None:
        booking.finish(connection, self.mailroom.stored.id, finishes, owner=self.owner, now=now)
        self.attempted += sum(one.event not in (Event.RETURN, Event.SKIP) for one in finishes)
        for one in finishes:
            self._held.pop(one.claimed.id, None)
            if self.limit is not None and one.event in (Event.RETURN, Event.SKIP):
                self.limit += 1
            domain = self._flying.pop(one.claimed.id, "")
            self._in_flight[domain] -= bool(domain)
            if domain and one.code > 0 and one.event in _ANSWERS:
                self._pace.heard(connection, domain, code=one.code, status=one.status, now=now)

    def _look(self, connection: Connection, now: datetime) -> None:
        """Whether to go on: an operator or a breaker may have stopped the issue since the last message."""
        state = issue_store.state_of(connection, self.mailroom.stored.id)
        if state is not IssueState.SENDING or self.workplace.stopping.is_set():
            self.stopped = True
        if self._leased_at is None or now - self._leased_at > LEASE / 3:
            self._lease(connection, now)

    def _lease(self, connection: Connection, now: datetime) -> None:
        ledger.renew_lease(connection, self.owner, now=now)
        self._leased_at = now

    def _begin(
        self, connection: Connection, requests: list[_Request], unwanted: Mapping[int, str], now: datetime
    ) -> None:
        """Write that messages are `sending`, of those readers who still want theirs."""
        begins, skips = [], []
        for request in requests:
            if request.begin is None:
                continue
            why = unwanted.get(request.begin.claimed.subscription_id)
            if why:
                skips.append(_skipped(request.begin.claimed, why))
            else:
                begins.append(Begin(request.begin.claimed, request.begin.edition))
                request.is_begun = True
        lost = booking.begin(connection, self.mailroom.stored.id, begins, owner=self.owner, now=now)
        for request in requests if lost else ():
            if request.begin and request.begin.claimed.id in lost:
                request.is_begun = False
        self._finish(connection, skips, now)

    def _hand_out(
        self, connection: Connection, slate: list[Claimed], unwanted: Mapping[int, str], now: datetime
    ) -> list[_Handed]:
        """As many deliveries as *slate* holds, of readers who want theirs; others are written off, or wait.

        *unwanted*: who of the slate must not be mailed.
        """
        handed: list[_Handed] = []
        others: list[Finish] = []
        number = len(slate)
        while slate:
            for one in slate:
                found = self._admit(connection, one, unwanted.get(one.subscription_id, ""), now)
                if isinstance(found, Finish):
                    others.append(found)
                else:
                    handed.append(found)
            missing = min(number - len(handed), len(self._claimed))
            slate = [self._claimed.popleft() for _ in range(missing)]
            unwanted = self._unwanted(connection, slate)
        self._finish(connection, others, now)
        self._pace.sent(connection, len(handed), now)
        return handed

    def _admit(self, connection: Connection, one: Claimed, unwanted: str, now: datetime) -> _Handed | Finish:
        if unwanted:
            return _skipped(one, unwanted)
        assigned = self.mailroom.assign(connection, one.subscription_id, one.edition)
        if assigned is None:
            return _skipped(one, "no edition without what the reader never wants to be sent")
        domain = one.domain
        admission = self._pace.admit(connection, domain, now=now, in_flight=self._in_flight[domain])
        if admission.until is not None:
            return Finish(claimed=one, event=Event.RETURN, begun=False, wait_until=admission.until)
        self._flying[one.id] = domain
        self._in_flight[domain] += 1
        wait_s = (admission.at - now).total_seconds() if admission.at else 0
        return _Handed(one, assigned.postman, assigned.sealed, wait_s)

    def _not_handed(self, handed: _Handed) -> Claimed:
        """Nobody took it after all."""
        self._in_flight[self._flying.pop(handed.claimed.id)] -= 1
        return handed.claimed

    def _unwanted(self, connection: Connection, claimed: Sequence[Claimed]) -> dict[int, str]:
        asked = [one.subscription_id for one in claimed]
        if not asked:
            return {}
        return why_not(connection, asked, self.mailroom.newsletter.audience.frequency)


def _written(claimed: Claimed, postman: Postman) -> bytes:
    """The letter before it is signed; empty when it cannot be written, which is told at its turn."""
    try:
        reader = Reader(wire_address(claimed.address), claimed.handle)
        return b"".join(postman.unsigned(reader))
    except (NewsletterError, ValueError):
        return b""


def _skipped(claimed: Claimed, why: str) -> Finish:
    return Finish(claimed=claimed, event=Event.SKIP, begun=False, reason=why)
