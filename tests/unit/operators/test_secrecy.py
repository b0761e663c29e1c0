"""Tokens: random, and of no use to whoever reads what is kept of them."""

from __future__ import annotations

from newsletter.operators.secrecy import digest, new_token


def test_no_two_tokens_are_alike_and_a_hash_is_for_one_purpose() -> None:
    assert len({new_token() for _ in range(100)}) == 100
    token = new_token()
    assert digest("session", token) == digest("session", token)
    assert digest("session", token) != digest("invitation", token)
    assert token.encode() not in digest("session", token)
