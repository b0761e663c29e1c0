"""Passkeys (W3C Web Authentication Level 3): several for each operator, each with a name.

A ceremony is begun here and answered by the browser. Its challenge is worth one answer, for five minutes,
to the browser that it was given to (*bound_to*: the token of its session or invitation, or before the
sign-in that of a cookie made for it). The answer is checked in transactions of its own, so that the
challenge is used up whatever comes of it; what follows is written in the caller's:

    new = answer_registration(database, operator, party, answer=…, bound_to=…, now=…)
    with database.write() as connection:
        keep(connection, operator, new, name=…, now=…)

    proof = answer_authentication(database, party, answer=…, bound_to=…, now=…)
    with database.write() as connection:
        operator = note_use(connection, proof, now=…)
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import webauthn
from sqlalchemy import Connection, delete, insert, select, update
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from newsletter.database import Database
from newsletter.errors import OperatorError
from newsletter.operators import account
from newsletter.operators.account import Operator
from newsletter.operators.schema import operator_challenges, operator_passkeys
from newsletter.operators.secrecy import digest

LASTS = timedelta(minutes=5)
_REGISTER, _AUTHENTICATE = "register", "authenticate"
_MOST_OCTETS = 65536
_MOST_NAME = 64
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Whose passkeys they are: *id* is a host, *origin* the address of the console, *name* what is shown."""

    id: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """One passkey of an operator."""

    id: int
    name: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey that was shown to work, not kept yet."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class Proof:
    """That somebody has a passkey of *operator*; how often it signed *before*, and *sign_count*: by now."""

    operator: Operator
    passkey_id: int
    before: int
    sign_count: int


def relying_party(base_url: str, *, name: str) -> RelyingParty:
    """That of *base_url*. Loopback addresses have no passkeys, so theirs is http://localhost, same port."""
    parts = urlsplit(base_url)
    host = parts.hostname or "localhost"
    if host in _LOOPBACK:
        port = f":{parts.port}" if parts.port else ""
        return RelyingParty("localhost", f"{parts.scheme}://localhost{port}", name)
    return RelyingParty(host, f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}", name)


def begin_registration(
    connection: Connection,
    operator: Operator,
    party: RelyingParty,
    *,
    bound_to: str,
    now: datetime,
    is_anew: bool = False,
) -> str:
    """The options for navigator.credentials.create(), as JSON (parseCreationOptionsFromJSON).

    *is_anew*: by an invitation, which takes the passkeys away that there are; so their devices may be used.
    """
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_name=operator.name,
        user_id=account.credentials(connection, operator).handle,
        timeout=int(LASTS.total_seconds() * 1000),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[] if is_anew else _descriptors(connection, operator),
    )
    _open(connection, options.challenge, _REGISTER, bound_to=bound_to, operator=operator, now=now)
    return options_to_json(options)


def answer_registration(
    database: Database,
    operator: Operator,
    party: RelyingParty,
    *,
    answer: str,
    bound_to: str,
    now: datetime,
) -> NewPasskey:
    """The passkey of *answer* (the credential's toJSON), which keep() keeps.

    Raises:
        OperatorError: the answer is not one to an open challenge of this browser, or was given without
            verification of the user.
    """
    challenge = _spend(database, answer, _REGISTER, bound_to=bound_to, operator=operator, now=now)
    try:
        found = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise _refused() from error
    return NewPasskey(found.credential_id, found.credential_public_key, found.sign_count)


def keep(connection: Connection, operator: Operator, new: NewPasskey, *, name: str, now: datetime) -> Passkey:
    """Keep *new* as the operator's, under *name*.

    Raises:
        OperatorError: it is known already, or there is no name.
    """
    shown = " ".join(name.split())[:_MOST_NAME]
    if not shown:
        raise OperatorError("this passkey", "has no name", "Say which it is, such as: work laptop")
    passkeys = operator_passkeys.c
    if connection.execute(select(passkeys.id).where(passkeys.credential_id == new.credential_id)).first():
        raise OperatorError("this passkey", "is known already", "Sign in with it.")
    made = connection.execute(
        operator_passkeys.insert().values(
            operator_id=operator.id,
            name=shown,
            credential_id=new.credential_id,
            public_key=new.public_key,
            sign_count=new.sign_count,
            created_at=now,
        )
    )
    number = int(made.inserted_primary_key[0])  # type: ignore[index] # one row, one key
    return Passkey(number, shown, now, None)


def begin_authentication(
    connection: Connection,
    party: RelyingParty,
    *,
    bound_to: str,
    now: datetime,
    operator: Operator | None = None,
) -> str:
    """The options for navigator.credentials.get(), as JSON: for *operator*, or whoever the passkey names."""
    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        timeout=int(LASTS.total_seconds() * 1000),
        allow_credentials=_descriptors(connection, operator) if operator else None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    _open(connection, options.challenge, _AUTHENTICATE, bound_to=bound_to, operator=operator, now=now)
    return options_to_json(options)


def answer_authentication(
    database: Database,
    party: RelyingParty,
    *,
    answer: str,
    bound_to: str,
    now: datetime,
    operator: Operator | None = None,
) -> Proof:
    """Whose passkey signed; never one of an operator who is disabled. note_use() makes it count.

    *operator*: it must be this one (proving again who they are).

    Raises:
        OperatorError: not an answer to an open challenge of this browser, an unknown passkey, without
            verification of the user, or with a count that went back (a copied key).
    """
    challenge = _spend(database, answer, _AUTHENTICATE, bound_to=bound_to, operator=operator, now=now)
    try:
        credential = webauthn.helpers.parse_authentication_credential_json(answer)
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise _refused() from error
    with database.read() as connection:
        passkeys = operator_passkeys.c
        row = connection.execute(
            select(operator_passkeys).where(passkeys.credential_id == credential.raw_id)
        ).one_or_none()
        owner = None if row is None else account.get(connection, row.operator_id)
        handle = None if owner is None else account.credentials(connection, owner).handle
    is_theirs = owner is not None and not owner.is_disabled and operator in (None, owner)
    # An authenticator that was asked for any passkey says whose it is; the number is checked, not the object.
    if row is None or owner is None or not is_theirs or credential.response.user_handle not in (None, handle):
        raise _refused()
    try:
        found = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise _refused() from error
    return Proof(owner, row.id, row.sign_count, found.new_sign_count)


def note_use(connection: Connection, proof: Proof, *, now: datetime) -> Operator:
    """Keep how often the passkey signed, in the transaction that lets its operator in.

    Raises:
        OperatorError: it was used or taken away meanwhile, or its operator was disabled.
    """
    operator = account.get(connection, proof.operator.id)
    passkeys = operator_passkeys.c
    is_same = (passkeys.id == proof.passkey_id) & (passkeys.sign_count == proof.before)
    values = {"sign_count": proof.sign_count, "used_at": now}
    done = connection.execute(update(operator_passkeys).where(is_same).values(**values))
    if done.rowcount != 1 or operator is None or operator.is_disabled:
        raise _refused()
    return operator


def every(connection: Connection, operator: Operator) -> list[Passkey]:
    """The passkeys of *operator*, oldest first."""
    passkeys = operator_passkeys.c
    rows = connection.execute(
        select(operator_passkeys).where(passkeys.operator_id == operator.id).order_by(passkeys.id)
    )
    return [Passkey(row.id, row.name, row.created_at, row.used_at) for row in rows]


def remove(connection: Connection, operator: Operator, passkey_id: int) -> bool:
    """Take a passkey away; False when the operator has none of that number."""
    passkeys = operator_passkeys.c
    theirs = (passkeys.id == passkey_id) & (passkeys.operator_id == operator.id)
    return connection.execute(delete(operator_passkeys).where(theirs)).rowcount == 1


def _open(
    connection: Connection,
    challenge: bytes,
    act: str,
    *,
    bound_to: str,
    operator: Operator | None,
    now: datetime,
) -> None:
    table = operator_challenges
    connection.execute(delete(table).where(table.c.ends_at <= now))
    connection.execute(
        insert(table).values(
            digest=_key(challenge),
            act=act,
            bound_to=digest("ceremony", bound_to),
            operator_id=operator.id if operator else None,
            ends_at=now + LASTS,
        )
    )


def _spend(
    database: Database, answer: str, act: str, *, bound_to: str, operator: Operator | None, now: datetime
) -> bytes:
    """The challenge that *answer* is to, used up; it is trusted only when it is one of ours."""
    challenge = _challenge_in(answer)
    table = operator_challenges.c
    is_it = table.digest == _key(challenge)
    with database.write() as connection:
        row = connection.execute(select(operator_challenges).where(is_it)).one_or_none()
        is_first = connection.execute(delete(operator_challenges).where(is_it)).rowcount == 1
    if row is None or not is_first or row.ends_at <= now or row.act != act:
        raise _refused()
    if row.bound_to != digest("ceremony", bound_to) or row.operator_id != (operator.id if operator else None):
        raise _refused()
    return challenge


def _challenge_in(answer: str) -> bytes:
    if len(answer) > _MOST_OCTETS:
        raise _refused()
    try:
        said: Any = json.loads(base64url_to_bytes(json.loads(answer)["response"]["clientDataJSON"]))
        return base64url_to_bytes(said["challenge"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _refused() from error


def _key(challenge: bytes) -> bytes:
    return digest("challenge", bytes_to_base64url(challenge))


def _descriptors(connection: Connection, operator: Operator) -> list[PublicKeyCredentialDescriptor]:
    passkeys = operator_passkeys.c
    found = connection.execute(select(passkeys.credential_id).where(passkeys.operator_id == operator.id))
    return [PublicKeyCredentialDescriptor(id=credential_id) for credential_id in found.scalars()]


def _refused() -> OperatorError:
    return OperatorError(
        "this passkey", "was not accepted", "Try again; if it stays so, use another passkey or the password."
    )
