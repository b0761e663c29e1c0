"""Passkeys (W3C Web Authentication Level 3): several for each operator, each with a name.

A ceremony is begun here and answered by the browser. Its challenge is kept here, is worth one answer, for
five minutes, to the browser that it was given to (*bound_to*: the token of its session, or before the
sign-in that of a cookie made for it).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from newsletter.operators.account import Operator

LASTS = timedelta(minutes=5)


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


def relying_party(base_url: str, *, name: str) -> RelyingParty:
    """That of *base_url*. Loopback addresses have no passkeys, so theirs is http://localhost, same port."""
    raise NotImplementedError


def begin_registration(
    connection: Connection, operator: Operator, party: RelyingParty, *, bound_to: str, now: datetime
) -> str:
    """The options for navigator.credentials.create(), as JSON (parseCreationOptionsFromJSON)."""
    raise NotImplementedError


def finish_registration(
    connection: Connection,
    operator: Operator,
    party: RelyingParty,
    *,
    answer: str,
    name: str,
    bound_to: str,
    now: datetime,
) -> Passkey:
    """Keep the passkey of *answer* (the credential's toJSON) under *name*.

    Raises:
        OperatorError: the answer is not one to an open challenge of this browser, was given without
            verification of the user, or the passkey is known already. The challenge is used up only if the
            transaction is committed: see spend().
    """
    raise NotImplementedError


def begin_authentication(
    connection: Connection,
    party: RelyingParty,
    *,
    bound_to: str,
    now: datetime,
    operator: Operator | None = None,
) -> str:
    """The options for navigator.credentials.get(), as JSON; for any operator (the passkey says which), or one."""
    raise NotImplementedError


def finish_authentication(
    connection: Connection,
    party: RelyingParty,
    *,
    answer: str,
    bound_to: str,
    now: datetime,
    operator: Operator | None = None,
) -> Operator:
    """Who signed in; never one that is disabled.

    *operator*: it must be this one (signing in again).

    Raises:
        OperatorError: not an answer to an open challenge of this browser, an unknown passkey, without
            verification of the user, or with a count that went back (a copied key).
    """
    raise NotImplementedError


def every(connection: Connection, operator: Operator) -> list[Passkey]:
    """The passkeys of *operator*, oldest first."""
    raise NotImplementedError


def remove(connection: Connection, operator: Operator, passkey_id: int) -> bool:
    """Take a passkey away; False when the operator has none of that number."""
    raise NotImplementedError
