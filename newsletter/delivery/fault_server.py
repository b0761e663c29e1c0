"""An SMTP server on loopback that goes wrong where it is told to: plain sockets, a thread a connection.

``FaultServer([{"rcpt": Act("550 5.1.1 nobody")}, {}, {"dot": Act(drop=True)}])`` refuses the first message
at RCPT, takes the second, and takes the third without a word and hangs up. `fault` has the words for it.

Where it is not told otherwise it keeps to RFC 5321 and, if it offers that, to RFC 2920: it answers every
command of a group in turn, and reads no message after a DATA that it refused.
"""

from __future__ import annotations

import base64
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from newsletter.delivery.fault import EXTENSIONS, USUAL, Act, Attempt, Moment, Plan, Rule, Tally
from newsletter.delivery.fault_wire import HungUpError, Wire, content_faults, is_bare


@dataclass
class FaultServer:
    """A context manager. *messages*: what to do at each message's stages, in the order of MAIL commands.

    *connection*: what to do at each connection's stages. *rules* decide about what neither of them names;
    they are asked one at a time. *before* is told (stage, number of the message) before anything is said.
    *login*: the user and password without which no mail is taken. *port* 0: any that is free. *now_s* is a
    clock.

    *attempts* holds every message for which a MAIL came, *received* those whose final dot came, accepted or
    not; both only if it is to *remember*. *client_faults* are what clients did against the protocol.
    """

    messages: Sequence[Plan] = ()
    connection: Plan = field(default_factory=dict)
    extensions: tuple[str, ...] = EXTENSIONS
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    before: Callable[[str, int], None] = lambda _stage, _number: None
    rules: Sequence[Rule] = ()
    login: tuple[str, str] | None = None
    port: int = 0
    remember: bool = True
    now_s: Callable[[], float] = time.monotonic
    received: list[Attempt] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    client_faults: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    _number: int = 0

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=512)
        self.port = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self.ended = threading.Event()
        self._open: dict[_Conversation, threading.Thread] = {}
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(5)
        with self._lock:
            still_open = dict(self._open)
        for conversation, thread in still_open.items():
            conversation.cut()
            thread.join(5)

    @property
    def url(self) -> str:
        """What smtp_url takes."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many there were so far."""
        return self.tally.connections

    @property
    def accepted(self) -> list[Attempt]:
        """The messages that this server has and answers for."""
        return [each for each in self.received if each.accepted]

    def to(self, address: str) -> list[Attempt]:
        """What came for one address."""
        return [each for each in self.received if address in each.recipients]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.tally.connections += 1
                conversation = _Conversation(self, connection, self.tally.connections)
                thread = threading.Thread(target=self._serve, args=(conversation,), daemon=True)
                self._open[conversation] = thread
            thread.start()

    def _serve(self, conversation: _Conversation) -> None:
        try:
            conversation.run()
        except (HungUpError, OSError):
            pass
        finally:
            conversation.close()
            with self._lock:
                del self._open[conversation]

    def begin(self, connection: int, sender: str) -> tuple[Attempt, Plan]:
        """The record and the plan of the message that a MAIL command begins."""
        with self._lock:
            self._number += 1
            attempt = Attempt(self._number, connection, sender)
            if self.remember:
                self.attempts.append(attempt)
            planned = self.messages[self._number - 1] if self._number <= len(self.messages) else {}
            return attempt, planned

    def end(self, attempt: Attempt) -> None:
        """Count what became of it."""
        with self._lock:
            self.tally.add(attempt)
            self.client_faults.extend(attempt.faults)

    def blame(self, fault: str) -> None:
        """Count what a client did against the protocol outside of a message."""
        with self._lock:
            self.tally.client_faults += 1
            self.client_faults.append(fault)

    def note(self, command: str) -> None:
        """Keep a command that came."""
        if self.remember:
            self.commands.append(command)

    def count_farewell(self, stage: str, reply: str) -> None:
        """Count a connection that this server ends at *stage*."""
        with self._lock:
            self.tally.dropped += not reply
            self.tally.turned_away += stage == "connect"

    def decide(self, moment: Moment) -> Act:
        """What the rules say to *moment*."""
        with self._lock:
            said = (rule(moment) for rule in self.rules)
            return next((act for act in said if act is not None), Act())

    @property
    def open_connections(self) -> int:
        """How many there are at this moment."""
        return len(self._open)


class _Conversation:
    """One connection, from greeting to goodbye."""

    def __init__(self, server: FaultServer, connection: socket.socket, number: int) -> None:
        self._server = server
        self._wire = Wire(connection, server.ended)
        self._number = number
        self._attempt: Attempt | None = None
        self._last, self._taken = 0, 0
        self._plan: Plan = {}
        self._mail_taken, self._eight_bit, self._trusted = False, False, server.login is None

    def run(self) -> None:
        """Greet, then answer until one of the two hangs up."""
        if self._server.implicit and self._server.tls:
            self._wire.encrypt(self._server.tls)
        self._act("connect", self._server.connection)
        while True:
            line = self._line()
            self._server.note(line)
            self._answer(line, line.partition(" ")[0].upper())

    def cut(self) -> None:
        """End it from another thread."""
        self._wire.cut()

    def close(self) -> None:
        """Book what was under way, and give the socket back."""
        self._end_attempt()
        self._wire.close()

    def _answer(self, line: str, verb: str) -> None:
        steps: Mapping[str, Callable[[str], None]] = {
            "EHLO": self._greet,
            "HELO": self._greet,
            "STARTTLS": self._start_tls,
            "AUTH": self._log_in,
            "MAIL": self._begin,
            "RCPT": self._add_recipient,
            "DATA": self._take_message,
            "RSET": self._reset,
            "QUIT": self._say_goodbye,
            "NOOP": lambda _line: self._say("250 2.0.0 ok"),
        }
        step = steps.get(verb)
        if step is None:
            self._say("500 5.5.1 what?")
        else:
            step(line)

    def _greet(self, line: str) -> None:
        self._end_attempt()
        lines = ["fault.test", *(self._server.extensions if line.upper().startswith("EHLO") else ())]
        said = [f"250{'-' if each is not lines[-1] else ' '}{each}" for each in lines]
        self._act("ehlo", self._server.connection, usual="\n".join(said))

    def _start_tls(self, _line: str) -> None:
        if self._server.tls is None:
            self._say("502 5.5.1 no TLS here")
        elif self._act("starttls", self._server.connection).startswith("220"):
            if self._wire.holds_more:
                self._blame("sent more before TLS began")
            self._wire.encrypt(self._server.tls)

    def _reset(self, _line: str) -> None:
        if self._act("rset", {**self._server.connection, **self._plan}).startswith("2"):
            self._end_attempt()

    def _say_goodbye(self, _line: str) -> None:
        self._act("quit", {**self._server.connection, **self._plan})
        raise HungUpError

    def _log_in(self, line: str) -> None:
        words = line.split(" ")
        wanted = self._server.login
        if wanted is not None and words[1:2] != ["PLAIN"]:
            self._say("504 5.5.4 PLAIN is all there is")
            return
        if wanted is not None and len(words) == 2:
            self._say("334 ")
            words.append(self._line())
        # RFC 4616: whom to act as, user and password, parted by NUL.
        given = b"\0" + b"\0".join(each.encode() for each in wanted) if wanted else b""
        if wanted is not None and words[2:] != [base64.b64encode(given).decode()]:
            self._say("535 5.7.8 no")
            return
        self._trusted |= self._act("auth", self._server.connection).startswith("2")

    def _begin(self, line: str) -> None:
        if not self._trusted:
            self._say("530 5.7.0 log in first")
            return
        if self._mail_taken:
            self._blame("MAIL inside of a transaction")
            self._say("503 5.5.1 nested MAIL")
            return
        self._end_attempt()
        self._attempt, self._plan = self._server.begin(self._number, _path(line))
        self._last = self._attempt.number
        self._eight_bit = "BODY=8BITMIME" in line.upper()
        self._mail_taken = self._act("mail", self._plan).startswith("2")

    def _add_recipient(self, line: str) -> None:
        if self._attempt is None or not self._mail_taken:
            self._say("503 5.5.1 MAIL first")
        elif self._act("rcpt", self._plan, recipient=_path(line)).startswith("2"):
            self._attempt.recipients.append(_path(line))

    def _take_message(self, _line: str) -> None:
        attempt = self._attempt
        if attempt is None or not self._mail_taken:
            self._say("503 5.5.1 MAIL first")
        elif not attempt.recipients:
            self._say("554 5.5.1 no valid recipients")
        elif self._act("data", self._plan).startswith("354"):
            if self._wire.holds_more:
                self._blame("sent the message before it was asked for")
            self._act("body", self._plan)
            raw = self._wire.content()
            attempt.faults += content_faults(raw, eight_bit=self._eight_bit)
            # RFC 5321 4.5.2: the first dot of a line is the sender's.
            attempt.content = (b"\r\n" + raw).replace(b"\r\n.", b"\r\n")[2:]
            self._taken += 1
            if self._server.remember:
                self._server.received.append(attempt)
            self._act("dot", self._plan)

    def _end_attempt(self) -> None:
        if self._attempt is not None:
            self._server.end(self._attempt)
        self._attempt, self._mail_taken = None, False

    def _act(self, stage: str, plan: Plan, *, usual: str = "", recipient: str = "") -> str:
        """Do what is planned at *stage*, and return what was said."""
        self._server.before(stage, self._last)
        act = plan.get(stage) or self._rule(stage, recipient)
        self._wire.wait(act.wait_s)
        reply = act.reply or act.raw.decode("utf-8", "replace")
        reply = reply or ("" if act.drop else usual or USUAL[stage])
        if self._attempt is not None:
            self._attempt.replies.append((stage, reply))
            if stage == "dot":
                last = reply.rstrip("\r\n").rpartition("\n")[2]
                self._attempt.accepted = not reply or last[:1] == "2" if act.keeps is None else act.keeps
                # Before the client can know, so that whoever has its word finds it counted.
                self._end_attempt()
        self._wire.read_per_s = act.read_per_s or self._wire.read_per_s
        if act.flush:
            self._wire.flush()
        self._wire.send(
            act.raw or (reply.replace("\n", "\r\n").encode() + b"\r\n" if reply else b""), act.byte_wait_s
        )
        if act.drop:
            self._server.count_farewell(stage, reply)
            # While a message comes always a reset: the sender must notice while it is still sending.
            self._wire.hang_up(reset=act.reset or stage == "body")
        return reply

    def _rule(self, stage: str, recipient: str) -> Act:
        if not self._server.rules:
            return Act()
        moment = Moment(
            stage=stage,
            number=self._last,
            connection=self._number,
            open_connections=self._server.open_connections,
            taken=self._taken,
            sender=self._attempt.envelope_from if self._attempt else "",
            recipient=recipient,
            more=self._wire.gets_more,
            at_s=self._server.now_s(),
        )
        return self._server.decide(moment)

    def _blame(self, fault: str) -> None:
        if self._attempt is not None:
            self._attempt.faults.append(fault)
        else:
            self._server.blame(fault)

    def _say(self, reply: str) -> None:
        if self._attempt is not None:
            self._attempt.replies.append(("", reply))
        self._wire.send(reply.encode() + b"\r\n")

    def _line(self) -> str:
        line = self._wire.line()
        if is_bare(line):
            self._blame("a bare CR or LF in a command")
        if self._wire.holds_more and "PIPELINING" not in self._server.extensions:
            self._blame("sent a group that was not offered")
        return line.decode("utf-8", "replace")


def _path(line: str) -> str:
    """The address between the brackets of MAIL FROM or RCPT TO."""
    return line.partition("<")[2].partition(">")[0]
