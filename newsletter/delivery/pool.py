"""The couriers of one run: so many channels, shared out over the relays, opened again when they end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from newsletter.delivery.channel import Channel, Endpoint, open_channel
from newsletter.delivery.courier import Courier, Desk, End, Return
from newsletter.errors import DeliveryError
from newsletter.settings import RelaySettings

log = logging.getLogger(__name__)

#: Waits before a relay that failed is asked again: the 1st, 2nd … time in a row.
BACK_OFF_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
#: How long a run waits for relays that worked and are gone. The clock tries again every half minute anyway.
PATIENCE_S = 20.0
#: So many broken connections a courier, without an answer between, say that the relay is at fault.
MAX_LOST_IN_A_ROW = 3
#: How often somebody who waits looks whether the run is over.
_LOOK_EVERY_S = 0.2
#: Authentication required (RFC 4954 section 6).
_WANTS_LOGIN = 530


@dataclass
class _Route:
    """A relay, and how it has been lately."""

    settings: RelaySettings
    endpoint: Endpoint
    failures: int = 0
    rests_until: float = 0
    error: DeliveryError | None = None

    def failed(self, error: DeliveryError | None, *, now: float) -> None:
        self.rests_until = now + BACK_OFF_S[min(self.failures, len(BACK_OFF_S) - 1)]
        self.failures += 1
        self.error = error or self.error

    def worked(self) -> None:
        self.failures, self.rests_until = 0, 0


@dataclass
class Pool:
    """*connections* channels over *relays*, each for *share* messages at most.

    Channels are shared out by the relays' weights; those of a relay that fails go to another, and those of
    weight 0 are taken only then. *is_over*: says that nothing more is to be begun.
    """

    relays: Sequence[RelaySettings]
    connections: int
    share: int
    is_over: Callable[[], bool]
    timeout_s: float = 60
    _alive: int = 0
    _last_alive: float | None = None
    _lost_in_a_row: int = 0
    _is_done: bool = False
    _routes: list[_Route] = field(default_factory=list)

    async def run(self, desk: Desk) -> None:
        """Carry until the desk has nothing more.

        Raises:
            DeliveryError: no relay can be used. What is in flight has its outcome by then.
            Exception: whatever the desk raised.
        """
        if not self._routes:
            self._routes = [_Route(one, Endpoint.of(one.url.get_secret_value())) for one in self.relays]
        self._is_done = False
        homes = shared_out([route.settings.weight for route in self._routes], self.connections)
        tasks = [asyncio.create_task(self._work(desk, self._routes[home])) for home in homes]
        results = await asyncio.gather(*tasks, return_exceptions=True)
        failed = [one for one in results if isinstance(one, BaseException)]
        # A fault of ours says more than a relay that was found down besides.
        for error in sorted(failed, key=lambda one: isinstance(one, DeliveryError)):
            raise error

    async def _work(self, desk: Desk, home: _Route) -> None:
        """One courier's life. Whatever ends it ends the others, when they know their message's outcome."""
        try:
            while not self._ends():
                route = self._best(home)
                if route is None:
                    await self._wait()
                    continue
                self._heed(route, await self._trip(desk, route))
        finally:
            self._is_done = True

    async def _trip(self, desk: Desk, route: _Route) -> Return | None:
        """Open a channel and carry; None when it could not be opened."""
        loop = asyncio.get_running_loop()
        # Counted from here: a relay that turns some of us away may be about to take the others.
        self._alive += 1
        try:
            channel = await self._open(route)
            if channel is None:
                return None
            try:
                return await Courier(desk, channel, relay=route.settings.name, share=self.share).carry()
            finally:
                self._last_alive = loop.time()
                await channel.quit()
        finally:
            self._alive -= 1

    async def _open(self, route: _Route) -> Channel | None:
        try:
            channel = await open_channel(route.endpoint, timeout_s=self.timeout_s)
        except DeliveryError as error:
            route.failed(error, now=asyncio.get_running_loop().time())
            return None
        route.worked()
        return channel

    def _heed(self, route: _Route, back: Return | None) -> None:
        if back is None:
            return
        if back.refused_sender is not None:
            said = f"{back.refused_sender.code} {back.refused_sender.status}".strip()
            raise DeliveryError(
                f"relay {route.endpoint.host}:{route.endpoint.port}",
                f"refuses the sender ({said})",
                "This relay wants a login: put user and password into its address (percent-encoded)."
                if back.refused_sender.code == _WANTS_LOGIN
                else "Check sender and return_path, and that this relay may send for their domain.",
            )
        if back.end is End.DONE:
            self._is_done = True
        if back.has_carried:
            self._lost_in_a_row = 0
        if back.end is End.LOST:
            self._lost_in_a_row += 1
            if not back.has_carried:
                route.failed(None, now=asyncio.get_running_loop().time())
                route.rests_until -= BACK_OFF_S[0] * 0.9
        if self._lost_in_a_row >= MAX_LOST_IN_A_ROW * self.connections:
            raise DeliveryError(
                f"relay {route.endpoint.host}:{route.endpoint.port}",
                f"broke {self._lost_in_a_row} connections in a row",
                "Check the relay; whoever was not mailed is sent later.",
            )

    def _ends(self) -> bool:
        return self._is_done or self.is_over()

    def _best(self, home: _Route) -> _Route | None:
        """The relay to ask now: *home*, or another when it rests; None when all do."""
        now = asyncio.get_running_loop().time()
        fit = [route for route in self._routes if route.rests_until <= now]
        fit.sort(key=lambda route: (route is not home, -route.settings.weight))
        if fit:
            return fit[0]
        since = self._last_alive
        hopeless = since is None or now - since > PATIENCE_S
        errors = [route.error for route in self._routes if route.error is not None]
        if not self._alive and hopeless and errors:
            raise errors[0]
        return None

    async def _wait(self) -> None:
        """Until a relay has rested, or nothing is left to do."""
        now = asyncio.get_running_loop().time()
        ready_at = min(route.rests_until for route in self._routes)
        with suppress(asyncio.TimeoutError):
            await asyncio.sleep(min(max(ready_at - now, 0.01), _LOOK_EVERY_S))


def shared_out(weights: Sequence[int], number: int) -> list[int]:
    """For each of *number* channels, which relay it belongs to: by *weights*, by largest remainder.

    A relay of weight 0 gets none, unless all are of weight 0.
    """
    total = sum(weights)
    shares = [weight * number / total if total else number / len(weights) for weight in weights]
    counts = [int(share) for share in shares]
    by_remainder = sorted(range(len(weights)), key=lambda one: (counts[one] - shares[one], one))
    for one in by_remainder[: number - sum(counts)]:
        counts[one] += 1
    return [one for one, count in enumerate(counts) for _ in range(count)]
