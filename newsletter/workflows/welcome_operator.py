"""Welcome: an operator opens their link and chooses by what they sign in."""

from __future__ import annotations

from newsletter.operators import account, audit, invitation, passkey
from newsletter.operators import session as sessions
from newsletter.operators.account import Operator
from newsletter.operators.passkey import RelyingParty
from newsletter.operators.password import Hasher, check_password
from newsletter.operators.session import Means, NewSession
from newsletter.workflows.sign_in import HASHER
from newsletter.workflows.workplace import Workplace


def invited(workplace: Workplace, token: str) -> Operator:
    """Whose link *token* is; changes nothing. OperatorError when it is worthless."""
    with workplace.database.read() as connection:
        return invitation.peek(connection, token, now=workplace.clock.now())


def welcome_by_password(
    workplace: Workplace, token: str, *, password: str, client: str = "", hasher: Hasher = HASHER
) -> NewSession:
    """The link is used up, *password* is theirs, and they are signed in.

    Raises:
        OperatorError: the link is worthless, or the password may not be chosen (then the link still works).
    """
    operator = invited(workplace, token)
    check_password(password, name=operator.name, has_second_factor=False)
    hashed, now = hasher.hash(password), workplace.clock.now()
    with workplace.database.write() as connection:
        operator = invitation.accept(connection, token, now=now)
        account.set_password(connection, operator, hashed, now=now)
        audit.record(
            connection,
            audit.actor_of(operator),
            "accept invitation",
            operator.name,
            at=now,
            detail={"means": "password"},
        )
        return sessions.begin(connection, operator, means=Means.PASSWORD, now=now, client=client)


def welcome_by_passkey(
    workplace: Workplace, token: str, party: RelyingParty, *, answer: str, name: str, client: str = ""
) -> NewSession:
    """The same with a passkey, whose ceremony was begun bound to *token*; *name* is what it is called.

    Raises:
        OperatorError: the link is worthless, or the passkey was not accepted (then the link still works).
    """
    operator, now = invited(workplace, token), workplace.clock.now()
    made = passkey.answer_registration(
        workplace.database, operator, party, answer=answer, bound_to=token, now=now
    )
    with workplace.database.write() as connection:
        operator = invitation.accept(connection, token, now=now)
        passkey.keep(connection, operator, made, name=name, now=now)
        audit.record(
            connection,
            audit.actor_of(operator),
            "accept invitation",
            operator.name,
            at=now,
            detail={"means": "passkey"},
        )
        return sessions.begin(connection, operator, means=Means.PASSKEY, now=now, client=client)
