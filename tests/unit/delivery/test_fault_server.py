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
from newsletter.delivery.fault_rule import Always
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


def test_a_group_that_was_not_offered_is_noticed():
    with FaultServer(extensions=()) as server, wire(server) as client:
        client.ask(group(), replies=3)
    assert server.client_faults == ["sent a group that was not offered"] * 2
    assert server.tally.client_faults == 2


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"one\ntwo\r\n", "a bare CR or LF in a message"),
        (b"one\rtwo\r\n", "a bare CR or LF in a message"),
        (b"one\n.\nMAIL FROM:<x@example.org>\r\n", "an end that is none in a message"),
        (b"one\r\n.\rRSET\r\n", "an end that is none in a message"),
        (b"x" * 999 + b"\r\n", "a line over 998 characters"),
        ("größer\r\n".encode(), "8-bit without BODY=8BITMIME"),
    ],
)
def test_what_a_client_may_not_send_is_noticed_and_ends_no_message(content, fault):
    with FaultServer() as server, wire(server) as client:
        client.ask(group(), replies=3)
        assert client.ask(content + b".\r\nQUIT\r\n", replies=2) == [b"250", b"221"]
    assert fault in server.received[0].faults
    assert server.tally.client_faults == len(server.client_faults) > 0
    assert len(server.received[0].content) >= len(content) - 1


@pytest.mark.parametrize(("stage", "kept"), [("dot", True), ("dot", False)])
def test_a_message_may_be_kept_or_lost_when_the_server_hangs_up_after_its_dot(stage, kept):
    with FaultServer([{stage: Act(drop=True, keeps=kept)}]) as server:
        with pytest.raises(smtplib.SMTPServerDisconnected):
            send_one(server)
        assert len(server.received) == 1
        assert [one.accepted for one in server.received] == [kept]
        assert (server.tally.accepted, server.tally.dropped) == (int(kept), 1)


def test_a_yes_arrives_although_the_server_hangs_up_on_the_next_message_in_the_group():
    with FaultServer([{"dot": Act("250 2.0.0 taken", drop=True)}]) as server, wire(server) as client:
        client.ask(group(1), replies=3)
        assert client.ask(BODY + b".\r\n" + group(2), replies=4) == [b"250"]


def test_only_the_right_user_and_password_may_send():
    with FaultServer(extensions=("AUTH PLAIN",), login=("ada", "open sesame")) as server:
        with smtplib.SMTP("127.0.0.1", server.port) as client:
            with pytest.raises(smtplib.SMTPSenderRefused, match="530"):
                client.sendmail("letter@example.org", "ada@example.com", BODY)
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("ada", "wrong")
            client.login("ada", "open sesame")
            client.sendmail("letter@example.org", "ada@example.com", BODY)
        assert server.tally.accepted == 1


def test_a_slow_reader_takes_its_time():
    started = time.monotonic()
    with FaultServer(rules=[Always({"body": Act(read_per_s=20_000)})]) as server:
        send_one(server, body=BODY + b"x\r\n" * 2000)
    assert time.monotonic() - started > 0.25
    assert server.tally.accepted == 1


def test_a_repeated_message_is_counted_by_its_message_id():
    with FaultServer(remember=False) as server:
        send_one(server, "ada@example.com")
        send_one(server, "ada@example.com")
        send_one(server, "bob@example.com", BODY.replace(b"<1@", b"<2@"))
        counts = server.tally.document()
    assert (counts["accepted"], counts["message_ids"], counts["repeats"]) == (3, 2, 1)
    assert not (server.attempts)
    assert not (server.received)
    assert not (server.commands)


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
