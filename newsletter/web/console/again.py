"""Proving once more who it is, before what reaches readers or their data; a form waits meanwhile."""

from __future__ import annotations

import json

from starlette.responses import JSONResponse, RedirectResponse, Response

from newsletter.errors import OperatorError
from newsletter.operators import passkey
from newsletter.operators.role import Right
from newsletter.operators.session import NewSession
from newsletter.web.console.gate import SESSION, fault_answer, is_console_path, slowed
from newsletter.web.console.route import Route, Visit
from newsletter.web.console.sign_in import network_of, party_of
from newsletter.web.console.surface import cookie, set_cookie
from newsletter.web.console.words import in_full
from newsletter.workflows.sign_in import count_options, prove_again, prove_again_by_passkey


def _form(visit: Visit) -> Response:
    return _page(visit, to=visit.request.query_params.get("next", ""))


def _by_password(visit: Visit) -> Response:
    to = visit.form.get("to", "")
    try:
        again = prove_again(
            visit.workplace,
            cookie(visit.request, SESSION),
            password=visit.form.get("password", ""),
            code=visit.form.get("code", ""),
            network=network_of(visit.request),
        )
    except OperatorError as error:
        return slowed(_page(visit, to=to, fault=in_full(error)), error)
    return _go_on(visit, again)


def _options(visit: Visit) -> Response:
    try:
        with visit.workplace.database.write() as connection:
            count_options(connection, visit.workplace, network=network_of(visit.request))
            options = passkey.begin_authentication(
                connection,
                party_of(visit.request),
                bound_to=cookie(visit.request, SESSION),
                now=visit.workplace.clock.now(),
                operator=visit.operator,
            )
    except OperatorError as error:
        return fault_answer(error)
    return JSONResponse(json.loads(options))


def _by_passkey(visit: Visit) -> Response:
    """The script goes on to a page that offers again what was posted, kept by the browser's form."""
    try:
        again = prove_again_by_passkey(
            visit.workplace,
            cookie(visit.request, SESSION),
            party_of(visit.request),
            answer=visit.form.get("answer", ""),
        )
    except OperatorError as error:
        return fault_answer(error)
    response = JSONResponse({"fresh": True})
    set_cookie(response, visit.request, SESSION, again.token)
    return response


def _resume(visit: Visit) -> Response:
    """After a passkey: the kept form, now that the session is fresh."""
    return _go_on(visit, None)


def _go_on(visit: Visit, again: NewSession | None) -> Response:
    goal = _goal(visit.form.get("to", ""))
    fields = _fields(visit.form.get("kept", ""))
    response: Response
    if fields is None:
        response = RedirectResponse(f"{visit.surface.root}{goal}", 303)
    else:
        response = visit.page("go_on.html.j2", to=goal, fields=fields, about=_about(visit))
    if again is not None:
        set_cookie(response, visit.request, SESSION, again.token)
    return response


def _fields(kept: str) -> dict[str, str] | None:
    """What was posted before, or None where it was no form."""
    try:
        found = json.loads(kept)
    except ValueError:
        return None
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else None


def _page(visit: Visit, *, to: str, fault: str = "") -> Response:
    status = 403 if fault else 200
    kept = visit.form.get("kept", "")
    return visit.page(
        "again.html.j2", status=status, to=_goal(to), kept=kept, about=_about(visit), fault=fault
    )


def _goal(to: str) -> str:
    return to if is_console_path(to) else "/console/"


def _about(visit: Visit) -> str:
    return visit.form.get("about", "")[:100]


ROUTES = (
    Route("GET", "/console/again", Right.LOOK, _form),
    Route("POST", "/console/again", Right.LOOK, _by_password),
    Route("POST", "/console/again/passkey/options", Right.LOOK, _options),
    Route("POST", "/console/again/passkey", Right.LOOK, _by_passkey),
    Route("POST", "/console/again/resume", Right.LOOK, _resume),
)
