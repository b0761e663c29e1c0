"""The pool: what it takes long to work out, kept as long as what it was made of is the same.

One belongs to a workplace. Nothing in it is ever a reason to send anything: compose reads everything anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from newsletter.issues.history import History
from newsletter.overrides import stamp

Made = TypeVar("Made")


@dataclass
class Kept(Generic[Made]):
    """The *most* results that were asked for last, by all that they depend on."""

    most: int
    _made: OrderedDict[Hashable, Made] = field(default_factory=OrderedDict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What was made for *key*, or what *make* gives; two who ask at once wait for one."""
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
            self._made.move_to_end(key)
            while len(self._made) > self.most:
                self._made.popitem(last=False)
            return self._made[key]

    def __len__(self) -> int:
        with self._lock:
            return len(self._made)


@dataclass
class Pool:
    """All articles' facts (some 20 MB of 20,000), a day's candidates and points, what was chosen, drafts.

    *expected*: the issues that are to go out before a day.
    """

    shelves: Kept[Any] = field(default_factory=lambda: Kept(1))
    indexes: Kept[Any] = field(default_factory=lambda: Kept(2))
    rankings: Kept[Any] = field(default_factory=lambda: Kept(2))
    selections: Kept[Any] = field(default_factory=lambda: Kept(24))
    drafts: Kept[Any] = field(default_factory=lambda: Kept(24))
    expected: Kept[Any] = field(default_factory=lambda: Kept(8))


def content_stamp(path: Path) -> Hashable:
    """Changes with every write to the content store at *path*."""
    # A log without anything in it comes and goes with whoever reads.
    return tuple(one for one in stamp([path, path.with_name(f"{path.name}-wal")]) if one[2])


def history_key(history: History) -> Hashable:
    """All that a pick knows of the issues before it."""
    return history.used, history.ever_used, tuple(sorted(history.forms.items())), history.begun_on
