"""One changed bit of a consent record in a real database file is found, wherever it is."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.settings import Settings
from newsletter.subscribers.consent import Actor
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.schema import consents
from newsletter.subscribers.signup import SignUp
from newsletter.subscribers.store import get_subscriber
from newsletter.subscribers.token import Keyring, Purpose
from newsletter.workflows.confirm import confirm
from newsletter.workflows.prove_consent import ConsentProof, prove_consent
from newsletter.workflows.subscribe import subscribe
from newsletter.workflows.unsubscribe import unsubscribe
from newsletter.workflows.wipe import Wiping, wipe_past
from newsletter.workflows.workplace import Workplace
from tests.conftest import NOW
from tests.unit.workflows.conftest import ADA, Life

EVE = "eve@example.org"
FORGOTTEN = "forgotten@example.org"
PAGE = "http://letter.example/confirm/"
#: The row's number says nothing about anybody and is part of no proof.
COLUMNS = [column.name for column in consents.c if column.name != "id"]
Tampered = Callable[..., ConsentProof]


def live(workplace: Workplace, address: str) -> None:
    """Sign up, confirm, leave, sign up again: four records, with where the first two came from."""
    origin = Origin("192.0.2.7", "A browser")
    life = Life(workplace, address)
    subscribe(
        workplace,
        SignUp(
            address=address,
            newsletter="daily",
            door="sign-up page",
            page_url="http://letter.example/subscribe",
            wording="Yes, send it.",
            locale="en",
            evidence="POST",
            origin=origin,
        ),
    )
    confirm(workplace, life.confirm_token(), page_url=PAGE, origin=origin)
    unsubscribe(workplace, life.token(Purpose.UNSUBSCRIBE), door="page", evidence="POST")
    life.at(_later(workplace)).sign_up()


def _later(workplace: Workplace) -> Workplace:
    return replace(workplace, clock=FixedClock(workplace.clock.now().replace(day=20)))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """Ada's and Eve's chains of four records, and one of a reader whose content was deleted."""
    folder = tmp_path_factory.mktemp("proof")
    settings = Settings(
        database_url=f"sqlite:///{folder / 'original.db'}",  # type: ignore[arg-type] # pydantic makes it a secret
        journal_path=folder / "newsletter.journal",
    )
    database = Database(f"sqlite:///{folder / 'original.db'}")
    database.upgrade()
    workplace = Workplace(settings, FixedClock(NOW), database, Keyring.example())
    for address in (ADA, EVE, FORGOTTEN):
        live(workplace, address)
    wiping = Wiping(reason=None, door="test", evidence="came back", actor=Actor.CLOCK, now=NOW)
    with database.write() as connection:
        wipe_past(connection, workplace.keyring, get_subscriber(connection, 3), wiping)
    with closing(sqlite3.connect(str(database.url.database))) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    return workplace


@pytest.fixture
def tampered(original: Workplace, tmp_path: Path) -> Iterator[Tampered]:
    """``tampered(statement, *values)``: the proof for Ada (or *of*) after that was done to the file."""
    path = tmp_path / "tampered.db"
    shutil.copy(str(original.database.url.database), path)
    opened: list[Database] = []

    def prove(*statements: tuple[str, tuple[object, ...]], of: str = ADA) -> ConsentProof:
        with closing(sqlite3.connect(path)) as connection:
            for statement, values in statements:
                assert connection.execute(statement, values).rowcount != 0
            connection.commit()
        opened.append(Database(f"sqlite:///{path}"))
        proof = prove_consent(replace(original, database=opened[-1]), of)
        assert proof is not None
        return proof

    yield prove
    for database in opened:
        database.close()


def flipped(path: str, column: str, *, row: int, bit: int) -> tuple[str, tuple[object, ...]]:
    """The statement that flips one stored bit of one row, counted over its whole value, round and round."""
    with closing(sqlite3.connect(path)) as connection:
        kind, raw = connection.execute(
            f"select typeof({column}), cast({column} as blob) from consents where id = ?",  # noqa: S608 - its names
            (row,),
        ).fetchone()
        if kind == "integer":
            number = int(raw)
            # The lowest bits would give it the place of another row, which the database itself refuses.
            place = bit % 8 if column == "format" else 4 + bit % 8
            return f"update consents set {column} = ? where id = ?", (number ^ (1 << place), row)  # noqa: S608
    changed = bytearray(raw or b"\0")  # what is empty has no bit: something is put there instead
    changed[bit // 8 % len(changed)] ^= 1 << bit % 8
    value = "cast(? as text)" if kind == "text" else "?"
    return f"update consents set {column} = {value} where id = ?", (bytes(changed), row)  # noqa: S608


@pytest.mark.parametrize("bit", [7, 16, 8 * 10 + 1, 8 * 19 + 1, 8 * 11 + 3])
@pytest.mark.parametrize("row", [1, 2, 4])
@pytest.mark.parametrize("column", COLUMNS)
def test_one_flipped_bit_is_found(
    original: Workplace, tampered: Tampered, column: str, row: int, bit: int
) -> None:
    proof = tampered(flipped(str(original.database.url.database), column, row=row, bit=bit))
    assert not proof.is_whole
    assert "CHANGED at record" in proof.verdict
    if column not in ("subscriber_id", "sequence"):
        assert f"record {row}" in proof.verdict


@pytest.mark.parametrize("bit", range(8 * len("2026-03-03 09:30:00.000000")))
def test_no_bit_of_a_time_can_be_flipped(original: Workplace, tampered: Tampered, bit: int) -> None:
    # fromisoformat takes more than one spelling for the same moment.
    change = flipped(str(original.database.url.database), "acted_at", row=2, bit=bit)
    assert tampered(change).chain.broken_at == 2


def test_as_it_was_written_it_is_whole_to_its_end(tampered: Tampered) -> None:
    proof = tampered()
    assert (proof.is_whole, proof.chain.records, proof.chain.is_end_sealed) == (True, 4, True)
    assert proof.acts[0].origin == {"ip": "192.0.2.7", "agent": "A browser"}
    assert proof.acts[0].policy_kept_since == NOW


@pytest.mark.parametrize("column", [name for name in COLUMNS if name not in ("salt", "origin", "acted_at")])
def test_a_bit_of_a_record_whose_content_was_deleted_is_found(
    original: Workplace, tampered: Tampered, column: str
) -> None:
    assert tampered(of=FORGOTTEN).is_whole
    change = flipped(str(original.database.url.database), column, row=12, bit=8)
    assert not tampered(change, of=FORGOTTEN).is_whole


@pytest.mark.parametrize(
    "column", ["newsletter", "wording", "evidence", "acted_at", "wording_sha256", "salt"]
)
def test_content_that_is_put_into_an_emptied_record_is_found(tampered: Tampered, column: str) -> None:
    content = "2026-03-03 09:30:00.000000"
    change = (f"update consents set {column} = ? where id = 12", (content,))  # noqa: S608 - a column of ours
    assert not tampered(change, of=FORGOTTEN).is_whole


def test_a_record_without_its_salt_alone_does_not_pass_for_an_emptied_one(tampered: Tampered) -> None:
    assert not tampered(("update consents set salt = null where id = 2", ())).is_whole
    assert not tampered(("update consents set acted_at = null where id = 3", ())).is_whole


@pytest.mark.parametrize("row", [1, 2, 3, 4])
def test_a_deleted_record_is_found_also_the_newest(tampered: Tampered, row: int) -> None:
    proof = tampered(("delete from consents where id = ?", (row,)))
    assert proof.chain.broken_at == row
    assert str(proof.chain) == f"CHANGED at record {row}" + (", which is missing" if row == 4 else "")


def test_the_newest_record_deleted_together_with_the_end_that_tells_of_it_is_found(
    tampered: Tampered,
) -> None:
    proof = tampered(
        ("delete from consents where id = 4", ()), ("delete from consent_ends where subscriber_id = 1", ())
    )
    assert not proof.is_whole
    assert str(proof.chain) == "CHANGED at record 4, which is missing"


def test_a_record_that_was_emptied_by_no_erasure_is_found(tampered: Tampered) -> None:
    texts = "newsletter purpose action address wording locale policy_version policy_sha256 door page_url"
    more = "message_id template_sha256 evidence actor software wording_sha256"
    names = [*texts.split(" "), *more.split(" ")]
    emptied = ", ".join([*(f"{name} = ''" for name in names), "acted_at = null, salt = null, origin = null"])
    proof = tampered((f"update consents set {emptied} where id = 3", ()))  # noqa: S608 - of the names above
    assert str(proof.chain) == "CHANGED at record 3"


def test_a_chain_that_was_deleted_whole_is_found(tampered: Tampered) -> None:
    assert tampered(("delete from consents where subscriber_id = 1", ())).chain.broken_at == 1


def test_two_records_that_changed_places_are_found(tampered: Tampered) -> None:
    swap = [
        ("update consents set sequence = ? where id = ?", (number, row))
        for number, row in ((99, 2), (2, 3), (3, 2))
    ]
    assert tampered(*swap).chain.broken_at == 2


def test_a_record_that_was_moved_to_another_reader_is_found_in_both_chains(tampered: Tampered) -> None:
    moved = ("update consents set subscriber_id = 1, sequence = 5 where id = 8", ())
    assert tampered(moved).chain.broken_at == 5
    assert tampered(of=EVE).chain.broken_at == 4


def test_records_of_another_reader_do_not_pass_for_ones_own(tampered: Tampered) -> None:
    stolen = [
        ("delete from consents where subscriber_id = 1", ()),
        ("update consents set subscriber_id = 1 where subscriber_id = 2", ()),
    ]
    assert tampered(*stolen).chain.broken_at == 1


def test_a_forged_record_is_found(tampered: Tampered) -> None:
    columns = ", ".join(name for name in COLUMNS if name != "sequence")
    forged = (
        f"insert into consents (sequence, {columns}) select 5, {columns} from consents where id = 2",  # noqa: S608
        (),
    )
    assert tampered(forged).chain.broken_at == 5


def test_a_policy_text_that_was_changed_is_no_longer_said_to_be_kept(tampered: Tampered) -> None:
    proof = tampered(("update policies set text = text || '.'", ()))
    assert proof.is_whole
    assert [act.policy_kept_since for act in proof.acts] == [None] * 4
