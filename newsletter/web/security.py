"""What stands between a visitor and the pages: headers, a size limit, form nonces, a log without names.

Header choices: OWASP ASVS 5.0 chapter 3; ``no-referrer`` and ``no-store`` because a path may hold a token.
"""

from __future__ import annotations

import hmac
import logging
import re
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.subscribers.token import Keyring, Purpose

logger = logging.getLogger("newsletter.web")

MAX_BODY_BYTES = 64 * 1024
NONCE_LASTS = timedelta(hours=24)

_POLICY = (
    "default-src 'none'; style-src {style}; img-src {image}; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
CONTENT_POLICY = _POLICY.format(style="'self'", image="'self' data:")
#: A form that does a proof of work runs our script, which fetches the challenge.
SCRIPT_POLICY = f"{CONTENT_POLICY}; script-src 'self'; connect-src 'self'"
#: A letter carries its style in attributes, which no hash can name; it holds no script and no form.
LETTER_POLICY = _POLICY.format(style="'unsafe-inline'", image="https: data:")
#: Of pages whose sign-up form must say where it comes from: under "no-referrer" browsers write "Origin: null"
#: (Fetch standard, "append a request Origin header"), which is nobody's page.
FORM_REFERRER = "same-origin"
_PRIVATE_PATH = re.compile(r"^/(confirm|unsubscribe|preferences|address|data|erase|mailpoet)(/|$)")
_PUBLIC_CACHE = re.compile(r"^/(static|issues|embed\.js|console/static)(/|$)")


class TooLargeError(Exception):
    """More came than the path takes; raised while the body is read."""


class Guard:
    """ASGI middleware around the whole application.

    Adds the headers, refuses bodies over MAX_BODY_BYTES (or what *body_limits* has for the path) before they
    are read (of a path that *upload_limit* knows while they are, by TooLargeError), turns a failure into
    *error_page*, and logs each request by its route ("/confirm/{token}"), never by its path.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        error_page: Callable[[Request, int], Response],
        body_limits: Mapping[str, int] | None = None,
        upload_limit: Callable[[str], int | None] | None = None,
    ) -> None:
        self._app = app
        self._error_page = error_page
        self._body_limits = body_limits or {}
        self._upload_limit = upload_limit or (lambda _path: None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request (other ASGI events pass)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _set_headers(MutableHeaders(scope=message), scope)
            await send(message)

        try:
            await self._limited(scope, receive, answer)
        except Exception as error:  # noqa: BLE001 - the last line: a visitor sees a page, the log where it was
            # Messages and parameters of errors may hold addresses: only kind and place are logged.
            place = traceback.extract_tb(error.__traceback__)[-1]
            logger.error(  # noqa: TRY400 - the trace would hold them
                "%s in %s line %s", type(error).__name__, Path(place.filename).name, place.lineno
            )
            if not status:
                await self._error_page(Request(scope), 500)(scope, receive, answer)
        finally:
            route = getattr(scope.get("route"), "path", "(no such page)")
            milliseconds = (time.perf_counter() - started) * 1000
            logger.info("%s %s %s %.0f ms", scope["method"], route, status, milliseconds)

    async def _limited(
        self, scope: Scope, receive: Receive, answer: Callable[[Message], Awaitable[None]]
    ) -> None:
        chunks, size = [], 0
        most = self._body_limits.get(scope["path"], MAX_BODY_BYTES)
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, answer)
            return
        upload = self._upload_limit(scope["path"])
        if upload is not None:
            await self._app(scope, _counted(receive, upload), answer)
            return
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > most:
                await self._error_page(Request(scope), 413)(scope, receive, answer)
                return
            if not message.get("more_body"):
                break
        body: list[Message] = [
            {"type": "http.request", "body": b"".join(chunks), "more_body": False},
        ]

        async def replay() -> Message:
            return body.pop() if body else await receive()

        await self._app(scope, replay, answer)


def _counted(receive: Receive, most: int) -> Receive:
    """*receive*, which ends with TooLargeError past *most* octets."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise TooLargeError
        return message

    return counted


def _set_headers(headers: MutableHeaders, scope: Scope) -> None:
    path = scope["path"]
    is_old = b"mailpoet" in scope.get("query_string", b"")
    headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if not _PUBLIC_CACHE.match(path):
        headers["Cache-Control"] = "no-store"
    if scope.get("scheme") == "https" and path.startswith("/console/"):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if is_old or _PRIVATE_PATH.match(path):
        headers["X-Robots-Tag"] = "noindex, nofollow"


def form_nonce(keyring: Keyring, page: str, token: str, *, now: datetime) -> str:
    """What a human form posts back, to show that somebody opened *page* first.

    Some link scanners POST to every link of a mail (standards, section 6). The nonce is bound to the page,
    its token and a time.
    """
    issued = str(int(now.timestamp()))
    return f"{issued}.{_mac(keyring, page, token, issued, keyring.current)}"


def is_fresh(keyring: Keyring, page: str, token: str, *, nonce: str, now: datetime) -> bool:
    """Whether *nonce* was made by form_nonce for this page and token within NONCE_LASTS."""
    return nonce_age(keyring, page, token, nonce=nonce, now=now) is not None


def nonce_age(keyring: Keyring, page: str, token: str, *, nonce: str, now: datetime) -> timedelta | None:
    """How long ago form_nonce made *nonce* for this page and token; None if it did not within NONCE_LASTS.

    Whole seconds are kept, so it may be one second more than it was.
    """
    issued, _, mac = nonce.partition(".")
    if not re.fullmatch(r"[0-9]{1,12}", issued) or not mac.isascii():
        return None
    known = any(hmac.compare_digest(mac, _mac(keyring, page, token, issued, kid)) for kid in keyring.key_ids)
    age = timedelta(seconds=now.timestamp() - int(issued))
    return age if known and timedelta(seconds=-1) <= age <= NONCE_LASTS else None


def _mac(keyring: Keyring, page: str, token: str, issued: str, kid: str) -> str:
    return keyring.mac(Purpose.FORM, f"{page}\n{token}\n{issued}".encode(), kid=kid)[:16].hex()
