"""A new key takes over; what was made under the old one keeps working, and opens nothing any more."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update
from typer.testing import CliRunner

from newsletter.cli.keys import keys
from newsletter.delivery.enclosure import enclose, enclosed_in
from newsletter.delivery.ledger import deliveries
from newsletter.delivery.message import message_id
from newsletter.errors import SubscriberError
from newsletter.feedback import tray
from newsletter.feedback.event import Event, Kind
from newsletter.feedback.record import raw_of
from newsletter.issues.store import issues
from newsletter.operators import account, totp
from newsletter.operators.role import Role
from newsletter.settings import Settings
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.schema import consents
from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.signup import Asked
from newsletter.subscribers.suppression import Reason, suppression_of
from newsletter.subscribers.token import Keyring, Purpose, add_key, write_key_file
from newsletter.subscribers.topics import TopicChoice, set_topics, topics_of
from newsletter.workflows.confirm import confirm
from newsletter.workflows.prove_consent import prove_consent
from newsletter.workflows.rotate_keys import SEALED, rotate_keys, sealed_values
from newsletter.workflows.take_feedback import take
from newsletter.workflows.unsubscribe import unsubscribe
from newsletter.workflows.workplace import Workplace
from tests.unit.workflows.conftest import ADA, Life

#: One of everything that is sealed.
EVERY = dict.fromkeys(SEALED, 1)
CHOICE = TopicChoice(frozenset({"skin"}), frozenset({"pregnancy loss"}))


@pytest.fixture
def filed(workplace: Workplace, settings: Settings) -> Workplace:
    """The workplace with a real key file, as one process has read it."""
    write_key_file(settings.key_path)
    return replace(workplace, keyring=Keyring.load(settings.key_path))


@pytest.fixture
def sealed(filed: Workplace) -> Workplace:
    """Ada with topics, an edition on its way to her, where she came from, and what came back."""
    life = Life(filed)
    life.sign_up()
    confirm(filed, life.confirm_token(), page_url="http://letter.example/", origin=Origin("192.0.2.7"))
    now = filed.clock.now()
    with filed.database.write() as connection:
        set_topics(connection, Sealer(filed.keyring), 1, CHOICE, now=now)
        connection.execute(
            insert(issues).values(
                newsletter="daily", issued_on=now.date(), state="sending", document="{}", composed_at=now
            )
        )
        connection.execute(
            insert(deliveries).values(
                issue_id=1,
                subscription_id=1,
                state="deferred",
                queued_at=now,
                changed_at=now,
                edition=Sealer(filed.keyring).seal("skin", owner=1),
            )
        )
        operator = account.add(connection, "Ada", [Role.ADMIN], now=now)
        totp.begin(connection, operator, Sealer(filed.keyring, Purpose.OPERATOR))
        enclose(connection, Sealer(filed.keyring, Purpose.ENCLOSURE), 1, b"a letter")
    take(filed, [Event(kind=Kind.BOUNCE, recipient=ADA)], source="postmark", raw=b"of Ada")
    take(filed, [Event(kind=Kind.BOUNCE, recipient="b@example.org")], source="mailbox", raw=b"of somebody")
    return filed


def reloaded(workplace: Workplace) -> Workplace:
    return replace(workplace, keyring=Keyring.load(workplace.settings.key_path))


def without_the_first_key(workplace: Workplace) -> Keyring:
    ring = Keyring.load(workplace.settings.key_path)
    return Keyring({kid: raw for kid, raw in ring._keys.items() if kid != "k1"})


def test_everything_sealed_opens_with_the_new_key_alone_and_says_the_same(sealed: Workplace) -> None:
    done = rotate_keys(sealed)
    assert (done.key, done.is_new) == ("k2", True)
    assert done.resealed == EVERY
    new = without_the_first_key(sealed)
    with sealed.database.read() as connection:
        assert topics_of(connection, Sealer(new), 1) == CHOICE
        edition = connection.execute(select(deliveries.c.edition)).scalar_one()
        origin = connection.execute(select(consents.c.origin).where(consents.c.sequence == 2)).scalar_one()
        assert enclosed_in(connection, Sealer(new, Purpose.ENCLOSURE), 1) == b"a letter"
        assert tray.content(connection, new, 1) == "of somebody"
        operator = account.find(connection, "Ada")
        assert operator
        assert totp.pending(connection, operator, Sealer(new, Purpose.OPERATOR))
        assert raw_of(connection, Sealer(new, Purpose.FEEDBACK), 1) == "of Ada"
    assert edition
    assert origin
    assert Sealer(new).open(edition, owner=1) == "skin"
    assert "192.0.2.7" in Sealer(new, Purpose.ORIGIN).open(origin, owner=1)
    assert sealed_values(reloaded(sealed)) == {"k1": {}, "k2": EVERY}


def test_a_process_that_knows_the_old_key_only_reads_what_the_new_one_sealed(sealed: Workplace) -> None:
    running = sealed.keyring
    rotate_keys(sealed)
    assert running.current == "k1"
    with sealed.database.read() as connection:
        assert topics_of(connection, Sealer(running), 1) == CHOICE
    new = Keyring.load(sealed.settings.key_path)
    assert running.read(Purpose.UNSUBSCRIBE, new.token(Purpose.UNSUBSCRIBE, b"ada")) == b"ada"


def test_a_process_that_knows_the_old_key_only_finds_who_was_suppressed_under_the_new_one(
    sealed: Workplace,
) -> None:
    running = sealed
    rotate_keys(sealed)
    Life(reloaded(sealed), "eve@example.org").suppress(Reason.OPERATOR)
    with sealed.database.read() as connection:
        assert suppression_of(connection, running.keyring, "eve@example.org") is Reason.OPERATOR
    assert Life(running, "eve@example.org").sign_up() is Asked.SUPPRESSED


def test_links_and_the_record_from_before_a_rotation_stand_after_five(sealed: Workplace) -> None:
    ada = Life(sealed)
    token, spent = ada.token(Purpose.UNSUBSCRIBE), message_id(sealed.keyring, "a", domain="example.org")
    for _ in range(5):
        rotate_keys(sealed)
    after = reloaded(sealed)
    assert after.keyring.current == "k6"
    assert message_id(after.keyring, "a", domain="example.org") == spent
    assert unsubscribe(after, token, door="page", evidence="POST").left == ("daily",)
    proof = prove_consent(after, ADA)
    assert proof is not None
    assert (proof.is_whole, proof.chain.records, proof.chain.is_end_sealed) == (True, 3, True)
    assert proof.acts[1].origin == {"ip": "192.0.2.7", "agent": ""}


class StoppedError(Exception):
    """The power went off."""


def _stop_after(pages: int) -> Callable[[int], None]:
    seen: list[int] = []

    def after_page(done: int) -> None:
        seen.append(done)
        if len(seen) == pages:
            raise StoppedError

    return after_page


@pytest.mark.parametrize("pages", [1, 2])
def test_a_rotation_that_was_stopped_is_finished_before_another_key_is_added(
    sealed: Workplace, pages: int
) -> None:
    with pytest.raises(StoppedError):
        rotate_keys(sealed, after_page=_stop_after(pages))
    done = rotate_keys(reloaded(sealed))
    assert done.key == "k2"
    assert sum(done.resealed.values()) == len(SEALED) - pages
    assert not done.is_new
    assert rotate_keys(reloaded(sealed), resume=True).is_new is False


def test_a_key_that_was_added_and_nothing_more_is_finished(sealed: Workplace) -> None:
    add_key(sealed.settings.key_path)
    done = rotate_keys(sealed)
    assert (done.key, done.is_new, sum(done.resealed.values())) == ("k2", False, len(SEALED))


def test_a_value_whose_key_is_gone_stops_it_in_words(sealed: Workplace) -> None:
    with sealed.database.write() as connection:
        stranger = Keyring({"k0": b"0" * 32})
        connection.execute(update(deliveries).values(edition=Sealer(stranger).seal("skin", owner=1)))
    with pytest.raises(SubscriberError, match="cannot be opened with this key file"):
        rotate_keys(sealed)


def test_the_commands_say_what_was_done_and_show_no_key(sealed: Workplace, tmp_path: Path) -> None:
    config = tmp_path / "newsletter.toml"
    config.write_text(
        f'key_path = "{sealed.settings.key_path}"\ndatabase_url = "{sealed.database.url}"\n', encoding="utf-8"
    )

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(keys, list(arguments), obj=config)
        assert result.exit_code == 0, result.output
        return result.stdout

    sealed_now = "1 topics, 1 editions, 1 origins, 1 reports, 1 tray, 1 enclosures, 1 codes"
    assert f"signs and seals; sealed under it: {sealed_now}" in run("list")
    assert "No key was added; k1 signs and seals. 0 values" in run("rotate", "--resume")
    said = run("rotate")
    assert "Added key k2. 7 values were sealed anew under it." in said
    assert "newsletter keys rotate --resume" in said
    rows = json.loads(run("list", "--json"))
    assert rows == [
        {"key": "k1", "signs": False, **dict.fromkeys(SEALED, 0)},
        {"key": "k2", "signs": True, **EVERY},
    ]
    again = json.loads(run("rotate", "--json"))
    assert (again["key"], again["added"]) == ("k3", True)
    secrets = [raw.hex() for raw in Keyring.load(sealed.settings.key_path)._keys.values()]
    assert not any(secret in said + run("list") for secret in secrets)
