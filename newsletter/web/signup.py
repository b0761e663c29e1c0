"""The sign-up page, and the answer to every plain form, ours or one on somebody's own page."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from newsletter.settings import SiteSettings
from newsletter.web import mailpoet
from newsletter.web.cadence import cadence
from newsletter.web.door import (
    HONEYPOT,
    Filled,
    Outcome,
    Verdict,
    consent_line,
    find_site,
    is_own_origin,
    language_of,
    named_first,
    page_of,
    posting_origin,
    press_nonce,
    site_of,
    start_nonce,
    take,
)
from newsletter.web.form import posted, text
from newsletter.web.inbox import check_inbox_page, too_many_page
from newsletter.web.page import pages_of, workplace_of
from newsletter.web.security import FORM_REFERRER, SCRIPT_POLICY
from newsletter.web.visitor import origin_of

router = APIRouter()
SHOW = ["GET", "HEAD"]

_OURS = "POST of the sign-up form, box ticked"
_AGAIN = "POST of the button of the page that answered the sign-up form, box ticked there"
_THEIRS_AS_GIVEN = (
    "POST of a form on the site's own page, box ticked; its wording is that of the lines we give out for it"
)
_THEIRS = "POST of a form on the site's own page, box ticked; its wording is as the site declares it"


@router.api_route("/", methods=SHOW)
@router.api_route("/subscribe", methods=SHOW)
def signup_form(request: Request, newsletter: str = "", site: str = "", lang: str = "") -> HTMLResponse:
    """The sign-up form, empty; with the newsletter that is asked for chosen, and in its language."""
    if mailpoet.is_old_link(request):
        return mailpoet.old_link_page(request)
    settings = workplace_of(request).settings
    found = find_site(request, site) or find_site(request) or settings.every_site[0]
    every = settings.offered_by(found)
    chosen = next((one for one in every if one.name == newsletter), every[0])
    filled = Filled(
        site=found,
        door="",
        evidence="",
        address="",
        newsletters=(chosen.name,),
        consent=False,
        language=language_of(settings, found, lang) if lang or site else chosen.language,
        wording="",
        page_url="",
    )
    return signup_page(request, filled)


@router.post("/subscribe")
async def sign_up(request: Request) -> Response:
    """Take a sign-up: 202 and the same page for every address, 422 and words beside the field otherwise."""
    form, settings = await posted(request), workplace_of(request).settings
    site = site_of(request, text(form, "site"))
    if site is None:
        ours = find_site(request) or settings.every_site[0]
        filled = filled_in(request, form, ours, door="", evidence="")
        return signup_page(request, replace(filled, consent=False), status=403)
    page = posting_origin(request)
    is_foreign = bool(page) and not is_own_origin(request, page)
    filled = (
        filled_in(
            request,
            form,
            site,
            door="site form",
            evidence=_THEIRS if site.wording else _THEIRS_AS_GIVEN,
            is_foreign=True,
        )
        if is_foreign
        else filled_in(
            request,
            form,
            site,
            door="sign-up page",
            evidence=_AGAIN if text(form, "again") else _OURS,
        )
    )
    verdict = await take(request, filled)
    if verdict.outcome is Outcome.TAKEN:
        target = text(form, "redirect") or (site.redirects[0] if is_foreign and site.redirects else "")
        if target in site.redirects:
            return RedirectResponse(target, 303)
        return check_inbox_page(request, **inbox_context(request, filled))
    if verdict.outcome is Outcome.TOO_MANY:
        return too_many_page(request, filled)
    return signup_page(request, filled, verdict)


@router.api_route("/check-inbox", methods=["GET", "HEAD"])
def check_inbox(request: Request, site: str = "", newsletter: str = "", lang: str = "") -> HTMLResponse:
    """Where a plain form leads whose own page the browser did not name."""
    settings = workplace_of(request).settings
    found = find_site(request, site) or find_site(request) or settings.every_site[0]
    names = [each.name for each in settings.newsletters]
    page = check_inbox_page(
        request,
        newsletter=newsletter if newsletter in names else names[0],
        language=language_of(settings, found, lang),
        site=found.key if settings.sites else "",
    )
    page.status_code = 200
    return page


def inbox_context(request: Request, filled: Filled) -> dict[str, str]:
    """What check_inbox_page says of a form that was taken."""
    settings = workplace_of(request).settings
    return {
        "newsletter": named_first(settings, filled.site, filled.newsletters).name,
        "language": filled.language,
        "address": filled.address,
        "site": filled.site.key if settings.sites else "",
    }


def filled_in(
    request: Request,
    form: FormData,
    site: SiteSettings,
    *,
    door: str,
    evidence: str,
    is_foreign: bool = False,
) -> Filled:
    """What somebody filled in. *is_foreign*: on a page of the site's own, whose words it declares."""
    settings = workplace_of(request).settings
    language = language_of(settings, site, text(form, "language"))
    names = [name.strip() for name in form.getlist("newsletter") if isinstance(name, str) and name.strip()]
    shown = consent_line(settings, site, pages_of(request).wording(language))
    return Filled(
        site=site,
        door=door,
        evidence=evidence,
        address=(text(form, "instead") or text(form, "email")).strip(),
        newsletters=tuple(dict.fromkeys(names)) or (settings.offered_by(site)[0].name,),
        consent=text(form, "consent").strip().casefold() not in ("", "0", "no", "off", "false"),
        language=language,
        wording=(site.wording if is_foreign else "") or shown,
        page_url=page_of(request) if is_foreign else f"{settings.base_url}{request.url.path}",
        honeypot=text(form, HONEYPOT),
        started=text(form, "started"),
        proof=text(form, "altcha"),
        pressed=text(form, "pressed"),
        sure=text(form, "sure"),
        source=origin_of(request),
    )


def signup_page(
    request: Request, filled: Filled, verdict: Verdict | None = None, *, status: int = 200
) -> HTMLResponse:
    """The page with the form as it was filled in; with *status* 403, of a page that may not post here."""
    settings, pages = workplace_of(request).settings, pages_of(request)
    several = len(settings.offered_by(filled.site)) > 1
    one = settings.offered_by(filled.site)[0]
    page = pages.page(
        "signup",
        422 if verdict else status,
        language=filled.language,
        title=settings.publisher if several else one.title,
        action="/subscribe",
        is_refused=status == 403,
        **form_context(request, filled, verdict),
    )
    page.headers["Referrer-Policy"] = FORM_REFERRER
    if settings.proof_of_work:
        page.headers["Content-Security-Policy"] = SCRIPT_POLICY
    return page


def form_context(request: Request, filled: Filled, verdict: Verdict | None) -> dict[str, object]:
    """What signup_form.html.j2 names, but for its *action*."""
    workplace, pages = workplace_of(request), pages_of(request)
    settings, wording = workplace.settings, pages.wording(filled.language)
    offered = settings.offered_by(filled.site)
    names = [each.name for each in offered]
    # A challenge is no site's own; our pages may be a site that stands in no settings, and has no path.
    key = filled.site.key if filled.site in settings.every_site else settings.every_site[0].key
    again = verdict is not None and verdict.outcome is Outcome.PRESS_AGAIN
    return {
        "newsletters": [
            {
                "name": each.name,
                "title": each.title,
                "cadence": cadence(each, wording),
                "language": each.language,
            }
            for each in offered
        ],
        "chosen": next((name for name in filled.newsletters if name in names), names[0]),
        "email": filled.address,
        "consent": filled.consent,
        "faults": verdict.faults if verdict else {},
        "suggestion": verdict.suggestion if verdict else "",
        "again": again,
        "site": filled.site.key if settings.sites else "",
        "started": filled.started if verdict else start_nonce(workplace, filled.site),
        "pressed": press_nonce(workplace, filled) if again else "",
        "proof": settings.proof_of_work,
        "challenge": f"{pages.root}/api/v1/sites/{quote(key)}/challenge",
        "wording": consent_line(settings, filled.site, wording),
    }
