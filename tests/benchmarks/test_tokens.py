"""`make bench`: how many tokens are checked in a second, beside the bare HMAC that a check needs."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable

from newsletter.subscribers.token import Keyring, Purpose, new_handle

COUNT = 50_000
LEAST = 100_000


def rate(work: Callable[[int], object]) -> float:
    """Calls a second, the best of three rounds."""
    rounds = []
    for _ in range(3):
        began = time.perf_counter()
        for number in range(COUNT):
            work(number)
        rounds.append(COUNT / (time.perf_counter() - began))
    return max(rounds)


def test_tokens_are_checked_fast_enough_for_every_click() -> None:
    keyring = Keyring({f"k{number}": bytes([number]) * 32 for number in range(1, 4)})
    handles = [new_handle() for _ in range(1000)]
    tokens = [keyring.token(Purpose.UNSUBSCRIBE, handle) for handle in handles]
    key = b"k" * 32

    def bare(number: int) -> bool:
        made = hmac.digest(key, handles[number % 1000], hashlib.sha256)
        return hmac.compare_digest(made[:16], made[:16])

    reference = rate(bare)
    checked = rate(lambda number: keyring.read(Purpose.UNSUBSCRIBE, tokens[number % 1000]))
    print(
        f"\ntoken check: {checked:,.0f}/s, bare HMAC-SHA256 {reference:,.0f}/s: "
        f"{reference / checked:.1f} times as long"
    )
    assert checked >= LEAST
