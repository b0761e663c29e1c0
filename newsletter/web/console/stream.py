"""What a page that is open is told meanwhile: server-sent events (WHATWG HTML, 9.2)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from starlette.responses import StreamingResponse

from newsletter.workflows.workplace import Workplace

#: How often is looked, and after how long the browser asks again (and is asked who it is).
EVERY_S, LISTEN_S = 1.0, 300.0


@dataclass(frozen=True, slots=True)
class Event:
    """What there is to tell, as JSON can say it. *is_last*: nothing comes after it."""

    data: object
    is_last: bool = False

    def __str__(self) -> str:
        name = "over" if self.is_last else "now"
        return f"event: {name}\ndata: {json.dumps(self.data, ensure_ascii=False)}\n\n"


def stream(
    workplace: Workplace, look: Callable[[], Event], *, every_s: float = EVERY_S, listen_s: float = LISTEN_S
) -> StreamingResponse:
    """Tell what *look* finds: at once, and then whenever it has found something else.

    What *look* raises the first time is raised here, and becomes a page.
    """
    return StreamingResponse(
        _told(workplace, look, look(), every_s, listen_s),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _told(
    workplace: Workplace, look: Callable[[], Event], found: Event, every_s: float, listen_s: float
) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    until, before = loop.time() + listen_s, None
    yield "retry: 2000\n\n"
    while True:
        # A comment keeps the line open, and tells of a browser that is gone.
        yield str(found) if found != before else ":\n\n"
        if found.is_last or loop.time() >= until or workplace.stopping.is_set():
            return
        before = found
        await asyncio.sleep(every_s)
        found = await asyncio.to_thread(look)
