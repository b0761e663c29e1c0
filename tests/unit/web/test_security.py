from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from newsletter.subscribers.token import Keyring
from newsletter.web.security import form_nonce, is_fresh

RING = Keyring.example()
NOW = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)


def fresh(nonce: str, *, page: str = "unsubscribe", of: str = "t", after: timedelta = timedelta()) -> bool:
    return is_fresh(RING, page, of, nonce=nonce, now=NOW + after)


def test_a_form_may_be_sent_for_a_day_after_its_page_was_opened() -> None:
    nonce = form_nonce(RING, "unsubscribe", "t", now=NOW)
    assert fresh(nonce)
    assert fresh(nonce, after=timedelta(hours=24))
    assert not fresh(nonce, after=timedelta(hours=24, seconds=1))
    assert not fresh(nonce, after=-timedelta(minutes=1))


def test_a_nonce_is_good_for_its_own_page_and_reader_only() -> None:
    nonce = form_nonce(RING, "unsubscribe", "t", now=NOW)
    assert not fresh(nonce, page="preferences")
    assert not fresh(nonce, of="u")


def test_a_page_opened_before_a_new_key_came_can_still_be_sent() -> None:
    old, both = Keyring({"k1": b"1" * 32}), Keyring({"k1": b"1" * 32, "k2": b"2" * 32})
    nonce = form_nonce(old, "unsubscribe", "t", now=NOW)
    assert is_fresh(both, "unsubscribe", "t", nonce=nonce, now=NOW)


@given(st.text(max_size=60) | st.from_regex(r"[0-9]{1,12}\.[0-9a-f]{32}", fullmatch=True))
def test_no_made_up_nonce_is_accepted(nonce: str) -> None:
    assert not fresh(nonce)
