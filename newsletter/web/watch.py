"""The page of `newsletter preview --watch`: a letter on a phone and a desk, by day and by night.

An application of its own, for one person at the same machine; nothing of it is among the public pages. Its
script asks for the version of the files twice a second, and shows the letter anew when that has changed.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Awaitable, Callable
from typing import Literal

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware

from newsletter.issues.headline import SUBJECT_LIMIT
from newsletter.overrides import search_path
from newsletter.rendering.checks.markup import WARN_HTML_BYTES
from newsletter.rendering.edition import MAX_HTML_BYTES
from newsletter.rendering.template import html_environment
from newsletter.rendering.tokens import load_tokens
from newsletter.web.page import colours
from newsletter.workflows.watch_letter import Preview, Previews

Scheme = Literal["light", "dark"]

_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; "
    "img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
#: The letter runs nothing and fetches nothing: a hosted logo shows its alt text, as with pictures off.
_LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox allow-same-origin"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
_MEDIA = re.compile(r"@media\s*\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)")
_FEATURE = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)")
_BOTH_SCHEMES = re.compile(r"""(color-scheme"?\s*(?:content=|:)\s*"?)light dark""")


def create_watch(previews: Previews, *, host: str) -> FastAPI:
    """The application that shows *previews*; *host* is the address that it is served at.

    On loopback it answers to the names of loopback alone, so that no page elsewhere can read it by a name
    that it has pointed here (DNS rebinding).
    """
    app = FastAPI(title="Preview", docs_url=None, redoc_url=None, openapi_url=None)
    shown = _Shown(previews)
    environment = html_environment("web")

    @app.get("/")
    def page() -> HTMLResponse:
        preview = shown.anew()
        body = environment.get_template("watch.html.j2").render(_facts(preview, previews))
        return HTMLResponse(body)

    @app.get("/letter/{scheme}")
    def letter(scheme: Scheme) -> HTMLResponse:
        html = in_scheme(shown.latest().html, scheme)
        return HTMLResponse(html, headers={"Content-Security-Policy": _LETTER_POLICY})

    @app.get("/text")
    def text() -> PlainTextResponse:
        return PlainTextResponse(shown.latest().text)

    @app.get("/version")
    def version() -> PlainTextResponse:
        return PlainTextResponse(previews.version())

    @app.get("/watch.css")
    def stylesheet() -> Response:
        return Response(colours(load_tokens()).encode() + _own("watch.css"), media_type="text/css")

    @app.get("/watch.js")
    def script() -> Response:
        return Response(_own("watch.js"), media_type="text/javascript")

    app.middleware("http")(_with_headers)
    if host in ("127.0.0.1", "localhost", "::1"):
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]", "::1"])
    return app


def in_scheme(html: str, scheme: Scheme) -> str:
    """A letter as it looks in *scheme*, whatever the browser's own; its links lead nowhere from here."""

    def media(match: re.Match[str]) -> str:
        return "@media all" if match[1] == scheme else "@media not all"

    def feature(match: re.Match[str]) -> str:
        return "(min-width: 0)" if match[1] == scheme else "(max-width: 0)"

    html = _FEATURE.sub(feature, _MEDIA.sub(media, html))
    html = _BOTH_SCHEMES.sub(rf"\g<1>{scheme}", html)
    # A new window is what the sandbox does not give: a click leaves the letter where it is.
    return html.replace("<head>", '<head><base target="_blank">', 1)


class _Shown:
    """The preview that the page and its frames show: one for all of them."""

    def __init__(self, previews: Previews) -> None:
        self._previews = previews
        self._lock = threading.Lock()
        self._preview: Preview | None = None

    def anew(self) -> Preview:
        """Made now."""
        with self._lock:
            self._preview = self._previews.preview()
            return self._preview

    def latest(self) -> Preview:
        """The one made last, unless a file has changed since."""
        preview = self._preview
        return preview if preview is not None and preview.version == self._previews.version() else self.anew()


def _facts(preview: Preview, previews: Previews) -> dict[str, object]:
    return {
        "preview": preview,
        "day": previews.day,
        "topics": previews.topics,
        "subject_limit": SUBJECT_LIMIT,
        "warn_bytes": WARN_HTML_BYTES,
        "max_bytes": MAX_HTML_BYTES,
        "findings": [one for one in preview.checks if one.level != "ok"] if preview.html else [],
        "passed": [one for one in preview.checks if one.level == "ok"] if preview.html else [],
    }


def _own(name: str) -> bytes:
    return (search_path("web")[-1] / name).read_bytes()


async def _with_headers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await answer(request)
    response.headers.setdefault("Content-Security-Policy", _PAGE_POLICY)
    response.headers.update(_HEADERS)
    return response
