"""Sign in: password and second factor, or a passkey; counted, held back, and audited."""

from __future__ import annotations

from newsletter.operators.session import NewSession
from newsletter.workflows.workplace import Workplace


def sign_in(workplace: Workplace, *, name: str, password: str, network: str, client: str = "") -> NewSession:
    """By password. The session is complete, or (``session.is_complete`` False) waits for the second factor.

    *network*: ip_block of the visitor's address.

    Raises:
        OperatorError: name or password is wrong (always the same words), or it is too early to try again
            (WaitError: ``.seconds``).
    """
    raise NotImplementedError


def give_code(workplace: Workplace, token: str, *, code: str, network: str) -> NewSession:
    """Second factor to the half session of *token*: a one-time code or a recovery code. Errors as in sign_in."""
    raise NotImplementedError


def sign_in_by_passkey(
    workplace: Workplace, *, answer: str, bound_to: str, network: str, client: str = ""
) -> NewSession:
    """By passkey. Errors as in sign_in."""
    raise NotImplementedError


def prove_again(
    workplace: Workplace, token: str, *, password: str = "", code: str = "", answer: str = "", network: str
) -> NewSession:
    """Re-authentication: the password (and *code*, where there are one-time codes), or a passkey's *answer*.

    The ceremony of the passkey is bound to *token*. The session gets a new token. Errors as in sign_in.
    """
    raise NotImplementedError
