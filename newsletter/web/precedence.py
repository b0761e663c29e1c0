"""Visitors before mails: both are Python in one process, and a person waits for the page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: A mail waits no longer than this for a moment in which no visitor is served: it leaves within seconds even
#: while sign-ups come without end.
LONGEST_WAIT_S = 0.25


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

    def give_way(self) -> None:
        """Wait until no visitor is served, and at most LONGEST_WAIT_S."""
        self._quiet.wait(LONGEST_WAIT_S)
