"""Answers of machines that are no report of delivery (RFC 3834): people away, tickets, challenges."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from newsletter.feedback.bounce_rule import compiled
from newsletter.feedback.event import Reason
from newsletter.feedback.letter import Letter

#: What is read of a text: an answer says at its begin that it is one.
_BEGIN = 1_500
#: The reasons by the names of their rules, in the order in which they are tried.
_REASONS = {"challenge": Reason.CHALLENGE, "vacation": Reason.VACATION, "other": Reason.OTHER}


@dataclass(frozen=True)
class _Rules:
    headers: tuple[tuple[str, re.Pattern[str]], ...]
    subject: dict[str, re.Pattern[str]]
    text: dict[str, re.Pattern[str]]


@cache
def _rules() -> _Rules:
    table = tomllib.loads((files("newsletter.feedback") / "auto_replies.toml").read_text(encoding="utf-8"))
    return _Rules(
        headers=tuple(
            (name, re.compile(pattern, re.IGNORECASE)) for name, pattern in table["headers"].items()
        ),
        subject={name: compiled(patterns) for name, patterns in table["subject"].items()},
        text={name: compiled(patterns) for name, patterns in table["text"].items()},
    )


def auto_reply_of(letter: Letter) -> Reason | None:
    """VACATION, CHALLENGE or OTHER for a machine's answer; None for anything else."""
    begin = letter.said[:_BEGIN]
    for name, reason in _REASONS.items():
        if _rules().subject[name].search(letter.subject) or _rules().text[name].search(begin):
            return reason
    return Reason.OTHER if says_so(letter.headers) else None


def says_so(headers: Mapping[str, Sequence[str]]) -> bool:
    """Whether *headers* (by their names in small letters) are those of a machine's answer.

    Words alone may be a person's, who writes of absence seizures, or from their vacation.
    """
    return any(pattern.search(value) for name, pattern in _rules().headers for value in headers.get(name, ()))
