"""What the doctor says of one thing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from newsletter.errors import NewsletterError

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """One check: its name, how it ended, what was seen, and how to *mend* what is not well."""

    name: str
    level: Level = "ok"
    detail: str
    mend: str = ""

    def document(self) -> dict[str, str]:
        """As the command line writes it."""
        return {key: value for key, value in asdict(self).items() if value}


def failed(name: str, error: NewsletterError) -> Diagnosis:
    """The diagnosis that *error* makes."""
    return Diagnosis(name=name, level="fail", detail=f"{error.thing}: {error.reason}", mend=error.next_step)
