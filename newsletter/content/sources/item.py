"""What a file or feed of many articles gives, one after another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newsletter.content.article import Article


@dataclass(frozen=True)
class Refused:
    """An *item* (its title or address) that is no article of ours, and the *reason* in words."""

    item: str
    reason: str


@dataclass(frozen=True)
class Withdrawn:
    """An entry that its feed says is deleted (RFC 6721): its id or address, and when, if told."""

    ref: str
    deleted_at: datetime | None = None


Item = Article | Refused | Withdrawn
