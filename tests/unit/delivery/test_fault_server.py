"""The server that goes wrong on purpose, asked with smtplib and with whole groups over a plain socket."""

from __future__ import annotations

import smtplib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from newsletter.delivery.fault import Act
from newsletter.delivery.fault_server import FaultServer

BODY = b"Message-ID: <1@example.org>\r\nSubject: x\r\n\r\nhello\r\n"


class Wire:
    """A client that says exactly what it is told to, and reads whole replies."""

    def __init__(self, server: FaultServer) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        self.file = self.socket.makefile("rb")

    def ask(self, said: bytes, *, replies: int) -> list[bytes]:
        """The codes of so many replies to *said*; fewer when the server hangs up."""
        self.socket.sendall(said)
        return [code for _ in range(replies) if (code := self.code())]

    def code(self) -> bytes:
        line = self.file.readline()
        while line[3:4] == b"-":
            line = self.file.readline()
        return line[:3]


@contextmanager
def wire(server: FaultServer) -> Iterator[Wire]:
    """A connection that has been greeted."""
    client = Wire(server)
    with client.socket, client.file:
        assert client.code() == b"220"
        assert client.ask(b"EHLO me.example\r\n", replies=1) == [b"250"]
        yield client


def group(number: int = 1) -> bytes:
    return f"MAIL FROM:<letter@example.org>\r\nRCPT TO:<r{number}@example.com>\r\nDATA\r\n".encode()


def send_one(server: FaultServer, recipient: str = "ada@example.com", body: bytes = BODY) -> None:
    with smtplib.SMTP("127.0.0.1", server.port, timeout=5) as client:
        client.sendmail("letter@example.org", [recipient], body)


def test_a_message_is_kept_with_its_envelope_and_what_was_answered():
    with FaultServer() as server:
        send_one(server)
    [attempt] = server.received
    assert (attempt.number, attempt.connection, attempt.accepted) == (1, 1, True)
    assert (attempt.envelope_from, attempt.recipients) == ("letter@example.org", ["ada@example.com"])
    assert (attempt.content, attempt.message["Subject"]) == (BODY, "x")
    assert dict(attempt.replies)["dot"] == "250 2.0.0 taken"
    assert attempt.faults == []


def test_a_body_and_the_next_message_in_one_group_are_answered_in_order():
    with FaultServer() as server, wire(server) as client:
        assert client.ask(group(1), replies=3) == [b"250", b"250", b"354"]
        assert client.ask(BODY + b".\r\n" + group(2), replies=4) == [b"250", b"250", b"250", b"354"]
        assert client.ask(b".\r\nQUIT\r\n", replies=2) == [b"250", b"221"]
    assert [one.recipients for one in server.received] == [["r1@example.com"], ["r2@example.com"]]
    assert [one.content for one in server.received] == [BODY, b""]
    assert server.client_faults == []


@pytest.mark.parametrize(
    ("stage", "said", "answers"),
    [
        ("mail", "451 4.3.0 later", [b"451", b"503", b"503"]),
        ("rcpt", "550 5.1.1 nobody", [b"250", b"550", b"554"]),
        ("data", "452 4.3.1 full", [b"250", b"250", b"452"]),
    ],
)
def test_after_a_refusal_in_a_group_no_message_is_read(stage, said, answers):
    with FaultServer([{stage: Act(said)}]) as server, wire(server) as client:
        assert client.ask(group(1), replies=3) == answers
        assert client.ask(b"RSET\r\n" + group(2), replies=4) == [b"250", b"250", b"250", b"354"]
        assert client.ask(BODY + b".\r\n", replies=1) == [b"250"]
    [refused, taken] = server.attempts
    assert (refused.accepted, taken.accepted) == (False, True)
    assert refused.refused == ("rejected" if said[0] == "5" else "deferred")
    assert server.received == [taken]


def test_pipelining_is_offered_only_when_it_is_among_the_extensions():
    for extensions, offered in [((), False), (("PIPELINING",), True)]:
        with (
            FaultServer(extensions=extensions) as server,
            smtplib.SMTP("127.0.0.1", server.port) as client,
        ):
            client.ehlo()
            assert client.has_extn("pipelining") is offered


def test_ten_connections_at_once_lose_nothing_and_are_quick():
    started = time.monotonic()

    def send(share: int) -> None:
        with wire(server) as client:
            client.ask(group(share * 200), replies=3)
            for number in range(share * 200 + 1, share * 200 + 200):
                client.ask(large + b".\r\n" + group(number), replies=4)
            client.ask(large + b".\r\nQUIT\r\n", replies=2)

    large = BODY + (b"x" * 74 + b"\r\n") * 800
    with FaultServer() as server:
        threads = [threading.Thread(target=send, args=(share,)) for share in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert server.tally.accepted == 2000
    assert {one.recipients[0] for one in server.accepted} == {f"r{n}@example.com" for n in range(2000)}
    assert time.monotonic() - started < 20
