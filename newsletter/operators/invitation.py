"""Invitations: a link that lets a new operator in once, to choose a password or passkey."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from newsletter.errors import OperatorError
from newsletter.operators import account
from newsletter.operators.account import Operator
from newsletter.operators.schema import operator_invitations
from newsletter.operators.secrecy import digest, new_token

LASTS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Invitation:
    """*token* is told this once; only its hash is kept."""

    token: str
    ends_at: datetime

    def link(self, base_url: str) -> str:
        """Where the operator opens it."""
        return f"{base_url.rstrip('/')}/console/welcome/{self.token}"


def invite(connection: Connection, operator: Operator, *, now: datetime) -> Invitation:
    """A new link for *operator*; the ones they had are worthless from now on.

    Raises:
        OperatorError: the operator is disabled.
    """
    if operator.is_disabled:
        step = f"Let them in again with: newsletter operator enable {operator.name!r}"
        raise OperatorError(f"operator {operator.name}", "is disabled", step)
    table = operator_invitations
    connection.execute(delete(table).where(table.c.operator_id == operator.id))
    made = Invitation(new_token(), now + LASTS)
    connection.execute(
        table.insert().values(
            digest=digest("invitation", made.token),
            operator_id=operator.id,
            created_at=now,
            ends_at=made.ends_at,
        )
    )
    return made


def peek(connection: Connection, token: str, *, now: datetime) -> Operator:
    """Whose invitation *token* is; changes nothing (GET /console/welcome/{token}).

    Raises:
        OperatorError: there is no such link, or it was used, replaced, or is too old: always the same words.
    """
    table = operator_invitations.c
    owner = connection.execute(
        select(table.operator_id).where(
            table.digest == digest("invitation", token), table.used_at.is_(None), table.ends_at > now
        )
    ).scalar()
    operator = None if owner is None else account.get(connection, owner)
    if operator is None or operator.is_disabled:
        raise _worthless()
    return operator


def accept(connection: Connection, token: str, *, now: datetime) -> Operator:
    """Use the invitation up, in the transaction that keeps the password or passkey.

    What the account had before (password, codes, passkeys, sessions) is taken away: the link is for a new
    beginning, also for who lost everything.

    Raises:
        OperatorError: as in peek.
    """
    operator = peek(connection, token, now=now)
    table = operator_invitations
    is_open = (table.c.digest == digest("invitation", token)) & table.c.used_at.is_(None)
    # Of two who open it at the same moment one is too late.
    if connection.execute(update(table).where(is_open).values(used_at=now)).rowcount != 1:
        raise _worthless()
    account.begin_anew(connection, operator)
    return operator


def _worthless() -> OperatorError:
    return OperatorError(
        "this link",
        "is not valid: it works once, for a day, and a newer one replaces it",
        "Ask for a new one: newsletter operator add NAME --again",
    )
