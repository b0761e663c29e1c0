"""Visitors before mails: both are Python in one process, and a person waits for the page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

#: A mail waits for a moment in which no visitor is served until it has been due for so long. At a hundred
#: sign-ups a second such a moment comes within milliseconds; where none has come by then, none will. The time
#: counts from when the mail was due and not from when its turn came: a queue waits once, not mail by mail.
PATIENCE = timedelta(seconds=0.5)
#: One that has waited so long still lets a visitor go first who is nearly served: less than sending takes.
BREATH_S = 0.01


class Precedence:
    """Who goes first, for threads of one process."""

    def __init__(self) -> None:
        self._visitors = 0
        self._counting = threading.Lock()
        self._quiet = threading.Event()
        self._quiet.set()

    @contextmanager
    def visitor(self) -> Iterator[None]:
        """Around what a visitor waits for."""
        with self._counting:
            self._visitors += 1
            self._quiet.clear()
        try:
            yield
        finally:
            with self._counting:
                self._visitors -= 1
                if not self._visitors:
                    self._quiet.set()

    def give_way(self, due_for: timedelta) -> None:
        """Wait until no visitor is served: at most what is left of PATIENCE to a mail *due_for* that long."""
        # Not longer either where the wall clock was set back meanwhile.
        left = min(PATIENCE - due_for, PATIENCE)
        self._quiet.wait(max(left.total_seconds(), BREATH_S))
