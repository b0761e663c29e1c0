"""The doors that stand on a site's own page: one script, and a frame that knows its height."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.exceptions import HTTPException
from fastapi.responses import HTMLResponse, Response

from newsletter.rendering.tokens import Palette
from newsletter.settings import ANY_ORIGIN, SiteSettings, ThemeSettings
from newsletter.web.door import Filled, Outcome, Verdict, language_of, site_of, take
from newsletter.web.form import posted, text
from newsletter.web.form_script import form_script, script_source
from newsletter.web.inbox import check_inbox_page, too_many_page
from newsletter.web.page import pages_of, workplace_of
from newsletter.web.security import FORM_REFERRER, SCRIPT_POLICY
from newsletter.web.signup import filled_in, form_context, inbox_context

router = APIRouter()
SHOW = ["GET", "HEAD"]
#: Where our scripts and forms may be kept for a while; a change of the settings shows after that.
_KEPT = "public, max-age=300"
_OURS = "POST of our form in a frame on the site's page, box ticked"


@router.api_route("/embed.js", methods=SHOW)
def embed_script(request: Request, site: str = "", lang: str = "") -> Response:
    """The script that makes the form of *site* (default: the first), in *lang* or the site's language."""
    settings, pages = workplace_of(request).settings, pages_of(request)
    return _script(form_script(settings, pages, _site(request, site), lang=lang), everywhere=True)


@router.api_route("/embed/resize.js", methods=SHOW)
def resize_script(request: Request) -> Response:
    """What the page around a frame runs, so that the frame is as high as what is in it."""
    return _script(script_source("resize.js", workplace_of(request).settings), everywhere=True)


@router.api_route("/static/frame.js", methods=SHOW)
def frame_script(request: Request) -> Response:
    """What the page in the frame runs."""
    return _script(script_source("frame.js", workplace_of(request).settings))


@router.api_route("/static/proof.js", methods=SHOW)
def proof_script(request: Request) -> Response:
    """The proof of work of our own forms."""
    settings = workplace_of(request).settings
    code = script_source("solver.js", settings) + script_source("proof.js", settings)
    return _script(f'"use strict";\n(() => {{\n{code}}})();\n')


@router.api_route("/embed/theme.css", methods=SHOW)
def theme_stylesheet(request: Request, site: str = "") -> Response:
    """The colours of a site's frame, over those of our pages."""
    theme, tokens = _site(request, site).theme, pages_of(request).tokens
    return Response(
        theme_rules(theme, light=tokens.light, dark=tokens.dark),
        media_type="text/css",
        headers={"Cache-Control": _KEPT},
    )


@router.api_route("/embed/form", methods=SHOW)
def frame(request: Request, site: str = "", lang: str = "") -> HTMLResponse:
    """The form for a frame on a page of *site*."""
    found = _site(request, site)
    settings = workplace_of(request).settings
    filled = Filled(
        site=found,
        door="",
        evidence="",
        address="",
        newsletters=(),
        consent=False,
        language=language_of(settings, found, lang),
        wording="",
        page_url="",
    )
    return _frame(request, filled)


@router.post("/embed/form")
async def frame_sign_up(request: Request) -> Response:
    """Take a sign-up from a frame; the answer is for the frame, too."""
    form = await posted(request)
    site = site_of(request, text(form, "site"))
    if site is None:
        raise HTTPException(403)
    filled = filled_in(request, form, site, door="iframe form", evidence=_OURS)
    verdict = await take(request, filled)
    if verdict.outcome is Outcome.TAKEN:
        said = inbox_context(request, filled)
        page = check_inbox_page(request, template="frame_inbox", action="/embed/form", **said)
        return _framed(site, page)
    if verdict.outcome is Outcome.TOO_MANY:
        return _framed(site, too_many_page(request, filled, template="frame_notice"))
    return _frame(request, filled, verdict)


def theme_rules(theme: ThemeSettings, *, light: Palette, dark: Palette) -> str:
    """The rules of a frame's own stylesheet: the scheme that was chosen, and the site's colours over it."""
    own = {
        "accent": theme.accent,
        "on-accent": theme.on_accent,
        "ink": theme.ink,
        "paper": theme.surface,
        "surface": theme.surface,
    }
    chosen = {"light": light, "dark": dark}.get(theme.scheme)
    base = {name.replace("_", "-"): value for name, value in chosen.model_dump().items()} if chosen else {}
    colours = base | {name: value for name, value in own.items() if value}
    said = "; ".join(f"--{name}: {value}" for name, value in colours.items())
    scheme = f"color-scheme: {theme.scheme}; " if chosen else ""
    return f":root:root {{ {scheme}{said} }}\n"


def _site(request: Request, key: str) -> SiteSettings:
    """The site called *key*, or the first; 404 for another."""
    every = workplace_of(request).settings.every_site
    for site in every:
        if key in ("", site.key):
            return site
    raise HTTPException(404)


def _frame(request: Request, filled: Filled, verdict: Verdict | None = None) -> HTMLResponse:
    page = pages_of(request).page(
        "frame",
        422 if verdict else 200,
        language=filled.language,
        title=pages_of(request).wording(filled.language).gettext("Get it by e-mail"),
        action="/embed/form",
        in_frame=True,
        **form_context(request, filled, verdict),
    )
    return _framed(filled.site, page)


def _framed(site: SiteSettings, page: HTMLResponse) -> HTMLResponse:
    """*page* in a frame on the pages of *site* and nowhere else, but for the console, which shows it."""
    around = "*" if ANY_ORIGIN in site.origins else " ".join(("'self'", *site.origins))
    page.headers["Content-Security-Policy"] = SCRIPT_POLICY.replace(
        "frame-ancestors 'none'", f"frame-ancestors {around}"
    )
    page.headers["Referrer-Policy"] = FORM_REFERRER
    return page


def _script(code: str, *, everywhere: bool = False) -> Response:
    """A script; *everywhere*: pages of other origins load it, also with a check of its hash (SRI)."""
    headers = {"Cache-Control": _KEPT}
    if everywhere:
        headers |= {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(code, media_type="text/javascript", headers=headers)
