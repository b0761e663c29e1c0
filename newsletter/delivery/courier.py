"""A courier carries parcels over one channel, one after the other, and books each act before it is done.

A parcel's way, with pipelining; what stands in brackets goes out in one group:

    booked: consent read ─▶ [MAIL RCPT DATA] ─▶ 354 ─▶ booked: sending ─▶ [body . + next MAIL RCPT DATA]
                                                 ─▶ 250 ─▶ booked: accepted, together with the next `sending`

So at most one message a channel can have an outcome that the ledger does not know (house promise 3).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from newsletter.delivery.booking import Finish
from newsletter.delivery.channel import Channel, ChannelLostError
from newsletter.delivery.delivery import Event
from newsletter.delivery.exchange import (
    END_OF_DATA,
    Envelope,
    Opening,
    final_reply,
    open_message,
    opening_replies,
    unsupported,
)
from newsletter.delivery.ledger import Claimed
from newsletter.delivery.letter import Pieces
from newsletter.delivery.reply import Outcome, Reply, lost

_EVENTS = {
    Outcome.ACCEPTED: Event.ACCEPT,
    Outcome.DEFERRED: Event.DEFER,
    Outcome.REJECTED: Event.REJECT,
    Outcome.UNKNOWN: Event.LOSE,
    Outcome.LOST: Event.DEFER,
}


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """One message to one reader, ready to go.

    *data*: its bytes as they travel, but for the final dot, or a promise of them while they are signed.
    *edition*: which topic edition it is, sealed. *due_at*: the loop's time before which it may not leave.
    *fault*: why it cannot be sent at all.
    """

    claimed: Claimed
    envelope: Envelope
    data: Pieces | asyncio.Future[Pieces]
    edition: bytes | None = None
    due_at: float = 0
    fault: Reply | None = None


@dataclass(frozen=True)
class Booked:
    """The ledger's answer. *is_begun*: the final dot may leave. *parcel*: what to carry next, if anything."""

    is_begun: bool
    parcel: Parcel | None


class Desk(Protocol):
    """Who writes the ledger and hands out parcels."""

    async def book(self, finishes: Sequence[Finish], begin: Parcel | None, *, wants: bool) -> Booked:
        """Write *finishes* and that *begin* is `sending`, in one transaction; a parcel if one is wanted."""
        ...


class End(Enum):
    """Why a courier is back."""

    DONE = "nothing is left to carry"
    FULL = "the channel has carried its share"
    CLOSED = "the relay ended the connection, in words"
    LOST = "the connection broke"
    WITHDRAWN = "a message that was opened must not be sent: its channel was given up"


@dataclass(frozen=True)
class Return:
    """*end*, and what the relay said of the sender, if it refused that: no reader is to blame."""

    end: End
    refused_sender: Reply | None = None
    has_carried: bool = False


@dataclass
class _Step:
    """What one group of commands came to."""

    finishes: list[Finish]
    ready: Parcel | None = None
    end: End | None = None
    refused_sender: Reply | None = None
    answered: bool = False


class Courier:
    """Carries parcels over *channel*, at most *share* of them."""

    def __init__(self, desk: Desk, channel: Channel, *, relay: str, share: int) -> None:
        self._desk = desk
        self._channel = channel
        self._relay = relay
        self._share = share
        self._answered = False

    async def carry(self) -> Return:
        """Carry until nothing is left, or the channel cannot go on.

        Whatever the desk raises passes through, with the channel given up.
        """
        try:
            return await self._carry()
        except BaseException:
            self._channel.abort()
            raise

    async def _carry(self) -> Return:
        opened: Parcel | None = None
        upcoming = (await self._desk.book([], None, wants=True)).parcel
        while opened or upcoming:
            if upcoming and (refused := upcoming.fault or unsupported(self._channel, upcoming.envelope)):
                said = self._finish(upcoming, refused, begun=False)
                upcoming = (await self._desk.book([said], None, wants=True)).parcel
                continue
            follows = await self._that_follows(opened, upcoming)
            upcoming = None if follows else upcoming
            step = await self._go(opened, follows)
            self._answered = self._answered or step.answered
            if step.end and upcoming:
                step.finishes.append(self._given_back(upcoming))
                upcoming = None
            is_full = self._channel.sent + (step.ready is not None) >= self._share
            wants = not (step.end or is_full or upcoming) and (
                self._channel.is_pipelining or step.ready is None
            )
            booked = await self._desk.book(step.finishes, step.ready, wants=wants)
            if step.end:
                return Return(step.end, step.refused_sender, self._answered)
            if step.ready and not booked.is_begun:
                self._channel.abort()
                return Return(End.WITHDRAWN, None, self._answered)
            opened, upcoming = step.ready, upcoming or booked.parcel
            if is_full and not opened and not upcoming:
                return Return(End.FULL, None, self._answered)
        return Return(End.DONE, None, self._answered)

    async def _that_follows(self, opened: Parcel | None, upcoming: Parcel | None) -> Parcel | None:
        """*upcoming*, if its envelope may go out now, behind what is opened."""
        if upcoming is None or (opened and not self._channel.is_pipelining):
            return None
        wait_s = upcoming.due_at - asyncio.get_running_loop().time() if upcoming.due_at else 0
        if wait_s > 0 and opened:
            return None
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        return upcoming

    async def _go(self, opened: Parcel | None, follows: Parcel | None) -> _Step:
        """Send the end of one message and the envelope of the next; what became of both."""
        channel, step = self._channel, _Step([])
        if opened:
            data = await opened.data if isinstance(opened.data, asyncio.Future) else opened.data
            group = follows.envelope.group() if follows else b""
            channel.write(b"".join((*data, END_OF_DATA, group)))
            reply = await final_reply(channel)
            step.answered = reply.outcome is not Outcome.UNKNOWN
            step.finishes.append(self._finish(opened, reply, begun=True))
            if reply.closing:
                step.end = End.CLOSED if reply.code > 0 else End.LOST
                if follows:
                    step.finishes.append(self._given_back(follows))
                return step
        if follows:
            try:
                opening = await (
                    opening_replies(channel) if opened else open_message(channel, follows.envelope)
                )
            except ChannelLostError as error:
                opening = Opening(lost(str(error)))
            self._settle(step, follows, opening)
        return step

    def _settle(self, step: _Step, parcel: Parcel, opening: Opening) -> None:
        refused = opening.refused
        if refused is None:
            step.ready = parcel
            return
        is_lost = refused.outcome is Outcome.LOST
        step.answered = step.answered or not (is_lost or opening.by_sender)
        if is_lost or refused.closing:
            step.end = End.LOST if refused.code <= 0 else End.CLOSED
        if opening.by_sender and refused.outcome is Outcome.REJECTED:
            # The relay does not take the sender: no reader may pay for that.
            step.end, step.refused_sender = End.CLOSED, refused
            step.finishes.append(self._given_back(parcel))
        elif is_lost and self._channel.sent:
            # A relay ends connections that idled or carried their share: nothing was accepted.
            step.finishes.append(self._given_back(parcel))
        else:
            step.finishes.append(self._finish(parcel, refused, begun=False))

    def _finish(self, parcel: Parcel, reply: Reply, *, begun: bool) -> Finish:
        return Finish(
            claimed=parcel.claimed,
            event=_EVENTS[reply.outcome],
            begun=begun,
            code=reply.code,
            status=reply.status,
            reason=reply.text,
            relay=self._relay,
        )

    def _given_back(self, parcel: Parcel) -> Finish:
        return Finish(claimed=parcel.claimed, event=Event.RETURN, begun=False)
