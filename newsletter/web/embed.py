"""The doors that stand on a site's own page: one script, and a frame that knows its height."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.exceptions import HTTPException
from fastapi.responses import HTMLResponse, Response

from newsletter.overrides import search_path
from newsletter.rendering.tokens import Palette
from newsletter.settings import ANY_ORIGIN, SiteSettings, ThemeSettings
from newsletter.web.cadence import cadence
from newsletter.web.door import Filled, Outcome, Verdict, consent_line, language_of, site_of, take
from newsletter.web.form import posted, text
from newsletter.web.inbox import check_inbox_page, too_many_page
from newsletter.web.page import pages_of, workplace_of
from newsletter.web.security import FORM_REFERRER, SCRIPT_POLICY
from newsletter.web.signup import filled_in, form_context, inbox_context
from newsletter.wording import Wording

router = APIRouter()
SHOW = ["GET", "HEAD"]
#: Where our scripts and forms may be kept for a while; a change of the settings shows after that.
_KEPT = "public, max-age=300"
_OURS = "POST of our form in a frame on the site's page, box ticked"


@router.api_route("/embed.js", methods=SHOW)
def embed_script(request: Request, site: str = "", lang: str = "") -> Response:
    """The script that makes the form of *site* (default: the first), in *lang* or the site's language."""
    found = _site(request, site)
    # Each octet counts: what begins every address is said once.
    base, described = workplace_of(request).settings.base_url, form_description(request, found, lang=lang)
    described = {"base": base} | _without(base, described)
    said = json.dumps(described, ensure_ascii=False, separators=(",", ":"))
    solver = _source(request, "solver.js") if workplace_of(request).settings.proof_of_work else ""
    code = f"const FORM = {said};\n{solver}{_source(request, 'embed.js')}"
    return _script(_short(f'"use strict";\n(() => {{\n{code}}})();\n'), everywhere=True)


@router.api_route("/embed/resize.js", methods=SHOW)
def resize_script(request: Request) -> Response:
    """What the page around a frame runs, so that the frame is as high as what is in it."""
    return _script(_source(request, "resize.js"), everywhere=True)


@router.api_route("/static/frame.js", methods=SHOW)
def frame_script(request: Request) -> Response:
    """What the page in the frame runs."""
    return _script(_source(request, "frame.js"))


@router.api_route("/static/proof.js", methods=SHOW)
def proof_script(request: Request) -> Response:
    """The proof of work of our own forms."""
    code = _source(request, "solver.js") + _source(request, "proof.js")
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


def form_description(request: Request, site: SiteSettings, *, lang: str = "") -> dict[str, Any]:
    """Everything a form of *site* shows and where it posts to; for the script, and for the API."""
    settings, pages = workplace_of(request).settings, pages_of(request)
    language = language_of(settings, site, lang)
    wording = pages.wording(language)
    _, base = wording.gettext, settings.base_url
    light, dark = pages.tokens.light, pages.tokens.dark
    path = f"{base}/api/v1/sites/{quote(site.key)}"
    return {
        "site": site.key if settings.sites else "",
        "lang": language,
        "dir": wording.direction,
        "api": f"{path}/subscriptions",
        "action": f"{base}/subscribe",
        "challenge": f"{path}/challenge" if settings.proof_of_work else "",
        "newsletters": [
            {"name": each.name, "title": each.title, "cadence": cadence(each, wording)}
            for each in settings.offered_by(site)
        ],
        "policy": _policy(wording, f"{base}/privacy"),
        "theme": {
            "accent": site.theme.accent or f"light-dark({light.accent}, {dark.accent})",
            "onAccent": site.theme.on_accent
            or (light.surface if site.theme.accent else f"light-dark({light.on_accent}, {dark.on_accent})"),
            "ink": site.theme.ink or "inherit",
            "surface": site.theme.surface or "transparent",
        },
        "words": {
            "title": _("Get it by e-mail"),
            "newsletter": _("Newsletter"),
            "email": _("Your e-mail address"),
            "help": _(
                "We mail you once to ask whether it is really you. The letters start when you say yes."
            ),
            "consent": consent_line(settings, site, wording),
            "button": _("Sign up"),
            "promise": _("The letters and nothing else: no advertising, and your address goes to nobody."),
            "empty": _("Leave this empty"),
            "to": _("To"),
            "from": _("From"),
            "open": _("Open your mail:"),
            "subject": _("Subject"),
            "again": _("Ask for the mail again"),
            "instead": _("Yes, use %(address)s", address="{}"),
        },
    }


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


def _policy(wording: Wording, url: str) -> dict[str, str]:
    """The line with the link to the privacy policy, in parts: a script must not read markup."""
    line = wording.gettext(
        'Our <a href="%(url)s">privacy policy</a> says what we keep and for how long.', url=url
    )
    before, words, after = re.split(r"<a [^>]*>|</a>", line)
    return {"before": before, "words": words, "after": after, "url": url}


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
    """*page* in a frame on the pages of *site* and nowhere else."""
    around = "*" if ANY_ORIGIN in site.origins else " ".join(site.origins)
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


def _without(base: str, described: dict[str, Any]) -> dict[str, Any]:
    """A description of a form whose addresses are paths under *base*."""
    policy = described["policy"] | {"url": described["policy"]["url"].removeprefix(base)}
    paths = {name: described[name].removeprefix(base) for name in ("api", "action", "challenge")}
    return described | paths | {"policy": policy}


def _short(code: str) -> str:
    """*code* without its indents, the comments that have a line of their own, and breaks inside a call."""
    lines = (line.strip() for line in code.splitlines())
    kept = "".join(f"{line}\n" for line in lines if line and not line.startswith("//"))
    return re.sub(r"(?<=[,{(;])\n", "", kept)


def _source(request: Request, name: str) -> str:
    """The code of one of our scripts, or of the operator's own in its place."""
    folders = search_path("web", workplace_of(request).settings.templates)
    return _read(next(path for folder in folders if (path := folder / name).is_file()))


@cache
def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
