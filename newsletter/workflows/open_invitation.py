"""Open an invitation: an operator comes in for the first time, or begins anew, by password or passkey."""

from __future__ import annotations

from sqlalchemy import Connection

from newsletter.operators import account, audit, invitation, passkey, session
from newsletter.operators.account import Operator
from newsletter.operators.passkey import RelyingParty
from newsletter.operators.password import Hasher, check_password
from newsletter.operators.session import Means, NewSession
from newsletter.workflows.sign_in import HASHER
from newsletter.workflows.workplace import Workplace


def open_invitation(
    workplace: Workplace, token: str, *, password: str, client: str = "", hasher: Hasher = HASHER
) -> NewSession:
    """Use the link of *token* up by choosing *password*; signed in with it at once.

    Raises:
        OperatorError: the link is not valid, or the password may not be chosen: then the link stays as it is.
    """
    now = workplace.clock.now()
    operator = invited(workplace, token)
    check_password(password, name=operator.name, has_second_factor=False)
    hashed = hasher.hash(password)
    with workplace.database.write() as connection:
        operator = invitation.accept(connection, token, now=now)
        account.set_password(connection, operator, hashed, now=now)
        return _welcome(connection, workplace, operator, means=Means.PASSWORD, client=client)


def ask_for_passkey(workplace: Workplace, token: str, party: RelyingParty) -> str:
    """The options for navigator.credentials.create() of whoever holds the link of *token*, as JSON.

    Raises:
        OperatorError: the link is not valid.
    """
    operator = invited(workplace, token)
    with workplace.database.write() as connection:
        return passkey.begin_registration(
            connection, operator, party, bound_to=token, now=workplace.clock.now(), is_anew=True
        )


def open_invitation_by_passkey(
    workplace: Workplace, token: str, party: RelyingParty, *, answer: str, name: str, client: str = ""
) -> NewSession:
    """Use the link of *token* up by registering a passkey (ask_for_passkey), called *name*; then signed in.

    Raises:
        OperatorError: the link is not valid, or the passkey was not accepted: then the link stays as it is.
    """
    now = workplace.clock.now()
    operator = invited(workplace, token)
    new = passkey.answer_registration(
        workplace.database, operator, party, answer=answer, bound_to=token, now=now
    )
    with workplace.database.write() as connection:
        operator = invitation.accept(connection, token, now=now)
        passkey.keep(connection, operator, new, name=name, now=now)
        return _welcome(connection, workplace, operator, means=Means.PASSKEY, client=client)


def invited(workplace: Workplace, token: str) -> Operator:
    """Whose link *token* is; changes nothing. OperatorError as above."""
    with workplace.database.read() as connection:
        return invitation.peek(connection, token, now=workplace.clock.now())


def _welcome(
    connection: Connection, workplace: Workplace, operator: Operator, *, means: Means, client: str
) -> NewSession:
    now = workplace.clock.now()
    audit.record(
        connection,
        audit.actor_of(operator),
        "open invitation",
        operator.name,
        at=now,
        detail={"means": means.value},
    )
    return session.begin(connection, operator, means=means, now=now, client=client)
