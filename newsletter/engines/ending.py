"""What a process does when it is told to end: it finishes what is on its way and begins nothing more."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass
class Ending:
    """*is_idle*: the process waits for nothing but the next job, so that it may be interrupted at once."""

    stopping: threading.Event
    is_idle: bool = False


@contextmanager
def ending_by_signal(stopping: threading.Event) -> Iterator[Ending]:
    """SIGTERM or Ctrl-C sets *stopping*; a second one, or one while idle, is a KeyboardInterrupt.

    One that is ignored stays so. In another thread than the main one nothing changes: signals come to that.
    """
    ending = Ending(stopping)
    if threading.current_thread() is not threading.main_thread():
        yield ending
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        is_second = stopping.is_set()
        stopping.set()
        if is_second or ending.is_idle:
            raise KeyboardInterrupt

    told = [one for one in (signal.SIGTERM, signal.SIGINT) if signal.getsignal(one) != signal.SIG_IGN]
    before = {number: signal.signal(number, end) for number in told}
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
