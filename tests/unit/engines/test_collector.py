"""While a process sends, cycles are looked for less often; they are found, and then all is as before."""

from __future__ import annotations

import gc
import weakref

from newsletter.engines.collector import collecting_less


class Knot:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.itself = self


def test_garbage_of_a_long_run_is_still_found():
    with collecting_less():
        knot = weakref.ref(Knot())
        waste = [[number] for number in range(100_000)]
        assert knot() is None
    assert len(waste) == 100_000


def test_afterwards_everything_is_as_before():
    before = gc.get_threshold(), gc.get_freeze_count()
    with collecting_less():
        assert gc.get_threshold() != before[0]
    assert (gc.get_threshold(), gc.get_freeze_count()) == before
