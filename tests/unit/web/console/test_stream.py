"""What a page that is open is told: at once, whenever something else is found, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from newsletter.errors import SettingsError
from newsletter.web.console.stream import Event, stream
from newsletter.workflows.workplace import Workplace


def told(workplace: Workplace, found: Iterator[Event], *, listen_s: float = 60) -> list[str]:
    """Everything that is sent until the stream ends by itself."""

    async def read() -> list[str]:
        answer = stream(workplace, lambda: next(found), every_s=0, listen_s=listen_s)
        return [str(part) async for part in answer.body_iterator]

    return asyncio.run(read())


def test_only_what_is_new_is_told_and_nothing_after_the_last(workplace: Workplace) -> None:
    found = iter([Event("é"), Event("é"), Event({"n": 1}), Event("end", is_last=True), Event("never")])
    assert told(workplace, found) == [
        "retry: 2000\n\n",
        'event: now\ndata: "é"\n\n',
        ":\n\n",
        'event: now\ndata: {"n": 1}\n\n',
        'event: over\ndata: "end"\n\n',
    ]


def test_a_line_break_in_what_is_told_ends_no_event(workplace: Workplace) -> None:
    (_, event) = told(workplace, iter([Event("a\n\ndata: b\r\n", is_last=True)]))
    assert event.count("\n") == 3
    assert event.endswith("\n\n")


def test_the_browser_has_to_ask_again_after_a_while(workplace: Workplace) -> None:
    assert len(told(workplace, iter([Event(1)] * 9), listen_s=0)) == 2


def test_whoever_stops_the_server_does_not_wait_for_a_page(workplace: Workplace) -> None:
    stopping = replace(workplace)
    stopping.stopping.set()
    assert len(told(stopping, iter([Event(1)] * 9))) == 2


def test_what_cannot_be_looked_at_is_said_as_a_page_is(workplace: Workplace) -> None:
    def look() -> Event:
        raise SettingsError("version", "is none that this page gives")

    with pytest.raises(SettingsError):
        stream(workplace, look)
