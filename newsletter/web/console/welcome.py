"""An operator's first visit, by the link that `newsletter operator add` prints."""

from __future__ import annotations

import json
from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from newsletter.errors import OperatorError
from newsletter.web.console.gate import SESSION, fault_answer, surface_of
from newsletter.web.console.sign_in import client_of, let_in, open_form, open_page, party_of
from newsletter.web.console.surface import set_cookie
from newsletter.web.console.words import in_full
from newsletter.web.page import workplace_of
from newsletter.workflows.open_invitation import (
    ask_for_passkey,
    invited,
    open_invitation,
    open_invitation_by_passkey,
)

router = APIRouter()
_PATH = "/console/welcome/{token}"


@router.api_route(_PATH, methods=["GET", "HEAD"])
async def welcome_page(request: Request) -> Response:
    """Whose link it is, and what they choose; changes nothing."""
    return await open_page(request, _page)


@router.post(_PATH)
async def password_post(request: Request) -> Response:
    """A password."""

    def act(request: Request, form: Mapping[str, str]) -> Response:
        password = form.get("password", "")
        if password != form.get("repeated", ""):
            return _page(request, fault="The two passwords are not the same. Nothing was changed.")
        try:
            begun = open_invitation(
                workplace_of(request), _token(request), password=password, client=client_of(request)
            )
        except OperatorError as error:
            return _page(request, fault=in_full(error))
        return let_in(request, begun, "/console/account")

    return await open_form(request, act)


@router.post(f"{_PATH}/passkey/options")
async def options_post(request: Request) -> Response:
    """What navigator.credentials.create() is asked with."""

    def act(request: Request, _form: Mapping[str, str]) -> Response:
        options = ask_for_passkey(workplace_of(request), _token(request), party_of(request))
        return JSONResponse(json.loads(options))

    return await open_form(request, act)


@router.post(f"{_PATH}/passkey")
async def passkey_post(request: Request) -> Response:
    """The new passkey."""

    def act(request: Request, form: Mapping[str, str]) -> Response:
        try:
            begun = open_invitation_by_passkey(
                workplace_of(request),
                _token(request),
                party_of(request),
                answer=form.get("answer", ""),
                name=form.get("passkey_name", ""),
                client=client_of(request),
            )
        except OperatorError as error:
            return fault_answer(error)
        response = JSONResponse({"to": f"{surface_of(request).root}/console/"})
        set_cookie(response, request, SESSION, begun.token)
        return response

    return await open_form(request, act)


def _token(request: Request) -> str:
    return str(request.path_params["token"])


def _page(request: Request, *, fault: str = "") -> Response:
    token = _token(request)
    return surface_of(request).page(
        "welcome.html.j2",
        request,
        status=422 if fault else 200,
        invited=invited(workplace_of(request), token),
        token=token,
        fault=fault,
    )
