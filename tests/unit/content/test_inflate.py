from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.inflate import RATIO_FLOOR, STEP, BrokenError, Inflater, TooLargeError

WORDS = b"Knees bend. " * 4000


def inflate(packed: bytes, encoding: str, *, piece: int = 1000, max_bytes: int = 10**7) -> bytes:
    inflater = Inflater(encoding, max_bytes=max_bytes, max_ratio=100)
    for start in range(0, len(packed), piece):
        inflater.feed(packed[start : start + piece])
    return inflater.close()


def bare(text: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(text) + packer.flush()


@pytest.mark.parametrize("piece", [1, 7, 1000, 10**6])
def test_every_packing_gives_the_same_back(piece: int) -> None:
    assert inflate(WORDS, "", piece=piece) == WORDS
    assert inflate(gzip.compress(WORDS), "gzip", piece=piece) == WORDS
    assert inflate(zlib.compress(WORDS), "deflate", piece=piece) == WORDS
    assert inflate(bare(WORDS), "deflate", piece=piece) == WORDS


@given(st.lists(st.binary(max_size=300), max_size=5), st.integers(1, 50))
def test_members_and_pieces_cut_anywhere_give_the_whole(parts: list[bytes], piece: int) -> None:
    packed = b"".join(gzip.compress(part) for part in parts)
    assert inflate(packed, "gzip", piece=piece) == b"".join(parts)


@pytest.mark.parametrize("size", [STEP - 1, STEP, STEP + 1, 3 * STEP, 3 * STEP + 100])
def test_a_text_of_exactly_some_steps_is_whole(size: int) -> None:
    assert inflate(gzip.compress(b"x" * size), "gzip", piece=10**6) == b"x" * size


def test_padding_after_the_end_is_passed_over() -> None:
    assert inflate(gzip.compress(WORDS) + b"\0" * 20, "gzip") == WORDS
    assert inflate(zlib.compress(WORDS) + b"more", "deflate") == WORDS


def test_a_bomb_is_stopped_by_its_ratio_and_by_its_size() -> None:
    packed = gzip.compress(b" " * 20_000_000, 9)
    inflater = Inflater("gzip", max_bytes=10**9, max_ratio=100)
    with pytest.raises(TooLargeError, match="100 times"):
        inflater.feed(packed)
    assert len(inflater._body) <= max(RATIO_FLOOR, 100 * len(packed)) + STEP
    with pytest.raises(TooLargeError, match="unpacks to more than 100,000 bytes"):
        inflate(packed, "gzip", max_bytes=100_000)


def test_more_than_allowed_is_refused_unpacked_too() -> None:
    with pytest.raises(TooLargeError, match="came"):
        inflate(WORDS, "", max_bytes=5000)


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(WORDS)[:-1], gzip.compress(WORDS)[:100], b"\x1f"],
    ids=["last byte", "beginning", "first byte"],
)
def test_a_packed_body_that_ends_half_way_is_broken(packed: bytes) -> None:
    with pytest.raises(BrokenError, match="half-way"):
        inflate(packed, "gzip")


def test_what_is_not_packed_as_it_says_is_broken() -> None:
    with pytest.raises(BrokenError, match="not gzip"):
        inflate(b"<html>", "gzip")


def test_nothing_is_nothing_in_any_packing() -> None:
    assert inflate(b"", "gzip") == b""
