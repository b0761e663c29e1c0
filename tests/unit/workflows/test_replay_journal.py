"""A backup of the database is restored: whoever left since stays away, and who came back stays."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from newsletter.clock import FixedClock
from newsletter.errors import SettingsError
from newsletter.settings import Settings
from newsletter.subscribers.consent import Action, Actor
from newsletter.subscribers.journal import Act, Journal, known_octets
from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.suppression import Reason, lift
from newsletter.subscribers.token import Purpose, add_key, write_key_file
from newsletter.subscribers.topics import TopicChoice, set_topics, topics_of
from newsletter.workflows.confirm import confirm
from newsletter.workflows.erase import erase
from newsletter.workflows.prove_consent import prove_consent
from newsletter.workflows.replay_journal import replay
from newsletter.workflows.unsubscribe import unsubscribe
from newsletter.workflows.workplace import Workplace, open_workplace
from tests.conftest import NOW
from tests.integration.article_source import add_readers
from tests.unit.workflows.conftest import ADA, Life
from tests.unit.workflows.test_erase import files_with, reader, suppressed_as

BOB = "bob@example.org"


@pytest.fixture
def files(settings: Settings) -> Settings:
    """Settings whose key file is there."""
    write_key_file(settings.key_path)
    return settings


@contextmanager
def opened(files: Settings, *, day: int = 0) -> Iterator[Workplace]:
    """The workplace as a command opens it."""
    with open_workplace(files, FixedClock(NOW.replace(day=NOW.day + day))) as workplace:
        yield workplace


def after(files: Settings, *what: Callable[[Life], object]) -> None:
    """Ada and Bob read both newsletters, a backup is made, *what* happens to Ada, the backup is restored."""
    database, backup = _database(files), _database(files).with_name("backup.db")
    with opened(files) as workplace:
        for newsletter in ("daily", "weekly"):
            add_readers(workplace, ADA, BOB, newsletter=newsletter)
    shutil.copy(database, backup)
    for day, act in enumerate(what, 1):
        with opened(files, day=day) as workplace:
            act(Life(workplace))
    shutil.move(backup, database)


def _database(files: Settings) -> Path:
    return Path(files.database_url.get_secret_value().removeprefix("sqlite:///"))


def leave(life: Life) -> None:
    token = life.token(Purpose.UNSUBSCRIBE)
    assert unsubscribe(life.workplace, token, door="page", evidence="POST").left == ("daily",)


def come_back(life: Life) -> None:
    life.sign_up()
    confirm(life.workplace, life.confirm_token(), page_url="http://letter.example/confirm/")
    assert life.is_mailed()


def be_erased(life: Life) -> None:
    assert erase(life.workplace, reader(life).id, door="page", evidence="POST")


def complain(life: Life) -> None:
    life.suppress(Reason.COMPLAINED)


def test_who_left_since_the_backup_is_not_mailed_and_the_record_says_why(files: Settings) -> None:
    after(files, leave)
    with opened(files, day=5) as workplace:
        ada = Life(workplace)
        assert (ada.is_mailed(), ada.is_mailed("weekly")) == (False, True)
        assert Life(workplace, BOB).is_mailed()
        last = ada.consents()[-1].content
        assert (last.action, last.actor) == (Action.WITHDRAW, Actor.CLOCK)
        assert last.evidence == "replayed from the journal"
        assert replay(workplace) == 0


def test_who_left_and_came_back_is_not_thrown_out(files: Settings) -> None:
    after(files, leave, come_back)
    with opened(files, day=5) as workplace:
        assert Life(workplace).is_mailed()


def test_who_came_back_and_left_again_is_off(files: Settings) -> None:
    after(files, leave, come_back, leave)
    with opened(files, day=5) as workplace:
        assert not Life(workplace).is_mailed()


def test_who_complained_since_the_backup_is_never_mailed(files: Settings) -> None:
    after(files, complain)
    with opened(files, day=5) as workplace:
        assert not Life(workplace).is_mailed()
        assert suppressed_as(workplace, ADA) is Reason.COMPLAINED
        assert Life(workplace, BOB).is_mailed()


def test_a_suppression_that_was_lifted_since_is_lifted_again(files: Settings) -> None:
    def readmit(life: Life) -> None:
        place, now = life.workplace, life.workplace.clock.now()
        with place.database.write() as connection:
            lift(connection, place.keyring, ADA, journal=place.journal, now=now, by_operator=True)

    after(files, complain, readmit)
    with opened(files, day=5) as workplace:
        assert suppressed_as(workplace, ADA) is None
        assert Life(workplace).is_mailed()


def test_who_was_erased_is_gone_again_from_every_file(files: Settings) -> None:
    after(files, be_erased)
    assert files_with_database(files, ADA)
    with opened(files, day=5) as workplace:
        assert files_with(workplace, ADA) == []
        assert suppressed_as(workplace, ADA) is Reason.ERASED
        assert Life(workplace, BOB).is_mailed()


def files_with_database(files: Settings, text: str) -> bool:
    return text.encode() in _database(files).read_bytes()


def test_who_was_erased_and_came_back_to_one_newsletter_gets_only_that(files: Settings) -> None:
    after(files, be_erased, come_back)
    with opened(files, day=5) as workplace:
        ada = Life(workplace)
        assert (ada.is_mailed(), ada.is_mailed("weekly")) == (True, False)


def test_who_was_erased_and_came_back_does_not_find_what_was_known_before(files: Settings) -> None:
    with opened(files) as workplace:
        add_readers(workplace, ADA)
    with opened(files) as workplace, workplace.database.write() as connection:
        choice = TopicChoice(frozenset({"lupus"}))
        set_topics(connection, Sealer(workplace.keyring), 1, choice, now=workplace.clock.now())
    after(files, be_erased, come_back)
    with opened(files, day=5) as workplace:
        ada = Life(workplace)
        assert ada.is_mailed()
        with workplace.database.read() as connection:
            assert topics_of(connection, Sealer(workplace.keyring), 1) == TopicChoice()
        proof = prove_consent(workplace, ada.address)
        assert proof is not None
        assert proof.is_whole
        kept = [act.record.act for act in proof.acts if act.record.act]
        assert [(act.action, act.newsletter) for act in kept] == [
            (Action.ERASE, ""),
            (Action.WITHDRAW, "weekly"),
        ]


def test_an_address_that_is_not_on_the_list_is_kept_from_it(files: Settings) -> None:
    after(files, lambda life: Life(life.workplace, "cyd@example.org").suppress(Reason.OPERATOR))
    with opened(files, day=5) as workplace:
        assert suppressed_as(workplace, "cyd@example.org") is Reason.OPERATOR


def test_a_new_key_since_does_not_hide_who_left(files: Settings) -> None:
    def leave_and_turn_the_key(life: Life) -> None:
        leave(life)
        add_key(files.key_path)

    after(files, leave_and_turn_the_key, come_back, leave)
    with opened(files, day=5) as workplace:
        assert not Life(workplace).is_mailed()
        assert len(workplace.keyring.key_ids) == 2


def test_a_lost_journal_is_written_anew_and_told_of(
    files: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    after(files, leave)
    with opened(files, day=5):
        pass
    older = _database(files).with_name("older.db")
    shutil.copy(_database(files), older)
    with opened(files, day=6) as workplace:
        Life(workplace, BOB).suppress(Reason.BOUNCED)
    files.journal_path.unlink()
    with opened(files, day=7) as workplace:
        assert "was lost or replaced" in caplog.text
        assert ADA not in caplog.text
        acts = {(entry.act, entry.about) for entry in workplace.journal.read()}
        assert acts == {(Act.LEAVE, "daily"), (Act.SUPPRESS, "bounced")}
        assert files.journal_path.stat().st_mode & 0o777 == 0o600
    shutil.copy(older, _database(files))  # what is written anew reaches a backup of any age
    with opened(files, day=8) as workplace:
        assert not Life(workplace, BOB).is_mailed()


def test_an_old_copy_of_the_journal_does_not_throw_out_who_came_back(files: Settings) -> None:
    after(files, leave)
    copy = files.journal_path.read_bytes()
    before = _database(files).read_bytes()
    with opened(files, day=2) as workplace:
        come_back(Life(workplace))
    files.journal_path.write_bytes(copy)
    with opened(files, day=3) as workplace:
        assert Life(workplace).is_mailed()
    _database(files).write_bytes(before)
    with opened(files, day=4) as workplace:
        assert Life(workplace).is_mailed()


def test_a_journal_that_cannot_be_read_is_told_of_before_anybody_is_mailed(files: Settings) -> None:
    after(files, leave)
    files.journal_path.unlink()
    files.journal_path.mkdir()
    with pytest.raises(SettingsError, match=r"journal .* cannot be used"), opened(files):
        pass


def test_nothing_to_replay_reads_no_reader(files: Settings, caplog: pytest.LogCaptureFixture) -> None:
    after(files)
    with opened(files) as workplace, workplace.database.read() as connection:
        assert known_octets(connection) == Journal(files.journal_path).size == 0
        assert replay(workplace) == 0
    assert not caplog.text
