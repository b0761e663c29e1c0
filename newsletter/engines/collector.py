"""How often Python looks for garbage that reference counts do not find, while a process sends."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

#: New objects between two looks. A letter makes some hundred, none of them in a cycle, and the usual 700
#: cost a tenth of all that sending takes (tests/benchmarks/test_delivery.py).
_THRESHOLD = 20_000


@contextmanager
def collecting_less() -> Iterator[None]:
    """Look for cycles less often, and never again among what was there before."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_THRESHOLD, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
