"""Every fault by its name: what the relay does, and what becomes of the delivery by RFC 5321.

docs/reference/relay-faults.md has a row for each, and a test holds the client to each row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from newsletter.delivery.delivery import State
from newsletter.delivery.fault import EXTENSIONS, USUAL, Act
from newsletter.delivery.fault_rule import Always, ConnectionCap, Greylist, MessageCap, OnGroup, Throttle
from newsletter.delivery.fault_script import HOST, Fault

#: How long a slow relay takes at a stage: less than any client's patience.
SLOW_S = 0.2
#: How long a silent relay says nothing: a client to be tested must have less patience.
SILENT_S = 4.0
#: What a slow reader takes in a second: a letter of 60 kB takes it half a second.
SLOW_READ_PER_S = 120_000
#: The domain that is throttled.
THROTTLED_DOMAIN = "example.org"
LOGIN = ("rehearsal", "open-sesame")
_ENDLESS = 2_000
_LONG = 100_000

_BEFORE_MAIL = ("connect", "ehlo", "starttls", "auth")
_OF_A_MESSAGE = ("mail", "rcpt", "data", "dot")


def _at(stage: str) -> str:
    return "the final dot" if stage == "dot" else stage.upper()


def _connection_faults() -> Iterator[tuple[str, Fault]]:
    """At the stages before a message nothing is said about it: it stays queued."""
    said = {
        "4xx": Act("451 4.3.0 not now"),
        "5xx": Act("554 5.7.1 not you"),
        "421": Act("421 4.3.2 closing", drop=True),
        "drop": Act(drop=True),
        "silent": Act(wait_s=SILENT_S),
        "slow": Act(wait_s=SLOW_S),
    }
    for stage in _BEFORE_MAIL:
        for kind, act in said.items():
            if stage == "starttls" and kind == "slow":
                continue  # needs a certificate that is trusted, and shows what slow greetings show
            yield (
                f"{stage}-{kind}",
                Fault(
                    does=_words(stage, kind),
                    connection={stage: act},
                    certificate_name=HOST if stage == "starttls" else "",
                    login=LOGIN if stage == "auth" else None,
                    becomes=State.ACCEPTED if kind == "slow" else State.QUEUED,
                ),
            )


def _message_faults() -> Iterator[tuple[str, Fault]]:
    """At the stages of a message: the first reply that is no yes decides; no reply after the dot: unknown."""
    said = {
        "4xx": (Act("451 4.3.0 not now"), State.DEFERRED),
        "5xx": (Act("550 5.7.1 not this"), State.REJECTED),
        "421": (Act("421 4.3.2 closing", drop=True), State.DEFERRED),
        "drop": (Act(drop=True), State.DEFERRED),
        "silent": (Act(wait_s=SILENT_S), State.DEFERRED),
        "slow": (Act(wait_s=SLOW_S), State.ACCEPTED),
    }
    for stage in _OF_A_MESSAGE:
        for kind, (act, becomes) in said.items():
            after = State.UNKNOWN if stage == "dot" and kind in ("drop", "silent") else becomes
            yield f"{stage}-{kind}", Fault(does=_words(stage, kind), messages=({stage: act},), becomes=after)
    for stage, plan, becomes in (
        ("rset", {"rcpt": Act("550 5.1.1 nobody")}, State.REJECTED),
        ("quit", {}, State.ACCEPTED),
    ):
        # What was said of the message stands, whatever comes after it.
        for kind in ("4xx", "5xx", "421", "drop"):
            does = f"refuses the recipient; then {_words(stage, kind)}" if plan else _words(stage, kind)
            yield (
                f"{stage}-{kind}",
                Fault(does=does, messages=({**plan, stage: said[kind][0]},), becomes=becomes),
            )


def _words(stage: str, kind: str) -> str:
    if stage == "connect":
        return {
            "4xx": "says 451 instead of greeting",
            "5xx": "says 554 instead of greeting",
            "421": "says 421 instead of greeting, and hangs up",
            "drop": "hangs up without greeting",
            "silent": "does not greet for longer than the client waits",
            "slow": "takes its time to greet",
        }[kind]
    return {
        "4xx": f"answers 451 to {_at(stage)}",
        "5xx": f"answers 55x to {_at(stage)}",
        "421": f"answers 421 to {_at(stage)} and hangs up",
        "drop": f"hangs up at {_at(stage)} without a word",
        "silent": f"says nothing to {_at(stage)} for longer than the client waits",
        "slow": f"takes its time to answer {_at(stage)}",
    }[kind]


def _reply_faults() -> Iterator[tuple[str, Fault]]:
    """Replies that are none: before the dot nothing was accepted; after it nobody knows."""
    no_replies = {
        "garbage": ("a line without a code", Act("what was that?")),
        "mixed": (
            "a reply whose lines have different codes (RFC 5321 4.2.1)",
            Act("250-2.1.5 well\n550 5.1.1 no"),
        ),
        "endless": (
            "line after line of a reply that does not end",
            Act(raw=b"250-2.1.5 and\r\n" * _ENDLESS, drop=True),
        ),
        "long": (
            f"a line of {_LONG:,} characters (RFC 5321 4.5.3.1.5: 512)",
            Act("250 2.1.5 " + "x" * _LONG),
        ),
        "empty": ("an empty line before its reply", Act(raw=b"\r\n250 2.1.5 ok\r\n")),
    }
    for stage, becomes in (("rcpt", State.DEFERRED), ("dot", State.UNKNOWN)):
        for kind, (what, act) in no_replies.items():
            yield (
                f"{stage}-{kind}",
                Fault(does=f"answers {_at(stage)} with {what}", messages=({stage: act},), becomes=becomes),
            )
        odd = {
            "lines": (
                "a reply of several lines",
                Act("250-2.0.0 taken\n250-2.0.0 as\n250 2.0.0 12345"),
            ),
            "non-ascii": ("a reply in Latin-1", Act(raw="250 2.0.0 größer\r\n".encode("latin-1"))),
            "bare-lf": ("a reply whose line ends with LF alone", Act(raw=b"250 2.0.0 ok\n")),
            "split": ("a reply that comes byte by byte", Act(byte_wait_s=0.005)),
        }
        for kind, (what, act) in odd.items():
            yield (
                f"{stage}-{kind}",
                Fault(
                    does=f"answers {_at(stage)} with {what}", messages=({stage: act},), becomes=State.ACCEPTED
                ),
            )


FAULTS: Mapping[str, Fault] = {
    **dict(_connection_faults()),
    **dict(_message_faults()),
    **dict(_reply_faults()),
    "body-drop": Fault(
        does="resets the connection while the message comes",
        messages=({"body": Act(drop=True)},),
        becomes=State.DEFERRED,
    ),
    "dot-drop-lost": Fault(
        does="hangs up at the final dot without a word, and does not keep the message",
        messages=({"dot": Act(drop=True, keeps=False)},),
        becomes=State.UNKNOWN,
    ),
    "slow-reading": Fault(
        does=f"reads {SLOW_READ_PER_S // 1000} kB a second",
        rules=lambda _random: (Always({"body": Act(read_per_s=SLOW_READ_PER_S)}),),
        becomes=State.ACCEPTED,
    ),
    "data-out-of-step": Fault(
        does="answers DATA with 250",
        messages=({"data": Act("250 2.0.0 yes?")},),
        becomes=State.DEFERRED,
    ),
    "greylisted": Fault(
        does="answers 451 4.7.1 to RCPT, until some time after the first try of that sender and recipient",
        rules=lambda _random: (Greylist(60),),
        becomes=State.DEFERRED,
    ),
    "domain-421": Fault(
        does=f"answers 421 4.7.28 to RCPT at {THROTTLED_DOMAIN} and hangs up; takes others",
        rules=lambda _random: (
            Throttle(THROTTLED_DOMAIN, 0, 60, Act("421 4.7.28 too much for now", drop=True)),
        ),
        becomes=State.DEFERRED,
    ),
    "domain-450": Fault(
        does=f"answers 450 4.7.28 to RCPT at {THROTTLED_DOMAIN}; takes others",
        rules=lambda _random: (Throttle(THROTTLED_DOMAIN, 0, 60, Act("450 4.7.28 too much for now")),),
        becomes=State.DEFERRED,
    ),
    "messages-capped": Fault(
        does="takes one message on a connection; answers 421 to the MAIL of the next and hangs up",
        rules=lambda _random: (MessageCap(1, Act("421 4.7.0 enough of this connection", drop=True)),),
        becomes=State.ACCEPTED,
    ),
    "messages-capped-silently": Fault(
        does="takes one message on a connection; hangs up at the MAIL of the next without a word",
        rules=lambda _random: (MessageCap(1, Act(drop=True)),),
        becomes=State.ACCEPTED,
    ),
    "messages-capped-at-once": Fault(
        does="takes a message, and hangs up right after the yes",
        rules=lambda _random: (Always({"dot": Act(USUAL["dot"], drop=True)}),),
        becomes=State.ACCEPTED,
    ),
    "connections-capped": Fault(
        does="answers 421 instead of a greeting to any connection beyond the first",
        rules=lambda _random: (ConnectionCap(1),),
        becomes=State.ACCEPTED,
    ),
    "pipelining-not-offered": Fault(
        does="does not offer PIPELINING",
        extensions=tuple(each for each in EXTENSIONS if each != "PIPELINING"),
        becomes=State.ACCEPTED,
    ),
    "pipelining-flushed": Fault(
        does="offers PIPELINING, answers the first command of a group and throws the others away",
        rules=lambda _random: (OnGroup("mail", Act(flush=True)),),
        becomes=State.DEFERRED,
        groups=True,
    ),
    "pipelining-hangs-up": Fault(
        does="offers PIPELINING, and hangs up when a group comes",
        rules=lambda _random: (OnGroup("mail", Act(drop=True)),),
        becomes=State.DEFERRED,
        groups=True,
    ),
    "pipelining-out-of-step": Fault(
        does="offers PIPELINING, and answers a group in the wrong order: 354 comes before the reply to RCPT",
        messages=({"rcpt": Act("354 go on"), "data": Act("250 2.1.5 ok")},),
        becomes=State.DEFERRED,
    ),
    "tls-not-offered": Fault(
        does="does not offer STARTTLS, which the client wants",
        wants_tls=True,
        becomes=State.QUEUED,
    ),
    "tls-wrong-name": Fault(
        does="shows a certificate that is trusted, but for another name",
        certificate_name="relay.example.org",
        becomes=State.QUEUED,
    ),
    "tls-not-trusted": Fault(
        does="shows a certificate that is not trusted",
        certificate_name=HOST,
        becomes=State.QUEUED,
    ),
    "tls-broken-off": Fault(
        does="says yes to STARTTLS and hangs up",
        certificate_name=HOST,
        connection={"starttls": Act("220 2.0.0 go on", drop=True)},
        becomes=State.QUEUED,
    ),
    "tls-garbage": Fault(
        does="says yes to STARTTLS, and then something that is no TLS",
        certificate_name=HOST,
        connection={"starttls": Act("220 2.0.0 go on\n250 this is no handshake", drop=True)},
        becomes=State.QUEUED,
    ),
    "forged-early": Fault(
        does="adds a forged yes to its 354, before the final dot; answers 554 to the dot",
        messages=({"data": Act("354 go on\n250 2.0.0 taken"), "dot": Act("554 5.7.1 not this")},),
        becomes=State.DEFERRED,
    ),
    "forged-next": Fault(
        does="adds to its yes the replies that the next message would get, and hangs up at that one's dot",
        messages=(
            {"dot": Act("250 2.0.0 taken\n250 2.1.0 ok\n250 2.1.5 ok\n354 go on\n250 2.0.0 taken")},
            {"dot": Act(drop=True, keeps=False)},
        ),
        becomes=State.ACCEPTED,
    ),
}
