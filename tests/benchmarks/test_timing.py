"""`make bench`: nobody learns from the clock whether an address is known, at the forms that strangers send.

For each form the four kinds of addresses are asked in turn, in a shuffled order. A permutation test compares
every kind with the new ones: how often does chance alone, over the same times with their labels shuffled,
bring the medians as far apart as they were? The reference is the same test of two halves of the new ones.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator

import httpx
import pytest

from newsletter.subscribers.suppression import Reason, suppress
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer
from tests.integration.web_site import Site, running
from tests.unit.workflows.conftest import Life

EACH = 60
SHUFFLES = 2000
#: Three comparisons at each of two forms: the chance of one false alarm in a run is about one in a hundred.
LEAST_CHANCE = 0.01 / 6
KINDS = ("new", "pending", "active", "suppressed")


@pytest.fixture
def site(connected: Workplace, smtp_server: MailServer) -> Iterator[Site]:
    with running(connected) as url, httpx.Client(base_url=url) as http:
        yield Site(connected, http, smtp_server)


def address_of(kind: str, number: int) -> str:
    return f"{kind}{number}@example.org"


def prepare(workplace: Workplace) -> None:
    for number in range(EACH):
        Life(workplace, address_of("pending", number)).sign_up()
        Life(workplace, address_of("active", number)).confirmed()
        with workplace.database.write() as connection:
            suppress(
                connection,
                workplace.keyring,
                address_of("suppressed", number),
                reason=Reason.COMPLAINED,
                journal=workplace.journal,
                now=workplace.clock.now(),
            )


def chance(one: list[float], other: list[float], shuffled: random.Random) -> float:
    """How likely medians so far apart are if the kind makes no difference (a permutation test)."""
    seen = abs(statistics.median(one) - statistics.median(other))
    pool = one + other
    further = 0
    for _ in range(SHUFFLES):
        shuffled.shuffle(pool)
        apart = abs(statistics.median(pool[: len(one)]) - statistics.median(pool[len(one) :]))
        further += apart >= seen
    return (further + 1) / (SHUFFLES + 1)


@pytest.mark.parametrize("form", ["/subscribe", "/preferences"])
def test_no_clock_tells_a_known_address_from_an_unknown_one(
    site: Site, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The limit for one network would stop the measurement after ten.
    monkeypatch.setattr("newsletter.workflows.ask_link.ASKS_AN_HOUR", 10_000)
    prepare(site.workplace)
    order = [(kind, number) for kind in KINDS for number in range(EACH)]
    shuffled = random.Random(20260303)
    shuffled.shuffle(order)
    taken: dict[str, list[float]] = {kind: [] for kind in KINDS}
    bodies = set()
    for kind, number in order:
        address = address_of(kind, number)
        began = time.perf_counter()
        answer = site.http.post(form, data={"email": address, "consent": "yes"})
        taken[kind].append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 202
        bodies.add(answer.text.replace(address, "…"))
    assert len(bodies) == 1
    medians = ", ".join(f"{kind} {statistics.median(times):.2f} ms" for kind, times in taken.items())
    chances = {kind: chance(taken["new"], taken[kind], shuffled) for kind in KINDS[1:]}
    same = chance(taken["new"][::2], taken["new"][1::2], shuffled)
    print(
        f"\n{form}: medians {medians}; chance of such a distance by itself: "
        + ", ".join(f"{kind} {value:.3f}" for kind, value in chances.items())
        + f"; two halves of the new ones {same:.3f}"
    )
    assert min(chances.values()) >= LEAST_CHANCE


def test_the_test_finds_a_difference_of_a_millisecond() -> None:
    noise = random.Random(7)
    one = [noise.gauss(44.0, 0.5) for _ in range(EACH)]
    other = [time_ms + 1.0 for time_ms in (noise.gauss(44.0, 0.5) for _ in range(EACH))]
    assert chance(one, other, noise) < LEAST_CHANCE
