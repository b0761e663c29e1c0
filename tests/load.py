"""Load on a page: requests over kept connections, as fast as they go or at fixed times."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

HOST = "127.0.0.1"


@dataclass
class Answers:
    """How often each status came, and how long each answer took, in seconds."""

    statuses: dict[int, int] = field(default_factory=dict)
    taken: list[float] = field(default_factory=list)

    def quantile(self, part: float) -> float:
        """The time within which that *part* of the answers came, in seconds."""
        return sorted(self.taken)[min(len(self.taken) - 1, int(part * len(self.taken)))]


def post(path: str, body: bytes, media_type: str, **headers: str) -> bytes:
    """A request as octets; X_Forwarded_For is the header that a proxy would set."""
    every = {"Host": HOST, "Content-Type": media_type, "Content-Length": str(len(body)), **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in every.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def form(path: str, fields: dict[str, str], **headers: str) -> bytes:
    """A request with a filled in form."""
    return post(path, urlencode(fields).encode(), "application/x-www-form-urlencoded", **headers)


def in_json(path: str, value: object, **headers: str) -> bytes:
    """A request with JSON."""
    return post(path, json.dumps(value).encode(), "application/json", **headers)


def as_fast_as_it_goes(
    port: int, requests: Sequence[bytes], *, connections: int, answers: Answers | None = None
) -> tuple[float, Answers]:
    """Requests a second when each of so many connections sends its next one at once; and the answers.

    They come into *answers* one by one, if it is given.
    """
    answers = answers or Answers()

    async def run() -> tuple[float, Answers]:
        left = iter(requests)
        pool = _Pool(port)
        await pool.fill(connections)

        async def client() -> None:
            for request in left:
                await pool.ask(request, answers, since=time.perf_counter())

        began = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(connections)))
        rate = len(requests) / (time.perf_counter() - began)
        await pool.close()
        return rate, answers

    return asyncio.run(run())


def at_fixed_times(
    port: int, requests: Sequence[bytes], *, a_second: float, connections: int = 64
) -> Answers:
    """The answers when requests come at that rate, however long the ones before them take.

    Times count from the moment at which a request was due: one that had to wait its turn was slow, too.
    """

    async def run() -> Answers:
        answers, pool = Answers(), _Pool(port)
        await pool.fill(connections)
        began = time.perf_counter() + 0.1
        tasks = []
        for number, request in enumerate(requests):
            due = began + number / a_second
            await asyncio.sleep(due - time.perf_counter())
            tasks.append(asyncio.create_task(pool.ask(request, answers, since=due)))
        await asyncio.gather(*tasks)
        await pool.close()
        return answers

    return asyncio.run(run())


class _Pool:
    """Connections that are kept; a request waits for a free one."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def fill(self, number: int) -> None:
        for _ in range(number):
            self._free.put_nowait(await asyncio.open_connection(HOST, self._port))

    async def close(self) -> None:
        while not self._free.empty():
            writer = self._free.get_nowait()[1]
            writer.close()
            await writer.wait_closed()

    async def ask(self, request: bytes, answers: Answers, *, since: float) -> None:
        reader, writer = await self._free.get()
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
        answers.taken.append(time.perf_counter() - since)
        status = int(head[9:12])
        answers.statuses[status] = answers.statuses.get(status, 0) + 1
        self._free.put_nowait((reader, writer))
