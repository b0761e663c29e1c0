"""Signing in and out: by name and password and perhaps a code, or by passkey."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from newsletter.errors import NewsletterError, OperatorError
from newsletter.operators import passkey
from newsletter.operators.passkey import RelyingParty, relying_party
from newsletter.operators.role import Right
from newsletter.operators.secrecy import new_token
from newsletter.operators.session import NewSession
from newsletter.subscribers.limit import ip_block
from newsletter.web.console.gate import (
    SESSION,
    TurnedAwayError,
    check_origin,
    check_transport,
    fault_answer,
    fault_page,
    is_console_path,
    posted,
    signed_in,
    slowed,
    surface_of,
    to_sign_in,
    with_policy,
)
from newsletter.web.console.route import Route, Visit
from newsletter.web.console.surface import cookie, drop_cookie, set_cookie
from newsletter.web.console.words import in_full
from newsletter.web.page import workplace_of
from newsletter.workflows.sign_in import count_options, give_code, sign_in_by_passkey
from newsletter.workflows.sign_in import sign_in as by_password
from newsletter.workflows.sign_in import sign_out as end_session

router = APIRouter()
fallback = APIRouter()

#: The cookie of a sign-in that waits for its code, and of a passkey ceremony.
_HALF, _CEREMONY, _SHORT_S = "console-half", "console-ceremony", 300
_GET = ["GET", "HEAD"]
_OPEN = Route("POST", "", Right.LOOK, lambda visit: visit.back("/console/"))

Act = Callable[[Request, Mapping[str, str]], Response]


def network_of(request: Request) -> str:
    """What attempts are counted by: the visitor's network."""
    return ip_block(request.client.host) if request.client else ""


def client_of(request: Request) -> str:
    """What the browser calls itself."""
    return request.headers.get("user-agent", "")


def party_of(request: Request) -> RelyingParty:
    """Whose passkeys they are: those of the address that the browser sees."""
    settings = workplace_of(request).settings
    return relying_party(f"{request.url.scheme}://{request.url.netloc}", name=settings.publisher)


async def open_form(request: Request, act: Act) -> Response:
    """Answer a POST of a page that anybody may open: checked where it comes from, run in a thread."""
    try:
        check_transport(request)
        check_origin(request)
        form, _ = await posted(request, _OPEN)
        return with_policy(await asyncio.to_thread(act, request, form))
    except TurnedAwayError as away:
        return with_policy(away.response)
    except NewsletterError as error:
        return with_policy(await asyncio.to_thread(fault_page, request, error))


async def open_page(request: Request, act: Callable[[Request], Response]) -> Response:
    """The same for a GET."""
    try:
        check_transport(request)
        return with_policy(await asyncio.to_thread(act, request))
    except TurnedAwayError as away:
        return with_policy(away.response)
    except NewsletterError as error:
        return with_policy(await asyncio.to_thread(fault_page, request, error))


def let_in(request: Request, begun: NewSession, path: str) -> Response:
    """On to *path*, with the cookie of the new session."""
    response = RedirectResponse(f"{surface_of(request).root}{path}", 303)
    set_cookie(response, request, SESSION, begun.token)
    drop_cookie(response, request, _HALF)
    return response


@router.api_route("/console/static/{name}", methods=_GET)
def static(request: Request, name: str) -> Response:
    """A script or stylesheet; nothing in it is secret."""
    return surface_of(request).asset(request, name)


@router.api_route("/console/sign-in", methods=_GET)
async def sign_in_page(request: Request) -> Response:
    """The form; whoever is signed in goes on to the first page."""

    def page(request: Request) -> Response:
        if signed_in(request) is not None:
            return RedirectResponse(f"{surface_of(request).root}/console/", 303)
        return _page(request, goal=request.query_params.get("next", ""))

    return await open_page(request, page)


@router.post("/console/sign-in")
async def sign_in_post(request: Request) -> Response:
    """Name and password."""

    def act(request: Request, form: Mapping[str, str]) -> Response:
        goal = _goal(form)
        try:
            begun = by_password(
                workplace_of(request),
                name=form.get("name", ""),
                password=form.get("password", ""),
                network=network_of(request),
                client=client_of(request),
            )
        except OperatorError as error:
            return _page(request, goal=goal, error=error)
        if begun.session.is_complete:
            return let_in(request, begun, goal)
        response = _page(request, goal=goal, wants_code=True)
        set_cookie(response, request, _HALF, begun.token, lasts_s=_SHORT_S)
        return response

    return await open_form(request, act)


@router.post("/console/sign-in/code")
async def code_post(request: Request) -> Response:
    """The code after the password."""

    def act(request: Request, form: Mapping[str, str]) -> Response:
        goal = _goal(form)
        try:
            begun = give_code(
                workplace_of(request),
                cookie(request, _HALF),
                code=form.get("code", ""),
                network=network_of(request),
            )
        except OperatorError as error:
            return _page(request, goal=goal, error=error, wants_code="too long" not in error.reason)
        return let_in(request, begun, goal)

    return await open_form(request, act)


@router.post("/console/sign-in/passkey/options")
async def passkey_options(request: Request) -> Response:
    """What navigator.credentials.get() is asked with."""

    def act(request: Request, _form: Mapping[str, str]) -> Response:
        workplace, bound_to = workplace_of(request), new_token()
        try:
            with workplace.database.write() as connection:
                count_options(connection, workplace, network=network_of(request))
                options = passkey.begin_authentication(
                    connection, party_of(request), bound_to=bound_to, now=workplace.clock.now()
                )
        except OperatorError as error:
            return fault_answer(error)
        response = JSONResponse(json.loads(options))
        set_cookie(response, request, _CEREMONY, bound_to, lasts_s=_SHORT_S)
        return response

    return await open_form(request, act)


@router.post("/console/sign-in/passkey")
async def passkey_post(request: Request) -> Response:
    """The passkey's answer."""

    def act(request: Request, form: Mapping[str, str]) -> Response:
        try:
            begun = sign_in_by_passkey(
                workplace_of(request),
                party_of(request),
                answer=form.get("answer", ""),
                bound_to=cookie(request, _CEREMONY),
                network=network_of(request),
                client=client_of(request),
            )
        except OperatorError as error:
            return fault_answer(error)
        response = JSONResponse({"to": f"{surface_of(request).root}{_goal(form)}"})
        set_cookie(response, request, SESSION, begun.token)
        drop_cookie(response, request, _CEREMONY)
        return response

    return await open_form(request, act)


@fallback.api_route("/console", methods=_GET)
def without_slash(request: Request) -> Response:
    """Whoever types the address leaves out the slash."""
    return RedirectResponse(f"{surface_of(request).root}/console/", 308)


@fallback.api_route("/console/{path:path}", methods=[*_GET, "POST"])
async def nothing_here(request: Request, path: str) -> Response:  # noqa: ARG001 - FastAPI fills it
    """What is not there: to strangers the same as what is."""

    def page(request: Request) -> Response:
        if request.method == "POST":
            check_origin(request)
        found = signed_in(request)
        if found is None:
            return to_sign_in(request)
        return surface_of(request).page(
            "fault.html.j2",
            request,
            operator=found.operator,
            session=found,
            status=404,
            title="There is no such page",
            reason="The address may have lost its end when it was copied.",
            step="",
        )

    return await open_page(request, page)


def _sign_out(visit: Visit) -> Response:
    end_session(visit.workplace, cookie(visit.request, SESSION))
    response = visit.back("/console/sign-in", "You are signed out.")
    drop_cookie(response, visit.request, SESSION)
    return response


def _goal(form: Mapping[str, str]) -> str:
    goal = form.get("next", "")
    return goal if is_console_path(goal) else "/console/"


def _page(
    request: Request, *, goal: str, error: OperatorError | None = None, wants_code: bool = False
) -> Response:
    response = surface_of(request).page(
        "sign_in.html.j2",
        request,
        status=403 if error else 200,
        next=goal if is_console_path(goal) else "",
        wants_code=wants_code,
        fault=in_full(error) if error else "",
    )
    return slowed(response, error)


ROUTES = (Route("POST", "/console/sign-out", Right.LOOK, _sign_out),)
