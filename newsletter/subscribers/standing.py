"""What a stretch of the journal comes to in the end, for one address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from newsletter.subscribers.journal import Act, Entry
from newsletter.subscribers.suppression import Reason, strictest


@dataclass
class Standing:
    """How an address stands after the entries it was told.

    *lifted*: whatever suppressed it before those entries does so no more. *was_erased*: all that was known
    before was to be forgotten; *is_erased*: and the reader has not come back since.
    """

    reasons: list[Reason] = field(default_factory=list)
    lifted: bool = False
    was_erased: bool = False
    is_erased: bool = False
    _left: set[str] = field(default_factory=set)
    _joined: set[str] = field(default_factory=set)
    _left_everything: bool = False

    @classmethod
    def after(cls, entries: Iterable[Entry]) -> Standing:
        """The standing after *entries* (of one address, oldest first)."""
        standing = cls()
        for entry in entries:
            standing.tell(entry)
        return standing

    @property
    def reason(self) -> Reason | None:
        """Why it is suppressed, by these entries alone."""
        return strictest(self.reasons)

    def has_left(self, newsletter: str) -> bool:
        """Whether the reader left that newsletter and did not come back to it."""
        return newsletter in self._left or (self._left_everything and newsletter not in self._joined)

    def tell(self, entry: Entry) -> None:
        """Take in what happened next."""
        if entry.act is Act.SUPPRESS:
            self.reasons.append(_reason(entry.about))
            if entry.about == Reason.ERASED:
                self.was_erased = self.is_erased = self._left_everything = True
                self._joined.clear()
        elif entry.act is Act.LIFT:
            self.reasons.clear()
            self.lifted, self.is_erased = True, False
        elif entry.act is Act.LEAVE:
            self._left.add(entry.about)
            self._joined.discard(entry.about)
        else:
            self._joined.add(entry.about)
            self._left.discard(entry.about)


def _reason(about: str) -> Reason:
    try:
        return Reason(about)
    except ValueError:  # of a newer version, or a line that was changed by hand: better no mail
        return Reason.OPERATOR
