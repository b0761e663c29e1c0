"""Where sign-ups queue up: those that come at the same time are written at the same time.

A transaction waits for the disk at its end, and SQLite has one at a time: one for all that wait costs each of
them little more than its own rows.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from newsletter.subscribers.signup import Asked, SignUp
from newsletter.workflows.subscribe import subscribe_all
from newsletter.workflows.workplace import Workplace

#: Of which one takes about 2 ms: a transaction is to be shorter than 50 ms.
AT_ONCE = 16


class Counter:
    """Takes sign-ups from any number of requests of one event loop."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sign-ups")
        self._waiting: list[tuple[SignUp, asyncio.Future[Asked]]] = []
        self._work: asyncio.Task[None] | None = None

    async def take(self, signup: SignUp) -> Asked:
        """What the sign-up led to, once it is written.

        Raises:
            NewsletterError: as subscribe() does.
        """
        answer: asyncio.Future[Asked] = asyncio.get_running_loop().create_future()
        self._waiting.append((signup, answer))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._write())
        return await answer

    def close(self) -> None:
        """Finish what is being written."""
        self._thread.shutdown()

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            taken, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            signups = [signup for signup, _ in taken]
            try:
                told = await loop.run_in_executor(self._thread, subscribe_all, self._workplace, signups)
            except Exception as error:  # noqa: BLE001 - nothing was written: each is told so
                told = [error] * len(taken)
            for (_, answer), asked in zip(taken, told, strict=True):
                if answer.done():  # whoever asked is gone
                    continue
                if isinstance(asked, Exception):
                    answer.set_exception(asked)
                else:
                    answer.set_result(asked)
