"""The wire format of MailPoet's forms: one that is pointed at us works unchanged, and its lists arrive.

Both of its doors: admin-post.php, a plain form that is sent back to its page, and admin-ajax.php, whose
script reads JSON. Field names are obfuscated there, and reading them needs no key: base64 of twelve
hexadecimal digits, "_" and the name. The e-mail field with its true name is the honeypot.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode, urlsplit, urlunsplit

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from newsletter.settings import SiteSettings
from newsletter.subscribers.signup import MAILPOET_FORM
from newsletter.web.door import Filled, Outcome, Verdict, language_of, page_of, site_of, take
from newsletter.web.form import posted, text
from newsletter.web.inbox import too_many_page
from newsletter.web.page import pages_of, workplace_of
from newsletter.web.signup import signup_page
from newsletter.web.visitor import origin_of

router = APIRouter(prefix="/wp-admin")

_EVIDENCE = "POST of a form of MailPoet on the site's own page; its wording is as the site declares it"
_FIELD = re.compile(r"data\[([A-Za-z0-9_=+/-]{1,200})\](\[\])?")
_OBFUSCATED = "form_field_"
#: Twelve hexadecimal digits and "_", before the name.
_SALT = 13


@dataclass
class MailPoetForm:
    """What such a form holds. *lists*: MailPoet's own numbers; *decoy*: what stands in the honeypot."""

    form_id: str = ""
    email: str = ""
    decoy: str = ""
    lists: list[str] = field(default_factory=list)


def read_form(form: FormData) -> MailPoetForm:
    """The fields of a posted form, those with obfuscated names among them."""
    read = MailPoetForm()
    for name, value in _fields(form):
        if name == "form_id":
            read.form_id = value if re.fullmatch(r"[0-9]{1,9}", value) else ""
        elif name == "email":
            read.decoy = value
        elif (hidden := true_name(name)) == "email":
            read.email = value.strip()
        elif hidden == "segments" or hidden.endswith("_segments"):
            read.lists += [one for one in value.split(",") if re.fullmatch(r"[0-9]{1,9}", one)]
    return read


def true_name(obfuscated: str) -> str:
    """The name behind *obfuscated*; itself when it is not."""
    if not obfuscated.startswith(_OBFUSCATED):
        return obfuscated
    code = obfuscated.removeprefix(_OBFUSCATED).rstrip("=")
    try:
        plain = b64decode(code + "=" * (-len(code) % 4)).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""
    return plain[_SALT:]


@router.post("/admin-post.php")
async def plain(request: Request, action: str = "") -> Response:
    """The form without a script: back to its page, which says how it went."""
    form = await posted(request)
    pages = pages_of(request)
    _ = pages.wording().gettext
    if (action or text(form, "action")) != "mailpoet_subscription_form":
        return pages.notice(
            _("That does not work here"), _("This page cannot do what your browser asked for."), status=400
        )
    read, site = read_form(form), site_of(request)
    if site is None:
        return pages.notice(
            _("That does not work here"),
            _(
                "The page you came from cannot sign you up here. You can do it on this page: please tick the "
                "box and press the button."
            ),
            status=403,
            link=("/subscribe", _("Go to the sign-up page")),
        )
    filled = _filled(request, site, read)
    return _answer(request, filled, await take(request, filled), form_id=read.form_id or "1")


def _answer(request: Request, filled: Filled, verdict: Verdict, *, form_id: str) -> Response:
    site = filled.site
    if verdict.outcome is Outcome.TAKEN:
        back = site.redirects[0] if site.redirects else _back(request, filled, mailpoet_success=form_id)
        return RedirectResponse(back, 303)
    if verdict.outcome is Outcome.TOO_MANY:
        return too_many_page(request, filled)
    if verdict.outcome is Outcome.FAULTY and (page := _page(request, site)):
        return RedirectResponse(_with(page, mailpoet_error=form_id), 303)
    # Our own form, with what was typed: it says what is wrong, and can do what that form cannot.
    return signup_page(request, replace(filled, consent=False), verdict, status=422)


@router.post("/admin-ajax.php")
async def ajax(request: Request) -> Response:
    """The form with MailPoet's script: JSON as that script reads it."""
    form = await posted(request)
    site = site_of(request)
    if site is None:
        return _errors(
            request, 403, {"forbidden": "This page is on none of the site's origins."}, shared=False
        )
    method = text(form, "mailpoet_method") or text(form, "method")
    asked = (
        text(form, "action") or request.query_params.get("action", ""),
        text(form, "endpoint"),
        method,
    )
    if asked != ("mailpoet", "subscribers", "subscribe"):
        return _errors(request, 400, {"bad_request": "Only subscribers.subscribe is answered here."})
    filled = _filled(request, site, read_form(form))
    verdict = await take(request, filled)
    if verdict.outcome is Outcome.TAKEN:
        meta = {"redirect_url": site.redirects[0]} if site.redirects else {}
        return _shared(request, JSONResponse({"data": [], "meta": meta}))
    return _refused(request, site, filled, verdict)


@router.options("/admin-ajax.php")
def preflight(request: Request) -> Response:
    """What a browser asks before a script of another origin sends more than a simple form."""
    if site_of(request) is None:
        return Response(status_code=403)
    headers = {
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "content-type, x-requested-with",
        "Access-Control-Max-Age": "600",
    }
    return _shared(request, Response(status_code=204, headers=headers))


def _fields(form: FormData) -> Iterator[tuple[str, str]]:
    for key, value in form.multi_items():
        found = _FIELD.fullmatch(key)
        if found and isinstance(value, str):
            yield found[1], value


def _filled(request: Request, site: SiteSettings, read: MailPoetForm) -> Filled:
    settings = workplace_of(request).settings
    known = dict(site.lists)
    wanted = dict.fromkeys(known[one] for one in read.lists if one in known)
    return Filled(
        site=site,
        door=MAILPOET_FORM,
        evidence=f"{_EVIDENCE}; its lists: {', '.join(read.lists) or 'none'}",
        address=read.email,
        newsletters=tuple(wanted) or (settings.offered_by(site)[0].name,),
        consent=True,
        language=language_of(settings, site),
        wording=site.wording,
        page_url=page_of(request),
        honeypot=read.decoy,
        # Such a form cannot ask; a second press of its button is the answer.
        sure=read.email,
        source=origin_of(request),
    )


def _page(request: Request, site: SiteSettings) -> str:
    """The page that the form stands on, if the browser names it and it is one of the site's; "" if not.

    Of a page on another origin browsers name the origin alone (Referrer Policy, section 3.2): going back
    there would lead to the site's first page, where nothing says how it went.
    """
    page = page_of(request)
    parts = urlsplit(page)
    origin = f"{parts.scheme}://{parts.netloc}"
    is_known = bool(page) and parts.path not in ("", "/") and site.allows(origin.lower())
    return page if is_known else ""


def _back(request: Request, filled: Filled, **said: str) -> str:
    if page := _page(request, filled.site):
        return _with(page, **said)
    root = pages_of(request).root
    about = {"site": filled.site.key, "newsletter": filled.newsletters[0], "lang": filled.language}
    return f"{root}/check-inbox?{urlencode(said | about)}"


def _with(page: str, **said: str) -> str:
    scheme, netloc, path, *_ = urlsplit(page)
    return urlunsplit((scheme, netloc, path, urlencode(said), ""))


def _refused(request: Request, site: SiteSettings, filled: Filled, verdict: Verdict) -> Response:
    _ = pages_of(request).wording(filled.language).gettext
    if verdict.outcome is Outcome.TOO_MANY:
        said = _("From your network so many addresses were signed up that we stop for now.")
        return _errors(request, 429, {"too_many_requests": said})
    if verdict.outcome is Outcome.PRESS_AGAIN:
        said = _("One more press is needed, on the next page.")
        base = workplace_of(request).settings.base_url
        target = f"{base}/subscribe?{urlencode({'site': site.key, 'lang': filled.language})}"
        return _errors(request, 400, {"bad_request": said}, meta={"redirect_url": target})
    return _errors(request, 400, {f"bad_{name}": said for name, said in verdict.faults.items()})


def _errors(
    request: Request,
    status: int,
    said: dict[str, str],
    *,
    meta: dict[str, str] | None = None,
    shared: bool = True,
) -> Response:
    errors = [{"error": name, "message": message} for name, message in said.items()]
    response = JSONResponse({"errors": errors, "meta": meta or {}}, status)
    return _shared(request, response) if shared else response


def _shared(request: Request, response: Response) -> Response:
    if origin := request.headers.get("origin", ""):
        response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Vary"] = "Origin"
    return response
