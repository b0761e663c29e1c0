"""Erasure in raw bytes: what SQLite leaves behind when rows grow, move and go has to go, too."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from newsletter.subscribers.store import get_subscriber, subscriptions_of
from newsletter.workflows.retain import retain
from newsletter.workflows.unsubscribe import withdraw
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import add_readers
from tests.unit.workflows.conftest import Life
from tests.unit.workflows.test_erase import change_address, erased, reader


def test_no_byte_of_an_erased_address_is_left_after_moves_and_deletions(workplace: Workplace) -> None:
    chance = random.Random(5)
    names = [f"reader{number * 7919 % 400:04}.y{'x' * (number * 7 % 40)}" for number in range(400)]
    chance.shuffle(names)
    add_readers(workplace, *(f"{name}@example.org" for name in names))
    lives = {name: Life(workplace, f"{name}@example.org") for name in names}
    for name in chance.sample(names, 200):
        lives[name] = change_address(lives[name], f"{name[::-1]}@longer.example.com")
    for name in chance.sample(names, 40):
        _leave(lives[name])
    folder = Path(str(workplace.database.url.database)).parent
    gone = chance.sample(names, 60)
    for name in gone:
        erased(lives[name])
    everything = {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}
    spellings = {text for name in gone for text in (f"{name}@", f"{name[::-1]}@")}
    left = [
        (file, text) for file, octets in everything.items() for text in spellings if text.encode() in octets
    ]
    assert left == []
    kept = next(name for name in names if name not in gone)
    assert any(f"{kept}@".encode() in octets for octets in everything.values())


def test_a_large_database_is_cleaned_by_the_clock(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.workflows.erase.CLEANED_AT_ONCE", 0)
    add_readers(workplace, "ada@example.org", "bob@example.org")
    erased(Life(workplace, "ada@example.org"))
    assert not workplace.database.clean_up(at_most=0)
    retain(workplace)
    assert workplace.database.clean_up(at_most=0)


def _leave(life: Life) -> None:
    now = life.workplace.clock.now()
    with life.workplace.database.write() as connection:
        who = get_subscriber(connection, reader(life).id)
        theirs = subscriptions_of(connection, who.id)
        withdraw(
            connection,
            life.workplace,
            subscriber=who,
            subscriptions=theirs,
            door="page",
            evidence="POST",
            now=now,
        )
