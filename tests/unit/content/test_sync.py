from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.content.store import ContentStore
from newsletter.content.sync import Checkpoint, Item, Run, SyncState
from newsletter.errors import ContentError

NEWEST = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
KNEE = Item("7", "knee-1a2b3c", "https://site.example/knee/", "2026-01-01T00:00:00", "hash")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "content.db"


@pytest.fixture
def state(path: Path) -> Iterator[SyncState]:
    with SyncState(path, origin="wordpress https://site.example/") as opened:
        yield opened


def again(state: SyncState) -> SyncState:
    return SyncState(state.path, origin=state.origin)


def test_nothing_is_known_of_a_new_origin(state: SyncState) -> None:
    assert (state.cursor, state.checkpoint, state.last_run, state.items()) == (None, None, None, {})
    assert state.validators("https://site.example/feed/") == ("", "")


def test_everything_is_there_again_in_the_next_process(state: SyncState) -> None:
    run = Run(NEWEST, {"new": 1}, (("post 3", "is protected by a password"),), "is down")
    state.remember([KNEE], checkpoint=Checkpoint(3, None, NEWEST))
    state.keep_validators("https://site.example/feed/", etag='"x"', last_modified="Mon")
    state.keep_run(run)
    with again(state) as other:
        assert other.items() == {"7": KNEE}
        assert other.checkpoint == Checkpoint(3, None, NEWEST)
        assert other.validators("https://site.example/feed/") == ('"x"', "Mon")
        assert other.last_run == run


def test_a_listing_read_to_its_end_moves_the_cursor(state: SyncState) -> None:
    state.remember([], checkpoint=Checkpoint(2, NEWEST, NEWEST))
    state.finish_listing(NEWEST)
    assert (state.cursor, state.checkpoint) == (NEWEST, None)
    state.finish_listing(None)
    assert state.cursor == NEWEST


def test_origins_know_nothing_of_each_other(state: SyncState) -> None:
    state.remember([KNEE])
    state.finish_listing(NEWEST)
    with SyncState(state.path, origin="another") as other:
        assert (other.cursor, other.items()) == (None, {})
        other.forget(["7"])
        other.start_over()
    assert state.items() == {"7": KNEE}
    assert state.cursor == NEWEST


def test_what_was_known_by_its_address_alone_gets_its_id(state: SyncState) -> None:
    state.remember([Item(KNEE.url, KNEE.article_id, KNEE.url)])
    state.remember([KNEE])
    assert state.items() == {"7": KNEE}


def test_items_are_forgotten(state: SyncState) -> None:
    state.remember([KNEE, Item("8")])
    state.forget(["7", "99"])
    assert list(state.items()) == ["8"]


def test_starting_over_keeps_the_ids(state: SyncState) -> None:
    state.remember([KNEE])
    state.keep_validators("u", etag='"x"', last_modified="Mon")
    state.finish_listing(NEWEST)
    state.start_over()
    kept = state.items()["7"]
    assert (kept.article_id, kept.modified, kept.hash) == (KNEE.article_id, "", "")
    assert (state.cursor, state.validators("u")) == (None, ("", ""))


def test_items_and_checkpoint_are_kept_together_or_not_at_all(state: SyncState) -> None:
    with pytest.raises(ContentError, match="cannot be used"):
        state.remember([Item("9", hash=b"\0" and object())], checkpoint=Checkpoint(2, None, None))  # type: ignore[arg-type]
    assert (state.items(), state.checkpoint) == ({}, None)
    state.remember([KNEE])  # and it can be written to afterwards


def test_the_tables_live_beside_the_articles(path: Path, state: SyncState) -> None:
    with ContentStore(path) as store:
        assert store.articles() == []
    state.remember([KNEE])
    with ContentStore(path) as store:
        assert store.articles() == []
    assert state.items() == {"7": KNEE}


def test_a_writer_waits_for_another_one(path: Path, state: SyncState) -> None:
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("begin immediate")
    release = threading.Timer(0.1, lambda: other.execute("commit"))
    release.start()
    state.remember([KNEE])
    release.join()
    other.close()
    assert state.items() == {"7": KNEE}


def test_a_file_that_is_none_is_said_to_be_none(path: Path) -> None:
    path.write_bytes(b"no database, but long enough to be looked at " * 50)
    with pytest.raises(ContentError, match="cannot be used"):
        SyncState(path, origin="x")
