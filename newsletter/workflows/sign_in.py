"""Sign in: by password and second factor, or by passkey; each attempt counted, held back, and audited."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from math import ceil

from sqlalchemy import Connection

from newsletter.errors import OperatorError
from newsletter.operators import account, attempt, audit, passkey, recovery, session, totp
from newsletter.operators.account import Operator
from newsletter.operators.passkey import Proof, RelyingParty
from newsletter.operators.password import Hasher
from newsletter.operators.secrecy import Mac
from newsletter.operators.session import Means, NewSession
from newsletter.subscribers.limit import within_limit
from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.token import Purpose
from newsletter.workflows.workplace import Workplace

#: One for the process: it bounds how much memory sign-ins take together.
HASHER = Hasher()
#: How often options for passkeys may be asked for from one network.
OPTIONS, OPTIONS_WINDOW = 30, timedelta(minutes=5)


class WaitError(OperatorError):
    """It is too early for another attempt; *seconds*: how long to wait."""

    def __init__(self, wait: timedelta) -> None:
        self.seconds = ceil(wait.total_seconds())
        super().__init__(
            "signing in",
            "failed too often just now",
            f"Try again in {self.seconds} seconds, or use a passkey.",
        )


def sealing(workplace: Workplace) -> Sealer:
    """What seals and opens the secrets of one-time codes."""
    return Sealer(workplace.keyring, Purpose.OPERATOR)


def sign_in(
    workplace: Workplace,
    *,
    name: str,
    password: str,
    network: str,
    client: str = "",
    hasher: Hasher = HASHER,
) -> NewSession:
    """By password. The session is complete, or (``session.is_complete`` False) waits for the second factor.

    *network*: subscribers.limit.ip_block of the visitor's address.

    Raises:
        OperatorError: name or password is wrong: always the same words, after the same time.
        WaitError: it is too early to try again.
    """
    _count(workplace, name=name, network=network)
    with workplace.database.read() as connection:
        operator = account.find(connection, name)
        held = account.credentials(connection, operator) if operator else None
    stored = held.password_hash if held and operator and not operator.is_disabled else None
    if not hasher.verify(stored, password) or operator is None or held is None or stored is None:
        _note_failure(workplace, operator, "password")
        raise _wrong("name or password")
    renewed = hasher.hash(password) if hasher.is_outdated(stored) else None
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        operator = _still_there(connection, operator)
        held = account.credentials(connection, operator)  # codes may have been set up meanwhile
        if held.password_hash != stored:
            raise _wrong("name or password")
        if renewed:
            account.replace_hash(connection, operator, old=stored, new=renewed)
        is_complete = not held.has_second_factor
        begun = session.begin(
            connection,
            operator,
            means=Means.PASSWORD,
            now=now,
            client=client,
            is_complete=is_complete,
        )
        if is_complete:
            _let_in(connection, workplace, begun, name=name, network=network)
        return begun


def give_code(workplace: Workplace, token: str, *, code: str, network: str) -> NewSession:
    """Second factor to the half session of *token*: a one-time code, or a recovery code instead.

    Raises:
        OperatorError: the code is wrong or was used, or the half session is over.
        WaitError: it is too early to try again.
    """
    now = workplace.clock.now()
    with workplace.database.read() as connection:
        half = session.find(connection, token, now=now, is_complete=False)
    if half is None:
        raise OperatorError("this sign-in", "took too long", "Begin again with your name and password.")
    operator = half.operator
    _count(workplace, name=operator.name, network=network)
    with workplace.database.write() as connection:
        means = _means_of(connection, workplace, operator, code)
        begun = session.complete(connection, token, means=means, now=now) if means else None
        if begun is not None:
            _let_in(connection, workplace, begun, name=operator.name, network=network)
            return begun
    _note_failure(workplace, operator, "code")
    raise _wrong("code")


def count_options(connection: Connection, workplace: Workplace, *, network: str) -> None:
    """Count that options for a passkey were asked for: each leaves a row, and strangers may ask.

    Raises:
        WaitError: this network asked too often.
    """
    is_within = within_limit(
        connection,
        workplace.keyring,
        what="passkey options",
        who=network,
        limit=OPTIONS,
        window=OPTIONS_WINDOW,
        now=workplace.clock.now(),
    )
    if not is_within:
        raise WaitError(OPTIONS_WINDOW)


def sign_in_by_passkey(
    workplace: Workplace,
    party: RelyingParty,
    *,
    answer: str,
    bound_to: str,
    network: str,
    client: str = "",
) -> NewSession:
    """By passkey; *bound_to* as the ceremony was begun with.

    Raises:
        OperatorError: the passkey was not accepted.
        WaitError: too many attempts of this network failed.
    """
    _count(workplace, name="", network=network)
    now = workplace.clock.now()
    proof = _proof(workplace, party, answer=answer, bound_to=bound_to, operator=None)
    with workplace.database.write() as connection:
        operator = passkey.note_use(connection, proof, now=now)
        begun = session.begin(connection, operator, means=Means.PASSKEY, now=now, client=client)
        _let_in(connection, workplace, begun, name="", network=network)
        return begun


def prove_again(
    workplace: Workplace,
    token: str,
    *,
    password: str,
    code: str = "",
    network: str,
    hasher: Hasher = HASHER,
) -> NewSession:
    """The operator of the session *token* proves by password, and *code* where there are codes, who they are.

    The session gets a new token, and is fresh.

    Raises:
        OperatorError: something is wrong, or the session is over.
        WaitError: it is too early to try again.
    """
    now = workplace.clock.now()
    operator = _signed_in(workplace, token)
    _count(workplace, name=operator.name, network=network)
    with workplace.database.read() as connection:
        held = account.credentials(connection, operator)
    is_right = hasher.verify(held.password_hash, password)
    with workplace.database.write() as connection:
        is_right = is_right and (
            not held.has_second_factor or _means_of(connection, workplace, operator, code) is not None
        )
        again = session.renew(connection, token, now=now) if is_right else None
        if again is not None:
            attempt.succeeded(connection, _mac(workplace), name=operator.name, network=network)
            _record(connection, workplace, operator, "prove again", means="password")
            return again
    _note_failure(workplace, operator, "password again")
    raise _wrong("password or code" if held.has_second_factor else "password")


def prove_again_by_passkey(
    workplace: Workplace, token: str, party: RelyingParty, *, answer: str
) -> NewSession:
    """The same by passkey; the ceremony was begun for this operator and bound to *token*.

    Raises:
        OperatorError: the passkey was not accepted, or the session is over.
    """
    now = workplace.clock.now()
    operator = _signed_in(workplace, token)
    proof = _proof(workplace, party, answer=answer, bound_to=token, operator=operator)
    with workplace.database.write() as connection:
        passkey.note_use(connection, proof, now=now)
        again = session.renew(connection, token, now=now)
        if again is None:
            raise _over()
        _record(connection, workplace, operator, "prove again", means="passkey")
        return again


def require_password(
    workplace: Workplace, operator: Operator, *, password: str, network: str, hasher: Hasher = HASHER
) -> None:
    """That somebody who is signed in as *operator* knows the password; whoever has none is asked nothing.

    Raises:
        OperatorError: it is wrong.
        WaitError: it is too early to try again.
    """
    with workplace.database.read() as connection:
        held = account.credentials(connection, operator)
    if held.password_hash is None:
        return
    _count(workplace, name=operator.name, network=network)
    if not hasher.verify(held.password_hash, password):
        _note_failure(workplace, operator, "password again")
        raise _wrong("password")
    with workplace.database.write() as connection:
        attempt.succeeded(connection, _mac(workplace), name=operator.name, network=network)


def sign_out(workplace: Workplace, token: str) -> None:
    """End the session of *token*, if there is one."""
    with workplace.database.write() as connection:
        found = session.find(connection, token, now=workplace.clock.now())
        if session.end(connection, token) and found is not None:
            _record(connection, workplace, found.operator, "sign out")


def _count(workplace: Workplace, *, name: str, network: str) -> None:
    with workplace.database.write() as connection:
        wait = attempt.count(
            connection, _mac(workplace), name=name, network=network, now=workplace.clock.now()
        )
    if wait > timedelta():
        raise WaitError(wait)


def _let_in(
    connection: Connection, workplace: Workplace, begun: NewSession, *, name: str, network: str
) -> None:
    attempt.succeeded(connection, _mac(workplace), name=name, network=network)
    _record(connection, workplace, begun.session.operator, "sign in", means=begun.session.means.value)


def _note_failure(workplace: Workplace, operator: Operator | None, what: str) -> None:
    """For an operator that there is: what was typed as a name may be a password typed in the wrong field."""
    if operator is not None:
        with workplace.database.write() as connection:
            _record(connection, workplace, operator, "sign-in failed", means=what)


def _record(
    connection: Connection, workplace: Workplace, operator: Operator, act: str, **detail: str
) -> None:
    who = audit.actor_of(operator)
    audit.record(connection, who, act, operator.name, at=workplace.clock.now(), detail=detail)


def _means_of(connection: Connection, workplace: Workplace, operator: Operator, code: str) -> Means | None:
    now = workplace.clock.now()
    if totp.check(connection, operator, sealing(workplace), code, now=now):
        return Means.TOTP
    return Means.RECOVERY if recovery.use(connection, operator, code, now=now) else None


def _proof(
    workplace: Workplace, party: RelyingParty, *, answer: str, bound_to: str, operator: Operator | None
) -> Proof:
    return passkey.answer_authentication(
        workplace.database,
        party,
        answer=answer,
        bound_to=bound_to,
        now=workplace.clock.now(),
        operator=operator,
    )


def _signed_in(workplace: Workplace, token: str) -> Operator:
    with workplace.database.read() as connection:
        found = session.find(connection, token, now=workplace.clock.now())
    if found is None:
        raise _over()
    return found.operator


def _still_there(connection: Connection, operator: Operator) -> Operator:
    found = account.get(connection, operator.id)
    if found is None or found.is_disabled:
        raise _wrong("name or password")
    return found


def _mac(workplace: Workplace) -> Mac:
    return partial(workplace.keyring.mac, Purpose.LIMIT)


def _wrong(what: str) -> OperatorError:
    return OperatorError("signing in", f"did not work: wrong {what}", "Try again.")


def _over() -> OperatorError:
    return OperatorError("this session", "is over", "Sign in again.")
