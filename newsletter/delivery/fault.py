"""What a relay may do wrong, as data: what to do at a stage, when, and what became of each attempt.

Stages of a connection: connect, ehlo, starttls, auth, rset, quit. Stages of a message: mail, rcpt, data, body
(part of the message has come), dot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from typing import Literal


@dataclass(frozen=True)
class Act:
    """What to do at a stage: wait, then say *reply* (default: the usual one), then perhaps hang up.

    Lines of *reply* are parted by a line feed here and by CRLF on the wire. With *drop* and no *reply*
    nothing is said.

    *raw* goes out as it is, instead of a reply. *byte_wait_s*: every byte is sent alone, after that time.
    *read_per_s*: from here on only so many bytes a second are read. *flush*: what else the client has sent
    is thrown away. *reset*: hangs up so that the client loses what it has not read yet. *keeps*: whether a
    message whose final dot has come is kept (default: if the answer was yes, or there was none).
    """

    reply: str = ""
    drop: bool = False
    wait_s: float = 0
    raw: bytes = b""
    byte_wait_s: float = 0
    read_per_s: int = 0
    flush: bool = False
    reset: bool = False
    keeps: bool | None = None


@dataclass(frozen=True)
class Moment:
    """A stage that was reached, as a rule sees it.

    *number* counts messages and *connection* connections, from 1 over all. *taken*: messages whose final dot
    has come over this connection. *more*: has the client sent more than the command that is answered here?
    *at_s* is the server's time in seconds.
    """

    stage: str
    number: int
    connection: int
    open_connections: int
    taken: int
    sender: str
    recipient: str
    more: Callable[[], bool]
    at_s: float


#: Decides what to do at a moment; None: leave it to the next rule, and at last to what is usual.
Rule = Callable[[Moment], Act | None]
#: What to do at which stage.
Plan = Mapping[str, Act]

#: What a well server says at each stage.
USUAL = {
    "connect": "220 fault.test ESMTP",
    "starttls": "220 2.0.0 go on",
    "auth": "235 2.7.0 welcome",
    "mail": "250 2.1.0 ok",
    "rcpt": "250 2.1.5 ok",
    "data": "354 go on",
    "body": "",
    "dot": "250 2.0.0 taken",
    "rset": "250 2.0.0 ok",
    "quit": "221 2.0.0 bye",
}
EXTENSIONS = ("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "SMTPUTF8")


@dataclass
class Attempt:
    """One message as the server saw it. *content* is what came before the final dot, its dots unstuffed.

    *replies*: what was said at its stages. *accepted*: the server has it and answers for it, whether or not
    the client was told. *faults*: what the client did against the protocol.
    """

    number: int
    connection: int
    envelope_from: str
    recipients: list[str] = field(default_factory=list)
    content: bytes = b""
    replies: list[tuple[str, str]] = field(default_factory=list)
    accepted: bool = False
    faults: list[str] = field(default_factory=list)

    @property
    def message(self) -> EmailMessage:
        """The message, parsed."""
        return message_from_bytes(self.content, _class=EmailMessage, policy=policy.default)

    @property
    def refused(self) -> Literal["", "deferred", "rejected"]:
        """What the first reply that was no yes makes of it."""
        for _, said in self.replies:
            if said[:1] in ("4", "5"):
                return "deferred" if said[0] == "4" else "rejected"
        return ""


@dataclass
class Tally:
    """Counts of what happened: no address, nothing of any content.

    *turned_away*: connections that were not greeted; *dropped*: those that were ended without a word;
    *repeats*: accepted messages with a Message-ID that was accepted before.
    """

    connections: int = 0
    turned_away: int = 0
    dropped: int = 0
    accepted: int = 0
    deferred: int = 0
    rejected: int = 0
    repeats: int = 0
    client_faults: int = 0
    _seen: Counter[int] = field(default_factory=Counter, repr=False)

    @property
    def message_ids(self) -> int:
        """How many different Message-IDs were accepted."""
        return len(self._seen)

    def add(self, attempt: Attempt) -> None:
        """Count an attempt that is over."""
        self.client_faults += len(attempt.faults)
        if not attempt.accepted:
            self.deferred += attempt.refused == "deferred"
            self.rejected += attempt.refused == "rejected"
            return
        self.accepted += 1
        # A hash is enough to compare by, and keeps a million of them small.
        key = hash(BytesHeaderParser().parsebytes(attempt.content)["Message-ID"])
        self.repeats += key in self._seen
        self._seen[key] += 1

    def document(self) -> dict[str, int]:
        """The counts by name, for people and for JSON."""
        named = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return {**named, "message_ids": self.message_ids}
