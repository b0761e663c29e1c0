"""One message over a channel: what is said, in which order, and what the replies come to.

With pipelining (RFC 2920) the end of one message and the envelope of the next travel together, so that a
message costs one round trip:

    body . | MAIL RCPT DATA   ──▶
           ◀── 250 (taken) | 250 250 354
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsletter.delivery.channel import Channel, ChannelLostError, Said
from newsletter.delivery.reply import Outcome, Reply, lost, lost_after_dot, reply_of

#: RFC 5321 4.5.3.2.6: who gives up too early on the reply to the final dot makes duplicates.
FINAL_TIMEOUT_S = 600.0
#: What ends a message whose own lines do not begin with a dot, as those of issues never do (compiled.py).
END_OF_DATA = b".\r\n"
_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True)
class Envelope:
    """Who a message comes from, for bounces, and whom it goes to."""

    sender: str
    recipient: str

    @property
    def is_utf8(self) -> bool:
        """Whether it needs SMTPUTF8 (RFC 6531)."""
        return not self.recipient.isascii()

    def commands(self) -> tuple[bytes, bytes, bytes]:
        """MAIL, RCPT and DATA, without their line ends."""
        options = " SMTPUTF8 BODY=8BITMIME" if self.is_utf8 else ""
        return (
            f"MAIL FROM:<{self.sender}>{options}".encode(),
            f"RCPT TO:<{self.recipient}>".encode(),
            b"DATA",
        )

    def group(self) -> bytes:
        """The same as they travel together, with pipelining."""
        return b"\r\n".join((*self.commands(), b""))


@dataclass(frozen=True)
class Opening:
    """What the relay said to an envelope: *refused*, or None when it waits for the message.

    *by_sender*: MAIL was refused, which is not about the reader.
    """

    refused: Reply | None
    by_sender: bool = False


def data_of(message: bytes) -> bytes:
    """*message* as it travels: dots at the line starts doubled (RFC 5321 4.5.2), and the final one."""
    stuffed = _DOT.sub(b"..", message) if b"\n." in message or message.startswith(b".") else message
    return stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + END_OF_DATA


def unsupported(channel: Channel, envelope: Envelope) -> Reply | None:
    """The refusal of an address that this relay does not take; None for go on."""
    if envelope.is_utf8 and "SMTPUTF8" not in channel.extensions:
        # RFC 6531 3.5 and 4.1: not downgraded, but told.
        said = "the relay does not take this address (no SMTPUTF8)"
        return Reply(Outcome.REJECTED, 553, "5.6.7", said)
    return None


async def send_message(channel: Channel, envelope: Envelope, message: bytes) -> Reply:
    """Send one message and return the last word on it."""
    if refused := unsupported(channel, envelope):
        return refused
    try:
        opening = await open_message(channel, envelope)
    except ChannelLostError as error:
        return lost(str(error))
    if opening.refused is not None:
        return opening.refused
    channel.write(data_of(message))
    reply = await final_reply(channel, timeout_s=None)
    # Nothing was written behind the final dot: what waits in this process still holds it.
    return lost(reply.text) if reply.outcome is Outcome.UNKNOWN and not channel.is_flushed else reply


async def open_message(channel: Channel, envelope: Envelope) -> Opening:
    """MAIL, RCPT and DATA, in a group if the relay allows it, else one after the other.

    Raises:
        ChannelLostError: the connection broke; nothing was accepted.
    """
    commands = envelope.commands()
    if channel.is_pipelining:
        channel.write(envelope.group())
        return await opening_replies(channel)
    for command in commands:
        said = await channel.ask(command)
        if not _goes_on(command, said):
            return await _refused(channel, said, by_sender=command is commands[0])
    return _in_step(channel)


async def opening_replies(channel: Channel) -> Opening:
    """What the relay says to MAIL, RCPT and DATA that were sent as a group.

    Raises:
        ChannelLostError: the connection broke; nothing was accepted.
    """
    said: list[Said] = []
    try:
        while len(said) < 3 and not _ends(said):
            said.append(await channel.reply())
    except ChannelLostError:
        # A refusal stands, also when the relay hangs up right after it.
        if not any(one.code >= 400 for one in said):
            raise
    refused = next((one for one in said[:2] if one.code // 100 != 2), None)
    if len(said) == 3 and said[2].code == 354 and refused is not None:
        # RFC 2920 3.1: the server takes a message for nobody: it is given an empty one.
        channel.write(END_OF_DATA)
        await channel.reply()
    if refused is None and said[2].code == 354:
        return _in_step(channel)
    return await _refused(channel, refused or said[2], by_sender=refused is said[0])


def _ends(said: list[Said]) -> bool:
    """Whether the last reply ends the connection, so that no other will come."""
    return bool(said) and (said[-1].code == 421 or said[-1].code < 0)


async def final_reply(channel: Channel, *, timeout_s: float | None = FINAL_TIMEOUT_S) -> Reply:
    """The word on a message whose final dot was sent; *timeout_s* None: the channel's own."""
    channel.sent += 1
    try:
        said = await channel.reply(timeout_s=timeout_s)
    except ChannelLostError as error:
        return lost_after_dot(str(error))
    reply = reply_of(said.code, said.text, garbled=Outcome.UNKNOWN)
    if reply.closing:
        channel.abort()
    return reply


async def _refused(channel: Channel, said: Said, *, by_sender: bool) -> Opening:
    """The refusal stands, whatever becomes of the connection; RSET makes it ready for the next message."""
    reply = _reply(said)
    if not reply.closing:
        try:
            if (await channel.ask(b"RSET")).code == 250:
                return Opening(reply, by_sender=by_sender)
        except ChannelLostError:
            pass
    channel.abort()
    return Opening(reply, by_sender=by_sender)


def _goes_on(command: bytes, said: Said) -> bool:
    return said.code == 354 if command == b"DATA" else said.code // 100 == 2


def _in_step(channel: Channel) -> Opening:
    # A reply too many before the final dot would be taken for the word on the message.
    if channel.is_in_step:
        return Opening(None)
    channel.abort()
    return Opening(lost("the relay answered what was not asked"))


def _reply(said: Said) -> Reply:
    # A "yes" out of step (2xx to DATA, 3xx to MAIL) says nothing that could be built on.
    code = said.code if said.code >= 400 else -1
    return reply_of(code, said.text, garbled=Outcome.DEFERRED)
