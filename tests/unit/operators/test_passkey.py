"""Passkeys, with an authenticator in software: each challenge once, in one browser, for five minutes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.errors import OperatorError
from newsletter.operators import account, passkey
from newsletter.operators.account import Operator
from newsletter.operators.passkey import RelyingParty, relying_party
from newsletter.operators.role import Role
from tests.unit.operators.authenticator import Authenticator

PARTY = RelyingParty("letter.example", "https://letter.example", "Letter")
BROWSER = "the cookie of this browser"


@pytest.fixture
def key(database: Database, clock: FixedClock, ada: Operator) -> Authenticator:
    """Ada's passkey, called "laptop"."""
    return register(database, clock, ada, Authenticator(), name="laptop")


def register(
    database: Database, clock: FixedClock, operator: Operator, device: Authenticator, *, name: str
) -> Authenticator:
    now = clock.now()
    with database.write() as connection:
        options = passkey.begin_registration(connection, operator, PARTY, bound_to=BROWSER, now=now)
    answer = device.register(options)
    new = passkey.answer_registration(database, operator, PARTY, answer=answer, bound_to=BROWSER, now=now)
    with database.write() as connection:
        passkey.keep(connection, operator, new, name=name, now=now)
    return device


def asked(database: Database, now: datetime, operator: Operator | None = None) -> str:
    with database.write() as connection:
        return passkey.begin_authentication(connection, PARTY, bound_to=BROWSER, now=now, operator=operator)


def let_in(database: Database, now: datetime, answer: str, operator: Operator | None = None) -> Operator:
    proof = passkey.answer_authentication(
        database, PARTY, answer=answer, bound_to=BROWSER, now=now, operator=operator
    )
    with database.write() as connection:
        return passkey.note_use(connection, proof, now=now)


def test_a_passkey_says_by_itself_who_signs_in(
    database: Database, clock: FixedClock, ada: Operator, key: Authenticator
) -> None:
    now = clock.now()
    options = asked(database, now)
    assert json.loads(options)["userVerification"] == "required"
    assert not json.loads(options).get("allowCredentials")
    assert let_in(database, now, key.sign(options)) == ada
    with database.read() as connection:
        (kept,) = passkey.every(connection, ada)
    assert (kept.name, kept.used_at) == ("laptop", now)


def test_an_operator_may_have_several_and_take_one_away(
    database: Database, clock: FixedClock, ada: Operator, eve: Operator, key: Authenticator
) -> None:
    second = register(database, clock, ada, Authenticator(), name="phone")
    with database.write() as connection:
        laptop, phone = passkey.every(connection, ada)
        assert (laptop.name, phone.name) == ("laptop", "phone")
        assert not passkey.remove(connection, eve, laptop.id)
        assert passkey.remove(connection, ada, laptop.id)
    assert let_in(database, clock.now(), second.sign(asked(database, clock.now()))) == ada
    with pytest.raises(OperatorError, match="was not accepted"):
        let_in(database, clock.now(), key.sign(asked(database, clock.now())))


def test_the_one_that_is_there_is_not_registered_again(
    database: Database, clock: FixedClock, ada: Operator, key: Authenticator
) -> None:
    with database.write() as connection:
        options = passkey.begin_registration(connection, ada, PARTY, bound_to=BROWSER, now=clock.now())
    assert len(json.loads(options)["excludeCredentials"]) == 1
    with pytest.raises(OperatorError, match="is known already"):
        register(database, clock, ada, key, name="again")
    with pytest.raises(OperatorError, match="has no name"):
        register(database, clock, ada, Authenticator(), name="  ")


def test_a_challenge_is_worth_one_answer(
    database: Database, clock: FixedClock, key: Authenticator, ada: Operator
) -> None:
    options = asked(database, clock.now())
    assert let_in(database, clock.now(), key.sign(options)) == ada
    with pytest.raises(OperatorError, match="was not accepted"):
        let_in(database, clock.now(), key.sign(options))


def test_a_wrong_answer_uses_the_challenge_up(
    database: Database, clock: FixedClock, key: Authenticator
) -> None:
    options = asked(database, clock.now())
    with pytest.raises(OperatorError):
        let_in(database, clock.now(), key.sign(options, rp_id="elsewhere.example"))
    with pytest.raises(OperatorError):
        let_in(database, clock.now(), key.sign(options))


def test_a_challenge_ends_after_five_minutes(
    database: Database, clock: FixedClock, ada: Operator, key: Authenticator
) -> None:
    now = clock.now()
    in_time, late = asked(database, now), asked(database, now)
    assert let_in(database, now + timedelta(minutes=5, seconds=-1), key.sign(in_time)) == ada
    with pytest.raises(OperatorError):
        let_in(database, now + timedelta(minutes=5), key.sign(late))


def _other_browser(database: Database, now: datetime, key: Authenticator) -> str:
    with database.write() as connection:
        return key.sign(passkey.begin_authentication(connection, PARTY, bound_to="another", now=now))


def _other_origin(database: Database, now: datetime, key: Authenticator) -> str:
    key.origin = "https://letter.example.evil.example"
    return key.sign(asked(database, now))


def _unverified(database: Database, now: datetime, key: Authenticator) -> str:
    key.verifies = False
    return key.sign(asked(database, now))


def _counted_back(database: Database, now: datetime, key: Authenticator) -> str:
    let_in(database, now, key.sign(asked(database, now)))
    key.count -= 1
    return key.sign(asked(database, now))


def _other_key(database: Database, now: datetime, key: Authenticator) -> str:
    forged = Authenticator(credential_id=key.credential_id, handle=key.handle, count=9)
    return forged.sign(asked(database, now))


def _other_handle(database: Database, now: datetime, key: Authenticator) -> str:
    key.handle = b"somebody else"
    return key.sign(asked(database, now))


def _made_up_challenge(_database: Database, _now: datetime, key: Authenticator) -> str:
    return key.sign(json.dumps({"challenge": "AAAA", "rpId": "letter.example"}))


def _of_a_registration(database: Database, now: datetime, key: Authenticator) -> str:
    with database.write() as connection:
        ada = account.find(connection, "ada")
        assert ada
        options = passkey.begin_registration(connection, ada, PARTY, bound_to=BROWSER, now=now)
    return key.sign(json.dumps({**json.loads(options), "rpId": "letter.example"}))


def _nonsense(_database: Database, _now: datetime, _key: Authenticator) -> str:
    return '{"response": {"clientDataJSON": 7}}'


def _huge(_database: Database, _now: datetime, _key: Authenticator) -> str:
    return "[" * 100_000


@pytest.mark.parametrize(
    "attack",
    [
        _other_browser, _other_origin, _unverified, _counted_back, _other_key, _other_handle,
        _made_up_challenge, _of_a_registration, _nonsense, _huge,
    ],
)  # fmt: skip
def test_nothing_else_lets_anybody_in(
    database: Database,
    clock: FixedClock,
    key: Authenticator,
    attack: Callable[[Database, datetime, Authenticator], str],
) -> None:
    answer = attack(database, clock.now(), key)
    with pytest.raises(OperatorError, match="was not accepted"):
        let_in(database, clock.now(), answer)


def test_who_proves_again_must_be_the_same_one(
    database: Database, clock: FixedClock, ada: Operator, key: Authenticator
) -> None:
    with database.write() as connection:
        bob = account.add(connection, "Bob", [Role.VIEWER], now=clock.now())
    theirs = register(database, clock, bob, Authenticator(), name="phone")
    options = asked(database, clock.now(), ada)
    assert len(json.loads(options)["allowCredentials"]) == 1
    with pytest.raises(OperatorError):
        let_in(database, clock.now(), theirs.sign(options), ada)
    assert let_in(database, clock.now(), key.sign(asked(database, clock.now(), ada)), ada) == ada


def test_a_disabled_operator_is_not_let_in(
    database: Database, clock: FixedClock, ada: Operator, key: Authenticator
) -> None:
    answer = key.sign(asked(database, clock.now()))
    with database.write() as connection:
        account.disable(connection, ada, even_last=True)
    with pytest.raises(OperatorError):
        let_in(database, clock.now(), answer)


@pytest.mark.parametrize(
    ("base_url", "party_id", "origin"),
    [
        ("https://letter.example/", "letter.example", "https://letter.example"),
        ("https://Letter.Example:8443/path", "letter.example", "https://letter.example:8443"),
        ("http://127.0.0.1:8000", "localhost", "http://localhost:8000"),
        ("http://localhost", "localhost", "http://localhost"),
        ("http://[::1]:9000", "localhost", "http://localhost:9000"),
    ],
)
def test_passkeys_belong_to_the_host_of_the_console(base_url: str, party_id: str, origin: str) -> None:
    assert relying_party(base_url, name="Letter") == RelyingParty(party_id, origin, "Letter")
