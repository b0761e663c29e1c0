"""Relays to rehearse with, by name: a whole issue against one of them shows what a bad day is like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from newsletter.delivery.fault import EXTENSIONS, Act, Rule
from newsletter.delivery.fault_rule import Always, AtRandom, ConnectionCap, Greylist, MessageCap, Throttle
from newsletter.delivery.fault_script import HOST, Script
from newsletter.delivery.fault_table import LOGIN, SLOW_READ_PER_S, THROTTLED_DOMAIN

_GREYLISTED_FOR_S = 60
_THROTTLED_AFTER, _THROTTLED_FOR_S = 20, 60
_MESSAGES, _CONNECTIONS = 20, 2

_DROP = Act(drop=True)


def _flaky(random: Random) -> Sequence[Rule]:
    return (
        AtRandom(random, 0.03, ("mail", "rcpt", "dot"), Act("451 4.3.0 not now")),
        AtRandom(random, 0.01, ("rcpt", "dot"), Act("550 5.1.1 nobody")),
        AtRandom(random, 0.01, ("mail", "rcpt", "data", "body"), _DROP),
        AtRandom(random, 0.01, ("dot",), _DROP),
        AtRandom(random, 0.01, ("dot",), Act(drop=True, keeps=False)),
    )


def _garbled(random: Random) -> Sequence[Rule]:
    stages = ("mail", "rcpt", "dot")
    return (
        AtRandom(random, 0.02, stages, Act("what was that?")),
        AtRandom(random, 0.02, stages, Act("250-2.0.0 well\n550 5.7.1 no")),
        AtRandom(random, 0.02, stages, Act(raw=b"\r\n250 2.0.0 ok\r\n")),
        AtRandom(random, 0.05, stages, Act(byte_wait_s=0.001)),
    )


def _forging(random: Random) -> Sequence[Rule]:
    return (
        AtRandom(random, 0.05, ("data",), Act("354 go on\n250 2.0.0 taken")),
        AtRandom(random, 0.05, ("dot",), Act("250 2.0.0 taken\n250 2.0.0 taken")),
    )


SCENARIOS: Mapping[str, Script] = {
    "steady": Script(does="takes everything"),
    "slow": Script(
        does=f"takes a second to answer each message, and reads {SLOW_READ_PER_S // 1000} kB a second",
        rules=lambda _random: (Always({"body": Act(read_per_s=SLOW_READ_PER_S), "dot": Act(wait_s=1)}),),
    ),
    "greylisting": Script(
        does=f"defers each reader's first try, and takes the message after {_GREYLISTED_FOR_S} seconds",
        rules=lambda _random: (Greylist(_GREYLISTED_FOR_S),),
    ),
    "flaky": Script(
        does="now and then answers 4xx or 5xx, or hangs up before or after the final dot", rules=_flaky
    ),
    "throttled": Script(
        does=f"after {_THROTTLED_AFTER} messages to {THROTTLED_DOMAIN} answers 421 4.7.28 to more of them, "
        f"for {_THROTTLED_FOR_S} seconds; takes others",
        rules=lambda _random: (
            Throttle(
                THROTTLED_DOMAIN,
                _THROTTLED_AFTER,
                _THROTTLED_FOR_S,
                Act("421 4.7.28 too much for now", drop=True),
            ),
        ),
    ),
    "closing": Script(
        does=f"takes {_MESSAGES} messages on a connection, then answers 421",
        rules=lambda _random: (MessageCap(_MESSAGES, Act("421 4.7.0 enough", drop=True)),),
    ),
    "closing-silently": Script(
        does=f"takes {_MESSAGES} messages on a connection, then hangs up without a word",
        rules=lambda _random: (MessageCap(_MESSAGES, _DROP),),
    ),
    "crowded": Script(
        does=f"takes {_CONNECTIONS} connections at once, and answers 421 to more",
        rules=lambda _random: (ConnectionCap(_CONNECTIONS),),
    ),
    "one-by-one": Script(
        does="does not offer PIPELINING",
        extensions=tuple(each for each in EXTENSIONS if each != "PIPELINING"),
    ),
    "down": Script(
        does="answers 421 to every connection",
        connection={"connect": Act("421 4.3.2 down", drop=True)},
    ),
    "garbled": Script(does="now and then gives a reply that is none", rules=_garbled),
    "forging": Script(
        does="now and then says yes before a message has come, or twice to the same", rules=_forging
    ),
    "login": Script(does="takes mail only from who logs in", login=LOGIN),
    "tls": Script(
        does="offers STARTTLS; its certificate counts where SSL_CERT_FILE names it", certificate_name=HOST
    ),
    "broken-tls": Script(
        does="offers STARTTLS, with a certificate for another name", certificate_name="relay.example.org"
    ),
}
