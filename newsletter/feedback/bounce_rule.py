"""The rules of bounce_texts.toml, compiled once."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from newsletter.feedback.field import ADDRESS


@dataclass(frozen=True)
class BounceRules:
    """How bounces that follow no standard are known and read (bounce_texts.toml says what each is)."""

    senders: re.Pattern[str]
    subjects: re.Pattern[str]
    phrases: re.Pattern[str]
    delays: re.Pattern[str]
    delivered: re.Pattern[str]
    returned: re.Pattern[str]
    own: re.Pattern[str]
    introductions: re.Pattern[str]
    recipients: tuple[re.Pattern[str], ...]
    hints: tuple[re.Pattern[str], ...]
    listed: re.Pattern[str]
    expanded: re.Pattern[str]
    strangers: re.Pattern[str]


def compiled(patterns: list[str], *, lines: bool = True) -> re.Pattern[str]:
    """One expression that finds any of *patterns*; ADDRESS in one stands for an address."""
    joined = "|".join(f"(?:{pattern})" for pattern in patterns).replace("ADDRESS", ADDRESS)
    return re.compile(joined, re.IGNORECASE | (re.MULTILINE if lines else 0))


@cache
def rules() -> BounceRules:
    """The rules, read when they are first needed."""
    table = tomllib.loads((files("newsletter.feedback") / "bounce_texts.toml").read_text(encoding="utf-8"))
    recipients, hints = table.pop("recipients"), table.pop("hints")
    return BounceRules(
        recipients=tuple(compiled([pattern]) for pattern in recipients),
        hints=tuple(compiled([pattern]) for pattern in hints),
        **{name: compiled(patterns) for name, patterns in table.items()},
    )
