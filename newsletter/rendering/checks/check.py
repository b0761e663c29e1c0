"""What a check is: a rule, the proof that it reads, what it finds, and the result that people are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

from newsletter.issues.issue import Issue
from newsletter.rendering.checks.mail import Mail
from newsletter.rendering.edition import Edition
from newsletter.settings import NewsletterSettings, Settings
from newsletter.wording import SOURCE_LANGUAGE, Wording, wording_of

Level = Literal["ok", "warn", "fail"]
#: More findings than these are counted, not told: one line is what an operator reads.
TOLD = 3
LONGEST_DETAIL = 160


@dataclass(frozen=True)
class Proof:
    """An edition before it goes out, with all that a check may know. Checks ask nothing else.

    *changed*: article id → why the text that was picked from it holds no more ("withdrawn", "changed since it
    was picked", "gone from the content store"). *today*: the newsletter's local date, None where the result
    must not depend on it. *unreachable*: link → why nobody can open it, for the links that were asked.
    """

    issue: Issue
    edition: Edition
    settings: Settings
    newsletter: NewsletterSettings
    changed: Mapping[str, str] = field(default_factory=dict)
    today: date | None = None
    unreachable: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def mail(self) -> Mail:
        """Both parts, read once for all checks."""
        return Mail(self.edition.html, self.edition.text)

    @cached_property
    def wording(self) -> Wording:
        """Our words in the letter's language."""
        return wording_of(self.newsletter.language, overrides=self.settings.templates)

    @property
    def is_english(self) -> bool:
        """Whether the letter's words are English, which some rules can judge only."""
        return self.newsletter.language == SOURCE_LANGUAGE


@dataclass(frozen=True)
class Finding:
    """One fault; *level* where it is not the first of its rule's."""

    detail: str
    level: Level | None = None


@dataclass(frozen=True)
class Check:
    """The result of one check. *mend*: what to do, empty when nothing is wrong."""

    name: str
    level: Level
    detail: str
    mend: str = ""

    def document(self) -> dict[str, str]:
        """As the command line and issue.json show it."""
        return asdict(self)


@dataclass(frozen=True)
class Rule:
    """A named check. *levels*: those that its findings may have, the usual one first.

    *reason*: why it matters, with the source. *mend*: what an operator does. *figure*: what is shown when
    nothing was found. *once*: it looks at what is the same in every edition of an issue, so that it is asked
    of the general one alone.
    """

    name: str
    levels: tuple[Level, ...]
    reason: str
    mend: str
    find: Callable[[Proof], Iterable[Finding]]
    figure: Callable[[Proof], str] | None = None
    once: bool = False

    def check(self, proof: Proof) -> Check:
        """What this rule says of *proof*."""
        found = list(self.find(proof))
        if not found:
            return Check(self.name, "ok", self.figure(proof) if self.figure else "in order")
        told = list(dict.fromkeys(_cut(one.detail) for one in found))
        more = f"; and {len(told) - TOLD} more" if len(told) > TOLD else ""
        levels = {one.level or self.levels[0] for one in found}
        return Check(
            self.name, "fail" if "fail" in levels else "warn", "; ".join(told[:TOLD]) + more, self.mend
        )


def named_parts(proof: Proof) -> tuple[tuple[str, str], tuple[str, str]]:
    """The words of each part of the mail, with the part's name."""
    return ("HTML", proof.mail.words), ("text", proof.mail.text_words)


def _cut(detail: str) -> str:
    said = " ".join(detail.split())
    return said if len(said) <= LONGEST_DETAIL else f"{said[:LONGEST_DETAIL]}…"
