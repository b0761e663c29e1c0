"""The gate of the console: who comes in, from where, and what they may post.

Rules: OWASP ASVS 5.0 chapters 3 (web frontend), 7 (sessions) and 8 (authorization); docs/reference/asvs.md.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import compile_path

from newsletter.errors import ContentError, NewsletterError, OperatorError, RefusedError
from newsletter.operators import account
from newsletter.operators import session as sessions
from newsletter.operators.role import Role, may
from newsletter.operators.session import Session
from newsletter.web.console.route import Route, Visit
from newsletter.web.console.surface import POLICY, Surface, cookie, is_secure
from newsletter.web.console.words import in_full, sentence
from newsletter.web.page import workplace_of
from newsletter.web.security import TooLargeError
from newsletter.workflows.sign_in import WaitError

logger = logging.getLogger(__name__)

SESSION = "console"
#: The most that an upload may have, in octets; more is refused before it is read to its end.
MOST_UPLOAD = 32 * 1024 * 1024
_MOST_FIELDS, _MOST_FILES, _MOST_FIELD = 500, 2, 1024 * 1024
_LOOPBACK_NAME = "localhost"
#: What a password alone opens: the pages on which another factor is set up.
_WITH_ONE_FACTOR = ("/console/account", "/console/again", "/console/help")
#: Headers that only proxies write.
_OF_PROXIES = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto")
#: Fields that no page may repeat.
_SECRET = frozenset({"password", "new_password", "code", "answer"})


class TurnedAwayError(Exception):
    """Why a request does not come in: an answer instead."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def guarded(routes: Iterable[Route]) -> APIRouter:
    """A router for *routes*, each behind the gate."""
    router = APIRouter()
    for route in routes:
        methods = ["GET", "HEAD"] if route.method == "GET" else ["POST"]
        router.add_api_route(route.path, _endpoint(route), methods=methods, name=f"console {route.path}")
    return router


def upload_limit(routes: Iterable[Route]) -> Callable[[str], int | None]:
    """How many octets may come to a path of *routes* that takes files; None for every other path."""
    patterns = [compile_path(route.path)[0] for route in routes if route.takes == "files"]

    def limit(path: str) -> int | None:
        return MOST_UPLOAD if any(pattern.match(path) for pattern in patterns) else None

    return limit


def surface_of(request: Request) -> Surface:
    """How pages of this console look."""
    surface: Surface = request.app.state.console
    return surface


def _endpoint(route: Route) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        files: Mapping[str, UploadFile] = {}
        try:
            check_transport(request)
            if route.method == "POST":
                check_origin(request)
            found = await asyncio.to_thread(_admitted, request, route)
            form: Mapping[str, str] = {}
            if route.method == "POST":  # read only now: strangers have nothing to upload here
                form, files = await posted(request, route)
            response = await asyncio.to_thread(_visit, request, route, found, form, files)
            if route.is_stream and isinstance(response, StreamingResponse):
                response.body_iterator = _while_admitted(request, route, response.body_iterator)
        except TurnedAwayError as away:
            response = away.response
        except NewsletterError as error:
            response = await asyncio.to_thread(fault_page, request, error)
        finally:
            for file in files.values():
                await file.close()
        return with_policy(response)

    return endpoint


def _admitted(request: Request, route: Route) -> Session:
    """The session of whoever may be here.

    Raises:
        TurnedAwayError: to the sign-in page, or with a page that says which role it takes.
    """
    # A stream opens by itself again and again: that is no use by a person, and keeps no session alive.
    found = signed_in(request, is_use=not route.is_stream)
    if found is None:
        raise TurnedAwayError(to_sign_in(request))
    if not found.operator.may(route.right):
        raise TurnedAwayError(_not_yours(request, route, found))
    if needs_factor(request, found) and route.path != "/console/sign-out":
        _admit_with_one_factor(request, route, found)
    return found


def _admit_with_one_factor(request: Request, route: Route, found: Session) -> None:
    """A password alone opens the pages on which a second factor is set up, unless there is one already."""
    with workplace_of(request).database.read() as connection:
        held = account.credentials(connection, found.operator)
    if held.passkeys or held.has_second_factor:
        step = "Sign in with your passkey or code. If it is lost, an administrator makes you a new link."
        raise TurnedAwayError(refusal(request, "Your password alone opens nothing", step, found))
    if not route.path.startswith(_WITH_ONE_FACTOR):
        raise TurnedAwayError(RedirectResponse(f"{surface_of(request).root}/console/account", 303))


def needs_factor(request: Request, found: Session) -> bool:
    """Whether a second factor has to be set up first (OWASP ASVS 5.0, 6.3.3).

    Not of whoever is at the machine itself, by plain HTTP on loopback.
    """
    return found.has_one_factor and is_secure(request)


async def _while_admitted(
    request: Request, route: Route, parts: AsyncIterable[str | bytes | memoryview]
) -> AsyncIterator[str | bytes | memoryview]:
    """*parts* of a stream, as long as whoever opened it is signed in and may see it."""
    async for part in parts:
        found = await asyncio.to_thread(signed_in, request, is_use=False)
        if found is None or not found.operator.may(route.right):
            return
        yield part


def _visit(
    request: Request,
    route: Route,
    found: Session,
    form: Mapping[str, str],
    files: Mapping[str, UploadFile],
) -> Response:
    if route.method == "POST" and not found.is_csrf_token(form.get("csrf", "")):
        raise TurnedAwayError(refusal(request, "This form is not from this session", _FORM_STEP, found))
    workplace = workplace_of(request)
    if route.is_fresh and not found.is_fresh(workplace.clock.now()):
        raise TurnedAwayError(prove_first(request, route, form, found))
    return route.handler(
        Visit(
            request=request,
            operator=found.operator,
            session=found,
            workplace=workplace,
            surface=surface_of(request),
            form={name: value for name, value in form.items() if name != "csrf"},
            files=files,
            config=_config(request),
        )
    )


def check_transport(request: Request) -> None:
    """HTTPS, or plain HTTP from this machine to itself, at http://localhost, where passkeys work.

    Raises:
        TurnedAwayError: to localhost, or with a page that says why.
    """
    host = request.url.hostname or ""
    if is_secure(request):
        return
    client = request.client.host if request.client else ""
    if _is_loopback(host) and _is_loopback(client) and not _is_relayed(request):
        if host == _LOOPBACK_NAME:
            return
        if request.method in ("GET", "HEAD"):
            port = f":{request.url.port}" if request.url.port else ""
            query = f"?{request.url.query}" if request.url.query else ""
            raise TurnedAwayError(
                RedirectResponse(f"http://{_LOOPBACK_NAME}{port}{request.url.path}{query}", 307)
            )
    step = (
        "Open it by https://, or on the machine itself at http://localhost. Behind a proxy: name it in "
        "trusted_proxies, and let it say X-Forwarded-Proto."
    )
    raise TurnedAwayError(refusal(request, "The console is not shown over plain HTTP", step))


def check_origin(request: Request) -> None:
    """That a page of ours sent this POST.

    Raises:
        TurnedAwayError: another did, or nobody says which.
    """
    own = f"{request.url.scheme}://{request.url.netloc}"
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    is_ours = (site or origin) and site in (None, "same-origin") and origin in (None, own)
    if not is_ours:
        raise TurnedAwayError(refusal(request, "This form was sent by another site", _FORM_STEP))


async def posted(request: Request, route: Route) -> tuple[dict[str, str], dict[str, UploadFile]]:
    """The fields and files of a POST.

    Raises:
        TurnedAwayError: it is no form, or too large.
    """
    try:  # starlette raises several kinds for what is no form
        form: FormData = await request.form(
            max_fields=_MOST_FIELDS,
            max_files=_MOST_FILES if route.takes == "files" else 0,
            max_part_size=_MOST_FIELD,
        )
    except TooLargeError as error:
        most = f"At most {MOST_UPLOAD // 1024 // 1024} MiB are taken."
        raise TurnedAwayError(refusal(request, "This file is too large", most, status=413)) from error
    except Exception as error:
        logger.info("console: a form could not be read (%s)", type(error).__name__)
        raise TurnedAwayError(refusal(request, "This form could not be read", _FORM_STEP)) from error
    fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    files = {name: value for name, value in form.multi_items() if isinstance(value, UploadFile)}
    return fields, files


def signed_in(request: Request, *, is_use: bool = True) -> Session | None:
    """The session of the browser that asks; None when it has none that is open.

    *is_use*: it is noted as used, and so stays open.
    """
    token = cookie(request, SESSION)
    if not token:
        return None
    workplace = workplace_of(request)
    now = workplace.clock.now()
    with workplace.database.read() as connection:
        found = sessions.find(connection, token, now=now)
    if is_use and found is not None and sessions.is_due(found, now):
        with workplace.database.write() as connection:
            sessions.touch(connection, found, now=now)
    return found


def to_sign_in(request: Request) -> Response:
    """On to the sign-in page, and after it back to here (a GET alone: what was posted is not kept)."""
    root, path = surface_of(request).root, request.url.path
    is_page = request.method == "GET" and path not in ("/console/", "/console/sign-in")
    query = f"?next={path}" if is_page and is_console_path(path) else ""
    return RedirectResponse(f"{root}/console/sign-in{query}", 303)


def is_console_path(path: str) -> bool:
    """Whether *path* is one of ours, so that nobody is led elsewhere by it."""
    is_plain = path.isascii() and path.isprintable() and not set(path) & set("\\?#@: ")
    return path.startswith("/console/") and is_plain and "//" not in path and ".." not in path


def prove_first(request: Request, route: Route, form: Mapping[str, str], found: Session) -> Response:
    """Ask who it is once more; what was posted is kept in the page and offered again afterwards."""
    kept = json.dumps({name: value for name, value in form.items() if name != "csrf"})
    # A file cannot be kept in a page, and a secret must not be: then back to where the form was.
    is_kept = route.method == "POST" and route.takes == "form" and not _SECRET & form.keys()
    to = request.url.path if is_kept or route.method == "GET" else _came_from(request)
    return surface_of(request).page(
        "again.html.j2",
        request,
        operator=found.operator,
        session=found,
        status=403,
        to=to,
        kept=kept if is_kept else "",
        about=route.about,
        fault="",
    )


def refusal(
    request: Request, title: str, step: str, found: Session | None = None, *, status: int = 403
) -> Response:
    """A page that says why nothing was done."""
    return surface_of(request).page(
        "fault.html.j2",
        request,
        operator=found.operator if found else None,
        session=found,
        status=status,
        title=title,
        reason="Nothing was done.",
        step=step,
    )


def fault_page(request: Request, error: NewsletterError) -> Response:
    """A page that names the thing, the reason and the next step: 409 refused, 404 not there, else 422."""
    status = 409 if isinstance(error, RefusedError) else 422
    if isinstance(error, ContentError) and "no such" in error.reason:
        status = 404
    found = signed_in(request)
    return surface_of(request).page(
        "fault.html.j2",
        request,
        operator=found.operator if found else None,
        session=found,
        status=status,
        title="There is no such page" if status == 404 else "Nothing was done",
        reason=sentence(error),
        step=error.next_step,
    )


def fault_answer(error: OperatorError) -> Response:
    """The same for a script that asked about a passkey; 429 with Retry-After where it is too early."""
    return slowed(JSONResponse({"fault": in_full(error)}, 403), error)


def slowed(response: Response, error: OperatorError | None) -> Response:
    """*response* as 429 with Retry-After (RFC 6585 section 4), where *error* is that it is too early."""
    if isinstance(error, WaitError):
        response.status_code = 429
        response.headers["Retry-After"] = str(error.seconds)
    return response


def with_policy(response: Response) -> Response:
    """*response* under the policy of the console, unless it has a stricter one of its own."""
    if "Content-Security-Policy" not in response.headers:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers.setdefault("X-Frame-Options", "DENY")
    # Under "no-referrer" browsers write "Origin: null" in a form (Fetch, "append a request Origin header").
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
    return response


_FORM_STEP = "Open the page again in the console, and press the button there."


def _not_yours(request: Request, route: Route, found: Session) -> Response:
    who = [role.value for role in Role if may((role,), route.right)]
    step = f"It takes one of these roles: {', '.join(who)}. Whoever has the role admin gives it."
    return refusal(request, "This is not among what you may do", step, found)


def _came_from(request: Request) -> str:
    """The path of our page that the form stood on; empty where the browser does not say."""
    path = urlsplit(request.headers.get("referer", "")).path.removeprefix(surface_of(request).root)
    return path if is_console_path(path) else ""


def _is_relayed(request: Request) -> bool:
    """Whether a proxy passed this on: then it is not from this machine, whoever the proxy says it is from."""
    return any(name in request.headers for name in _OF_PROXIES)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == _LOOPBACK_NAME


def _config(request: Request) -> Path | None:
    config: Path | None = request.app.state.config
    return config
