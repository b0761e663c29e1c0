"""An operator's own account: password, passkeys, one-time codes and sessions."""

from __future__ import annotations

import io
import json

import segno
from markupsafe import Markup
from sqlalchemy import Connection
from starlette.responses import JSONResponse, Response

from newsletter.errors import OperatorError, RefusedError
from newsletter.operators import account, passkey, recovery, totp
from newsletter.operators import session as sessions
from newsletter.operators.account import Credentials
from newsletter.operators.password import check_password
from newsletter.operators.role import Right
from newsletter.operators.session import Means
from newsletter.web.console.gate import SESSION, fault_answer, needs_factor
from newsletter.web.console.route import Route, Visit
from newsletter.web.console.sign_in import network_of, party_of
from newsletter.web.console.surface import cookie
from newsletter.web.console.words import in_full
from newsletter.workflows.sign_in import HASHER, count_options, require_password, sealing

_PATH = "/console/account"


def _show(
    visit: Visit, *, fault: str = "", codes: tuple[str, ...] = (), status: int | None = None
) -> Response:
    now = visit.workplace.clock.now()
    with visit.workplace.database.read() as connection:
        held = account.credentials(connection, visit.operator)
        keys = passkey.every(connection, visit.operator)
        open_sessions = sessions.every(connection, visit.operator, now=now)
        enrolment = totp.pending(connection, visit.operator, sealing(visit.workplace))
    return visit.page(
        "account.html.j2",
        status=status or (422 if fault else 200),
        held=held,
        passkeys=keys,
        sessions=open_sessions,
        here=visit.session.id,
        secret=_grouped(enrolment.secret) if enrolment else "",
        picture=_picture(enrolment.uri) if enrolment else Markup(),
        codes=codes,
        fault=fault,
        needs_factor=needs_factor(visit.request, visit.session) and not codes,
    )


def _password(visit: Visit) -> Response:
    try:
        require_password(
            visit.workplace,
            visit.operator,
            password=visit.form.get("current", ""),
            network=network_of(visit.request),
        )
        with visit.workplace.database.read() as connection:  # only now: that may renew an old hash
            held = account.credentials(connection, visit.operator)
        hashed = _chosen(visit, has_second_factor=held.has_second_factor)
    except OperatorError as error:
        return _show(visit, fault=in_full(error))
    with visit.workplace.database.write() as connection:
        _still(visit, connection, held)
        account.set_password(connection, visit.operator, hashed, now=visit.workplace.clock.now())
        sessions.revoke_others(connection, visit.operator, keep=visit.session.id)
        _note(visit, connection, "change password")
    return visit.back(_PATH, "The password is changed, and every other session of yours is over.")


def _still(visit: Visit, connection: Connection, held: Credentials) -> None:
    """In the transaction that writes: what was decided from *held* holds, and the session is open.

    A password takes a while to be hashed; meanwhile another browser may change the same account.

    Raises:
        RefusedError: it changed meanwhile.
    """
    now = visit.workplace.clock.now()
    found = account.credentials(connection, visit.operator)
    is_same = (found.password_hash, found.has_totp) == (held.password_hash, held.has_totp)
    if not is_same or sessions.find(connection, cookie(visit.request, SESSION), now=now) is None:
        step = "Nothing was changed by this form. Look at the account page, and try again."
        raise RefusedError("your account", "was changed meanwhile in another browser", step)


def _chosen(visit: Visit, *, has_second_factor: bool) -> str:
    """The hash of the password that was chosen, twice the same.

    Raises:
        OperatorError: it may not be chosen.
    """
    chosen = visit.form.get("password", "")
    if chosen != visit.form.get("repeated", ""):
        raise OperatorError("the two passwords", "are not the same", "Type it twice; nothing was changed.")
    check_password(chosen, name=visit.operator.name, has_second_factor=has_second_factor)
    return HASHER.hash(chosen)


def _begin_codes(visit: Visit) -> Response:
    with visit.workplace.database.write() as connection:
        totp.begin(
            connection, visit.operator, sealing(visit.workplace), issuer=visit.workplace.settings.publisher
        )
    return visit.back(f"{_PATH}#codes")


def _confirm_codes(visit: Visit) -> Response:
    now = visit.workplace.clock.now()
    with visit.workplace.database.write() as connection:
        is_right = totp.confirm(
            connection, visit.operator, sealing(visit.workplace), visit.form.get("code", ""), now=now
        )
        codes = recovery.renew(connection, visit.operator) if is_right else ()
        if is_right:
            _strengthen(visit, connection, Means.TOTP)
            _note(visit, connection, "set up one-time codes")
    if not is_right:
        return _show(visit, fault="That code is not one of this secret. Nothing was changed.")
    return _show(visit, codes=codes)


def _remove_codes(visit: Visit) -> Response:
    """Without codes the password alone signs in: then it has to be a long one, so it is chosen again."""
    with visit.workplace.database.read() as connection:
        held = account.credentials(connection, visit.operator)
    try:
        hashed = None if held.password_hash is None else _chosen(visit, has_second_factor=False)
    except OperatorError as error:
        return _show(visit, fault=in_full(error))
    with visit.workplace.database.write() as connection:
        _still(visit, connection, held)
        if hashed is not None:
            account.set_password(connection, visit.operator, hashed, now=visit.workplace.clock.now())
            sessions.revoke_others(connection, visit.operator, keep=visit.session.id)
        totp.remove(connection, visit.operator)
        _note(visit, connection, "remove one-time codes")
    return visit.back(_PATH, "There are no one-time codes any more.")


def _recovery(visit: Visit) -> Response:
    with visit.workplace.database.write() as connection:
        if not account.credentials(connection, visit.operator).has_totp:
            raise OperatorError(
                "recovery codes", "are for those who have one-time codes", "Set these up first."
            )
        codes = recovery.renew(connection, visit.operator)
        _note(visit, connection, "renew recovery codes")
    return _show(visit, codes=codes)


def _options(visit: Visit) -> Response:
    try:
        with visit.workplace.database.write() as connection:
            count_options(connection, visit.workplace, network=network_of(visit.request))
            options = passkey.begin_registration(
                connection,
                visit.operator,
                party_of(visit.request),
                bound_to=cookie(visit.request, SESSION),
                now=visit.workplace.clock.now(),
            )
    except OperatorError as error:
        return fault_answer(error)
    return JSONResponse(json.loads(options))


def _add_passkey(visit: Visit) -> Response:
    now = visit.workplace.clock.now()
    try:
        made = passkey.answer_registration(
            visit.workplace.database,
            visit.operator,
            party_of(visit.request),
            answer=visit.form.get("answer", ""),
            bound_to=cookie(visit.request, SESSION),
            now=now,
        )
        with visit.workplace.database.write() as connection:
            passkey.keep(connection, visit.operator, made, name=visit.form.get("passkey_name", ""), now=now)
            _strengthen(visit, connection, Means.PASSKEY)
            _note(visit, connection, "add passkey")
    except OperatorError as error:
        return fault_answer(error)
    return JSONResponse({"to": f"{visit.surface.root}{_PATH}"})


def _remove_passkey(visit: Visit) -> Response:
    number = _number(visit)
    with visit.workplace.database.write() as connection:
        held = account.credentials(connection, visit.operator)
        if held.passkeys == 1 and held.password_hash is None:
            raise OperatorError(
                "this passkey",
                "is the only way by which you sign in",
                "Add another, or choose a password, first.",
            )
        if passkey.remove(connection, visit.operator, number):
            _note(visit, connection, "remove passkey")
    return visit.back(_PATH, "The passkey is gone.")


def _end_session(visit: Visit) -> Response:
    with visit.workplace.database.write() as connection:
        if sessions.revoke(connection, visit.operator, _number(visit)):
            _note(visit, connection, "end session")
    return visit.back(_PATH, "That session is over.")


def _end_others(visit: Visit) -> Response:
    with visit.workplace.database.write() as connection:
        ended = sessions.revoke_others(connection, visit.operator, keep=visit.session.id)
        _note(visit, connection, "end other sessions", ended=ended)
    return visit.back(_PATH, "You are signed in here alone.")


def _strengthen(visit: Visit, connection: Connection, means: Means) -> None:
    if visit.session.has_one_factor:
        sessions.strengthen(connection, visit.session, means=means)


def _note(visit: Visit, connection: Connection, act: str, **detail: str | int | bool) -> None:
    visit.record(connection, act, visit.operator.name, **detail)


def _number(visit: Visit) -> int:
    given = visit.form.get("number", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0


def _grouped(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def _picture(uri: str) -> Markup:
    """The QR code, always black on white: cameras read it so."""
    drawn = io.BytesIO()
    segno.make(uri, error="m").save(
        drawn,
        kind="svg",
        xmldecl=False,
        svgns=False,
        nl=False,
        scale=5,
        light="#fff",
        svgclass="qr",
        lineclass=None,
        title="QR code of the secret below",
    )
    return Markup(drawn.getvalue().decode())  # noqa: S704 - made by segno out of squares


ROUTES = (
    Route("GET", _PATH, Right.LOOK, _show),
    Route("POST", f"{_PATH}/password", Right.LOOK, _password, about="change your password"),
    Route("POST", f"{_PATH}/codes", Right.LOOK, _begin_codes, about="set up one-time codes"),
    Route(
        "POST",
        f"{_PATH}/codes/confirm",
        Right.LOOK,
        _confirm_codes,
        about="set up one-time codes",
    ),
    Route(
        "POST",
        f"{_PATH}/codes/remove",
        Right.LOOK,
        _remove_codes,
        about="remove your one-time codes",
    ),
    Route("POST", f"{_PATH}/recovery", Right.LOOK, _recovery, about="make new recovery codes"),
    Route("POST", f"{_PATH}/passkey/options", Right.LOOK, _options, about="add a passkey"),
    Route("POST", f"{_PATH}/passkey", Right.LOOK, _add_passkey, about="add a passkey"),
    Route(
        "POST",
        f"{_PATH}/passkey/remove",
        Right.LOOK,
        _remove_passkey,
        about="remove a passkey",
    ),
    Route("POST", f"{_PATH}/sessions/end", Right.LOOK, _end_session, about="end a session"),
    Route(
        "POST",
        f"{_PATH}/sessions/end-others",
        Right.LOOK,
        _end_others,
        about="end your other sessions",
    ),
)
