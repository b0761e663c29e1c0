"""Letters signed ahead are the same as those signed at their turn, and never another edition's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from newsletter.delivery.ahead import Ahead
from newsletter.delivery.dkim import Signer
from newsletter.delivery.letter import Pieces, Postman, Reader
from newsletter.rendering.edition import Edition
from newsletter.settings import NewsletterSettings, Settings
from newsletter.subscribers.token import Keyring

READERS = {number: Reader(f"reader{number}@example.org", b"handle-%05d" % number) for number in range(12)}


@pytest.fixture(scope="module")
def postman() -> Postman:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return Postman(
        settings=Settings(),
        newsletter=NewsletterSettings(),
        keyring=Keyring.example(),
        issued_on=date(2026, 3, 3),
        edition=Edition("Gout: what to know", "What it is.", "<p>What it is.</p>", "What it is."),
        sent_at=datetime(2026, 3, 3, 7, tzinfo=UTC),
        signer=Signer(key, "example.org", "letter"),
    )


@pytest.fixture
def ahead() -> Iterator[Ahead]:
    made = Ahead(10)
    yield made
    made.close()


def orders(postman: Postman, *numbers: int) -> list[tuple[int, Postman, bytes]]:
    return [(number, postman, b"".join(postman.unsigned(READERS[number]))) for number in numbers]


async def taken(ahead: Ahead, number: int, postman: Postman) -> bytes | None:
    found: Pieces | asyncio.Future[Pieces] | None = ahead.take(number, postman)
    pieces = await found if isinstance(found, asyncio.Future) else found
    return None if pieces is None else b"".join(pieces)


def test_each_reader_gets_their_own_letter_signed(postman, ahead):
    async def take_all() -> list[bytes | None]:
        ahead.begin(orders(postman, *range(6)))
        return [await taken(ahead, number, postman) for number in range(6)]

    assert asyncio.run(take_all()) == [postman.message(READERS[number]) for number in range(6)]


def test_a_letter_is_given_out_once(postman, ahead):
    async def take_twice() -> bytes | None:
        ahead.begin(orders(postman, 1))
        await taken(ahead, 1, postman)
        return await taken(ahead, 1, postman)

    assert asyncio.run(take_twice()) is None


def test_a_reader_who_changed_topics_meanwhile_does_not_get_the_edition_of_before(postman, ahead):
    other = replace(postman, edition=Edition("Asthma", "What it is.", "<p>Air.</p>", "Air."))

    async def take_other() -> bytes | None:
        ahead.begin(orders(postman, 1))
        return await taken(ahead, 1, other)

    assert asyncio.run(take_other()) is None


def test_a_letter_that_nobody_began_is_signed_at_its_turn(postman, ahead):
    async def at_once() -> bytes:
        return b"".join(await ahead.at_once(postman, b"".join(postman.unsigned(READERS[3]))))

    assert asyncio.run(at_once()) == postman.message(READERS[3])


def test_those_who_left_make_room_for_others(postman, ahead):
    assert ahead.room == 8
    ahead.begin(orders(postman, *range(8)))
    assert ahead.room == 0
    ahead.keep([6, 7, 8])
    assert ahead.room == 8
    assert [number in ahead for number in range(9)] == [False] * 6 + [True, True, False]
