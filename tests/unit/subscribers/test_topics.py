"""What readers chose: readable to nobody without the key file, and to no row but their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from newsletter.errors import SubscriberError
from newsletter.subscribers.schema import reader_topics
from newsletter.subscribers.seal import ResealedPage, Sealer, reseal_page
from newsletter.subscribers.token import Keyring
from newsletter.subscribers.topics import (
    SEALED_TOPICS,
    TopicChoice,
    count_choices,
    counted,
    set_topics,
    topics_of,
)
from tests.unit.workflows.conftest import Life

OLD, NEW = b"o" * 32, b"n" * 32
CHOICE = TopicChoice(frozenset({"heart", "skin"}), frozenset({"pregnancy loss"}))

words = st.frozensets(
    st.text("abcdefghijklmnopqrstuvwxyz' ", min_size=1, max_size=20).map(str.strip).filter(bool)
)


@given(words, st.integers(1, 2**40))
def test_what_is_sealed_opens_again_for_its_owner_alone(names, owner):
    sealer = Sealer(Keyring.example())
    said = "\n".join(sorted(names))
    sealed = sealer.seal(said, owner=owner)
    assert sealer.open(sealed, owner=owner) == said
    assert not any(name.encode() in sealed for name in names if len(name) > 4)
    with pytest.raises(SubscriberError):
        sealer.open(sealed, owner=owner + 1)
    with pytest.raises(SubscriberError):
        sealer.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), owner=owner)


def test_the_length_of_what_is_stored_says_nothing():
    sealer = Sealer(Keyring.example())
    assert len(sealer.seal("", owner=1)) == len(sealer.seal("skin\nheart\nbones", owner=1))


def test_a_new_key_seals_and_the_old_one_opens_until_all_is_sealed_anew(workplace):
    old, both = Sealer(Keyring({"k1": OLD})), Sealer(Keyring({"k1": OLD, "k2": NEW}))
    Life(workplace).confirmed()
    with workplace.database.write() as connection:
        set_topics(connection, old, 1, CHOICE, now=workplace.clock.now())
        assert topics_of(connection, both, 1) == CHOICE
        assert reseal_page(connection, both, SEALED_TOPICS) == ResealedPage(1, 1)
        assert reseal_page(connection, both, SEALED_TOPICS) == ResealedPage(1, 0)
        assert reseal_page(connection, both, SEALED_TOPICS, after=1) is None
        assert topics_of(connection, Sealer(Keyring({"k2": NEW})), 1) == CHOICE
        with pytest.raises(SubscriberError, match="cannot be opened with this key file"):
            topics_of(connection, old, 1)


def test_choices_of_active_readers_are_counted_and_nothing_chosen_leaves_no_trace(workplace):
    sealer = Sealer(workplace.keyring)
    ada, grace = Life(workplace).confirmed(), Life(workplace, "grace@example.org")
    grace.sign_up()
    with workplace.database.write() as connection:
        set_topics(connection, sealer, 1, CHOICE, now=workplace.clock.now())
        set_topics(connection, sealer, 2, CHOICE, now=workplace.clock.now())
        assert count_choices(connection, sealer, "daily") == {CHOICE: 1}
        assert count_choices(connection, sealer, "weekly") == {}
        assert count_choices(connection, sealer, "daily", frequency="daily") == {CHOICE: 1}
        assert count_choices(connection, sealer, "daily", frequency="weekly") == {}
        set_topics(connection, sealer, 1, TopicChoice(), now=workplace.clock.now())
        assert connection.scalars(select(reader_topics.c.subscriber_id)).all() == [2]
        assert topics_of(connection, sealer, 1) == TopicChoice()
    assert ada.is_mailed()


def test_no_topic_is_readable_in_the_database(workplace):
    Life(workplace).confirmed()
    with workplace.database.write() as connection:
        set_topics(connection, Sealer(workplace.keyring), 1, CHOICE, now=workplace.clock.now())
    with workplace.database.read() as connection:
        connection.execute(text("pragma wal_checkpoint(truncate)"))
    assert workplace.database.url.database
    assert b"pregnancy" not in Path(workplace.database.url.database).read_bytes()


def test_counting_takes_one_at_a_time():
    sealer = Sealer(Keyring.example())
    sealed = ((owner, sealer.seal("skin\f", owner=owner)) for owner in range(1, 40))
    assert counted(sealer, sealed) == {TopicChoice(frozenset({"skin"})): 39}
