"""Invitations: a link that lets a new operator in once, to choose a password or passkey."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from newsletter.operators.account import Operator

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
    raise NotImplementedError


def peek(connection: Connection, token: str, *, now: datetime) -> Operator:
    """Whose invitation *token* is; changes nothing (GET /console/welcome/{token}).

    Raises:
        OperatorError: there is no such link, or it was used, replaced, or is too old: always the same words.
    """
    raise NotImplementedError


def accept(connection: Connection, token: str, *, now: datetime) -> Operator:
    """Use the invitation up, in the transaction that keeps the password or passkey.

    What the account had before (password, codes, passkeys, sessions) is taken away: the link is for a new
    beginning, also for who lost everything.

    Raises:
        OperatorError: as in peek.
    """
    raise NotImplementedError
