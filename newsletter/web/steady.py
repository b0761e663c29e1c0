"""Answers that take the same time whether or not an address is known here."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

#: Forms that strangers may send are answered at the next multiple of this, whatever was done: known and
#: unknown addresses differ by a few rows written, which would show in the time otherwise.
ANSWER_EVERY_S = 0.02


@asynccontextmanager
async def steadily() -> AsyncIterator[None]:
    """Around what depends on an address: it ends at the next multiple of ANSWER_EVERY_S after its start."""
    started = time.perf_counter()
    yield
    elapsed = time.perf_counter() - started
    await asyncio.sleep(math.ceil(elapsed / ANSWER_EVERY_S) * ANSWER_EVERY_S - elapsed)
