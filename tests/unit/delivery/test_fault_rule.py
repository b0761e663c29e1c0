"""Rules of a relay that goes wrong: whom they meet, when, and whom they leave alone."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from random import Random

import pytest

from newsletter.delivery.fault import Act, Moment, Rule
from newsletter.delivery.fault_rule import (
    Always,
    AtRandom,
    ConnectionCap,
    Greylist,
    MessageCap,
    OnGroup,
    Throttle,
)
from newsletter.delivery.fault_server import FaultServer

LATER = Act("450 4.7.28 later")


def moment(
    stage: str = "rcpt", recipient: str = "ada@example.org", at_s: float = 0, taken: int = 0
) -> Moment:
    return Moment(
        stage=stage,
        number=1,
        connection=1,
        open_connections=1,
        taken=taken,
        sender="letter@example.com",
        recipient=recipient,
        more=lambda: False,
        at_s=at_s,
    )


def codes(rule: Rule, *moments: Moment) -> list[str]:
    return [act.reply[:3] if (act := rule(each)) else "" for each in moments]


def test_a_greylisted_pair_is_taken_after_its_waiting_time_and_another_pair_waits_its_own():
    rule = Greylist(60)
    asked = [moment(at_s=0), moment(at_s=59), moment(at_s=60), moment(at_s=61)]
    assert codes(rule, *asked) == ["451", "451", "", ""]
    assert codes(rule, moment(recipient="bob@example.org", at_s=61)) == ["451"]


def test_a_throttled_domain_is_refused_for_a_while_and_others_are_not():
    rule = Throttle("example.org", after=2, for_s=60, act=LATER)
    times = [0, 1, 2, 61, 62, 63, 64]
    assert codes(rule, *(moment(at_s=at) for at in times)) == ["", "", "450", "450", "", "", "450"]
    assert codes(rule, moment(recipient="ada@example.com", at_s=64)) == [""]


def test_chance_is_the_same_for_the_same_seed_and_as_large_as_it_is_said_to_be():
    asked = [moment()] * 1000
    once, again = (codes(AtRandom(Random(7), 0.1, ("rcpt",), LATER), *asked) for _ in range(2))
    assert once == again
    assert 60 < once.count("450") < 140
    assert codes(AtRandom(Random(7), 1, ("dot",), LATER), moment()) == [""]


@pytest.fixture
def two() -> Iterator[tuple[socket.socket, socket.socket, FaultServer]]:
    """Two connections to a server that has one too many with the second."""
    with FaultServer(rules=[ConnectionCap(1)]) as server:
        address = ("127.0.0.1", server.port)
        with (
            socket.create_connection(address, timeout=5) as one,
            one.makefile("rb") as said,
        ):
            said.readline()
            with socket.create_connection(address, timeout=5) as another:
                yield one, another, server


def test_a_connection_too_many_is_turned_away(two):
    one, another, server = two
    assert another.recv(100).startswith(b"421")
    assert another.recv(100) == b""
    one.sendall(b"NOOP\r\n")
    assert one.recv(100).startswith(b"250")
    assert server.tally.turned_away == 1


def test_a_connection_carries_its_messages_and_no_more():
    rule = MessageCap(2, Act("421 4.7.0 enough", drop=True))
    assert codes(rule, *(moment("mail", taken=taken) for taken in (0, 1, 2))) == ["", "", "421"]


@pytest.mark.parametrize(
    ("act", "answers"),
    [
        (Act(drop=True), b""),
        (Act(flush=True), b"250 2.1.0 ok\r\n250 2.0.0 ok\r\n"),
    ],
)
def test_a_group_may_be_thrown_away_or_hung_up_on(act, answers):
    with FaultServer(rules=[OnGroup("mail", act)]) as server:
        with (
            socket.create_connection(("127.0.0.1", server.port), timeout=5) as client,
            client.makefile("rb") as said,
        ):
            said.readline()
            client.sendall(b"MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n")
            first = said.readline()
            if first:
                client.sendall(b"NOOP\r\n")
            assert first + (said.readline() if first else b"") == answers
        assert server.tally.accepted == 0


def test_a_rule_that_says_nothing_leaves_the_moment_to_the_next():
    with FaultServer(
        rules=[Always({"mail": LATER}), Always({"mail": Act("550 no"), "quit": Act()})]
    ) as server:
        assert server.decide(moment("mail")) is LATER
        assert server.decide(moment("rcpt")) == Act()
