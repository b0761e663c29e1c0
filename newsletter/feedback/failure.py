"""Why a message was not delivered: a status, how lasting it is, and a reason, from what a server said.

A status that is given is believed (RFC 3463); then the status or the reply code (RFC 5321 4.2) in what was
said; then the words themselves, by the rules of failures.toml.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from newsletter.feedback.event import Permanence, Reason

#: What is read of a server's words: the first lines say it, advice and links follow.
MOST_SAID = 1_000

_STATUS = re.compile(r"(?<![\d.\-])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_WITH_REPLY = re.compile(r"(?<![\d.])([245]\d\d)[ -]+[\[(#]{0,2}([245]\.\d{1,3}\.\d{1,3})(?![.\d])")
_REPLY = re.compile(
    r"(?<![\w.:/@#-])([45][0-57]\d)(?=[ \-_,;:'\")]|$)(?![ -]+(?:messages|bytes|octets|KB|MB|days)\b)"
)
_ADDRESS = re.compile(r"(?<![^\s<>(:;,'\"\[])<?[^\s<>@(:;,'\"\[]{1,64}@[^\s<>@]{1,255}>?")
_LETTERS = re.compile(r"\\.|[A-Z]+")
_LINK = re.compile(r"\bhttps?://([^\s/]{1,100})\S{0,300}")

#: RFC 3463 and its registry, without the class. What is not here is decided by words, then by subject.
_BY_STATUS = {
    "1.1": Reason.NO_ADDRESS, "1.2": Reason.NO_DOMAIN, "1.3": Reason.NO_ADDRESS, "1.6": Reason.NO_ADDRESS,
    "1.7": Reason.BLOCKED, "1.8": Reason.BLOCKED, "1.9": Reason.SYSTEM, "1.10": Reason.NO_DOMAIN,
    "2.1": Reason.NO_ADDRESS, "2.2": Reason.MAILBOX_FULL, "2.3": Reason.TOO_BIG,
    "3.1": Reason.SYSTEM, "3.2": Reason.SYSTEM, "3.4": Reason.TOO_BIG, "3.5": Reason.SYSTEM,
    "4.1": Reason.UNREACHABLE, "4.2": Reason.UNREACHABLE, "4.3": Reason.UNREACHABLE, "4.5": Reason.RATE,
    "4.6": Reason.UNREACHABLE, "4.7": Reason.UNREACHABLE,
    "7.13": Reason.NO_ADDRESS, "7.17": Reason.NO_ADDRESS, "7.28": Reason.RATE,
}  # fmt: skip
_BY_SUBJECT = {
    "1": Reason.NO_ADDRESS, "3": Reason.SYSTEM, "4": Reason.UNREACHABLE,
    "6": Reason.CONTENT, "7": Reason.BLOCKED,
}  # fmt: skip
#: Statuses that mean what they say, whatever the words beside them.
_SETTLED = frozenset({"1.1", "1.6", "2.2", "7.13"})


@dataclass(frozen=True)
class Failure:
    """One failure, as an event tells it."""

    status: str
    permanence: Permanence
    reason: Reason


@dataclass(frozen=True)
class _Rule:
    reason: Reason
    status: str
    temporary: bool | None
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class _Rules:
    sure: tuple[_Rule, ...]
    text: tuple[_Rule, ...]
    temporary: re.Pattern[str]
    permanent: re.Pattern[str]


def _either(patterns: list[str]) -> re.Pattern[str]:
    """Any of *patterns*, in small letters and for such a text: found four times as fast as without case."""
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    # An escape such as \S keeps its letter.
    small = _LETTERS.sub(lambda found: found[0] if found[0].startswith("\\") else found[0].lower(), joined)
    return re.compile(small)


@cache
def _rules() -> _Rules:
    table = tomllib.loads((files("newsletter.feedback") / "failures.toml").read_text(encoding="utf-8"))

    def rules(name: str) -> tuple[_Rule, ...]:
        rows: list[dict[str, Any]] = table[name]
        return tuple(
            _Rule(Reason(row["reason"]), row["status"], row.get("temporary"), _either(row["patterns"]))
            for row in rows
        )

    lasting = table["permanence"]
    return _Rules(rules("sure"), rules("text"), _either(lasting["temporary"]), _either(lasting["permanent"]))


def _said_status(said: str) -> str:
    """The status that a server gave with its reply, or else one that stands in what it said."""
    with_reply = [found[1] for found in _WITH_REPLY.findall(said)]
    alone = [".".join(found) for found in _STATUS.findall(said)]
    statuses = [status for status in [*with_reply, *alone] if status[0] in "45"]
    precise = [status for status in statuses if not status.endswith(".0.0")]
    return next(iter(precise or statuses), "")


def _said_reply(bare: str) -> str:
    """The first reply code of a refusal in what was said, or ""."""
    found = _REPLY.search(bare)
    return found[1] if found else ""


def _bare(said: str) -> str:
    """What was *said*, in small letters, with hosts for links and a word for each address."""
    return _ADDRESS.sub(" address ", _LINK.sub(r" \1 ", said.lower()))


def failure_of(said: str, *, status: str = "") -> Failure:
    """What failed, by the report's own *status* field (may be "") and the words that a server *said*."""
    said = " ".join(said[:MOST_SAID].split())
    given = _STATUS.search(status)
    field = ".".join(given.groups()) if given and given[1] in "45" else ""
    bare = _bare(said)
    told, reply = _said_status(said), _said_reply(bare)
    best = field
    if field and told and field[0] == "4" and (told[0], reply[:1]) == ("5", "5"):
        best = told  # the sending server's own view is milder than what it was told and gave up upon
    elif field and told[2:3] == "7" and told[0] == field[0]:
        best = told  # what it says of the sender: a later reply of the same session may be about anything
    elif not field or (field.endswith(".0.0") and told and told[0] == field[0]):
        best = told or field
    sure = next((rule for rule in _rules().sure if rule.pattern.search(bare)), None)
    rule = sure
    if not sure and best[2:] not in _SETTLED:
        rule = next((rule for rule in _rules().text if rule.pattern.search(bare)), None)
    permanence = _permanence(bare, status=best, reply=reply, rule=rule)
    if not best and (reply or rule):
        digit = "4" if permanence is Permanence.TEMPORARY else "5"
        best = digit + (rule.status[1:] if rule else ".0.0")
    return Failure(best, permanence, _reason(best, sure=sure, rule=rule))


def _permanence(said: str, *, status: str, reply: str, rule: _Rule | None) -> Permanence:
    for code in (status, reply):
        if code:
            return Permanence.TEMPORARY if code[0] == "4" else Permanence.PERMANENT
    if rule and rule.temporary is not None:
        return Permanence.TEMPORARY if rule.temporary else Permanence.PERMANENT
    if _rules().permanent.search(said):
        return Permanence.PERMANENT
    return Permanence.TEMPORARY if _rules().temporary.search(said) else Permanence.PERMANENT


def _reason(status: str, *, sure: _Rule | None, rule: _Rule | None) -> Reason:
    if sure:
        return sure.reason
    detail = status[2:]
    if status == "4.2.1" or detail == "1.0":  # for a slow or busy mailbox, too; for a sender's address, too
        return rule.reason if rule else Reason.OTHER
    if detail in _BY_STATUS and not (
        rule and rule.reason is Reason.BLOCKED and detail not in {"1.1", "7.13"}
    ):
        return _BY_STATUS[detail]
    if detail[:2] in {"7.", "6."}:
        # A refusal by policy that names the mailbox is still one by policy: never the person's fault.
        content = rule and rule.reason is Reason.CONTENT
        return Reason.CONTENT if content or detail[0] == "6" else Reason.BLOCKED
    if rule:
        return rule.reason
    return _BY_SUBJECT.get(detail[:1], Reason.OTHER)
