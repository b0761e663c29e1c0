"""How pages of the console look: one layout, their scripts and styles, and what is said once after an act."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from newsletter.operators.account import Operator
from newsletter.operators.role import Right
from newsletter.operators.session import Session
from newsletter.overrides import search_path
from newsletter.rendering.template import web_templates
from newsletter.settings import NewsletterSettings, Settings
from newsletter.web.page import Pages, colours
from newsletter.wording import message, wording_of
from newsletter.workflows.show_letter import publication_title

#: What is said once after an act waits in a cookie for the page that follows.
_SAID, _SAID_FOR_S, _MOST_SAID = "console-said", 60, 500
_ASSET = re.compile(r"[a-z][a-z_]*\.(js|css)")
_KINDS = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
#: The console speaks English; its templates are ready for other languages.
LANGUAGE = "en"
#: Own scripts and styles alone; the letter stands in a frame of the same origin that its own policy seals.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

NAVIGATION = (
    ("/console/", message("Today"), Right.LOOK),
    ("/console/calendar", message("Calendar"), Right.LOOK),
    ("/console/content", message("Content"), Right.LOOK),
    ("/console/readers", message("Readers"), Right.LOOK),
    ("/console/feedback", message("Feedback"), Right.LOOK),
    ("/console/statistics", message("Statistics"), Right.LOOK),
    ("/console/settings", message("Settings"), Right.SETTINGS),
)
#: At the foot of each page: what is needed seldom.
AT_THE_FOOT = (
    ("/console/audit", message("Audit"), Right.AUDIT),
    ("/console/operators", message("Operators"), Right.OPERATORS),
    ("/console/help", message("Help and shortcuts"), Right.LOOK),
)


@dataclass(frozen=True, slots=True)
class Link:
    """One of the pages that the head of each page leads to."""

    path: str
    name: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Asset:
    """A script or stylesheet as it is sent; *stamp* says of which file."""

    body: bytes
    version: str
    stamp: tuple[str, int, str]


class Surface:
    """The templates of the console, ready to fill."""

    def __init__(self, settings: Settings, pages: Pages) -> None:
        self._settings = settings
        self._pages = pages
        self._wording = wording_of(LANGUAGE, overrides=settings.templates)
        self._assets: dict[str, Asset] = {}

    @property
    def root(self) -> str:
        """The path under which these pages are seen, from base_url."""
        return self._pages.root

    def page(
        self,
        template: str,
        request: Request,
        *,
        operator: Operator | None = None,
        session: Session | None = None,
        status: int = 200,
        **values: object,
    ) -> HTMLResponse:
        """Fill ``console/<template>``; what was said by the act before is said, and forgotten."""
        said = _said(request)
        here = request.url.path
        body = (
            web_templates(self._wording, self._settings.templates)
            .get_template(f"console/{template}")
            .render(
                root=self.root,
                lang=LANGUAGE,
                publisher=self._settings.publisher,
                operator=operator,
                links=self._links(NAVIGATION, operator, here),
                foot=self._links(AT_THE_FOOT, operator, here),
                said=said,
                csrf_field=_csrf_field(session),
                asset=self.asset_url,
                title_of=self.title_of,
                **values,
            )
        )
        response = HTMLResponse(body, status)
        if said:
            response.delete_cookie(_name(request, _SAID), path="/", secure=is_secure(request))
        return response

    def title_of(self, newsletter: NewsletterSettings) -> str:
        """What a publication is called: a weekly digest is told from its newsletter."""
        return publication_title(newsletter, self._wording)

    def _links(
        self, places: Iterable[tuple[str, str, Right]], operator: Operator | None, here: str
    ) -> list[Link]:
        return [
            Link(f"{self.root}{path}", self._wording.gettext(name), _is_here(here, path))
            for path, name, right in places
            if operator is not None and operator.may(right)
        ]

    def back(self, request: Request, path: str, said: str = "") -> RedirectResponse:
        """See other: *path* is under the root."""
        response = RedirectResponse(f"{self.root}{path}", 303)
        if said:
            short = said if len(said) <= _MOST_SAID else f"{said[:_MOST_SAID].rpartition(' ')[0]} …"
            written = base64.urlsafe_b64encode(short.encode()).decode().rstrip("=")
            set_cookie(response, request, _SAID, written, lasts_s=_SAID_FOR_S)
        return response

    def asset_url(self, name: str) -> str:
        """Where a script or stylesheet is, with its version: browsers may keep it."""
        found = self._asset(name)
        return f"{self.root}/console/static/{name}?v={found.version if found else ''}"

    def asset(self, request: Request, name: str) -> Response:
        """A script or stylesheet of the console; 404 where there is none of that name."""
        found = self._asset(name)
        if found is None:
            return Response(status_code=404)
        is_named = request.query_params.get("v") == found.version
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable" if is_named else "no-cache",
            "ETag": f'"{found.version}"',
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(found.body, media_type=_KINDS[name.rpartition(".")[2]], headers=headers)

    def _asset(self, name: str) -> Asset | None:
        """Read once, and again when the file has changed or the operator has put one in its place."""
        if not _ASSET.fullmatch(name):
            return None
        folders = search_path("web", self._settings.templates)
        places = (Path(folder, "console", name) for folder in folders)
        path = next((path for path in places if path.is_file()), None)
        if path is None:
            return None
        before = colours(self._pages.tokens) if name == "console.css" else ""
        stamp = (str(path), path.stat().st_mtime_ns, before)
        kept = self._assets.get(name)
        if kept is None or kept.stamp != stamp:
            body = before.encode() + path.read_bytes()
            kept = Asset(body, hashlib.sha256(body).hexdigest()[:16], stamp)
            self._assets[name] = kept
        return kept


def is_secure(request: Request) -> bool:
    """Whether the browser reached us by HTTPS (a trusted proxy may say so)."""
    return request.url.scheme == "https"


def set_cookie(
    response: Response, request: Request, name: str, value: str, *, lasts_s: int | None = None
) -> None:
    """A cookie for this host alone, never for a script; over plain loopback without prefix and Secure."""
    response.set_cookie(
        _name(request, name),
        value,
        max_age=lasts_s,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, request: Request, name: str) -> None:
    """Have the browser forget a cookie of ours."""
    response.delete_cookie(_name(request, name), path="/", secure=is_secure(request), httponly=True)


def cookie(request: Request, name: str) -> str:
    """The value of a cookie of ours, or empty."""
    return request.cookies.get(_name(request, name), "")


def _name(request: Request, name: str) -> str:
    return f"__Host-{name}" if is_secure(request) else name


def _said(request: Request) -> str:
    written = cookie(request, _SAID)[: 2 * _MOST_SAID]
    try:
        return base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def _csrf_field(session: Session | None) -> Markup:
    if session is None:
        return Markup()
    return Markup('<input type="hidden" name="csrf" value="{}">').format(session.csrf_token)


def _is_here(path: str, place: str) -> bool:
    return path == place or (place != "/console/" and path.startswith(f"{place}/"))
