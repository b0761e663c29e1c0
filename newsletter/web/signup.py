"""The sign-up page, the only one that strangers fill in."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import parseaddr

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from newsletter.settings import Settings
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.signup import SignUp
from newsletter.web import mailpoet
from newsletter.web.cadence import cadence
from newsletter.web.form import address_fault, posted, text
from newsletter.web.page import pages_of, workplace_of
from newsletter.web.steady import steadily
from newsletter.web.visitor import origin_of
from newsletter.wording import Wording
from newsletter.workflows.subscribe import consent_wording, subscribe
from newsletter.workflows.workplace import Workplace

router = APIRouter()
SHOW = ["GET", "HEAD"]


@dataclass(kw_only=True)
class _Filled:
    """A sign-up form as it was sent, from a page in *language*; *faults* by field name, in words."""

    email: str = ""
    newsletter: str
    language: str
    consent: bool = False
    faults: dict[str, str] = field(default_factory=dict)


@router.api_route("/", methods=SHOW)
@router.api_route("/subscribe", methods=SHOW)
def signup_form(request: Request, newsletter: str = "") -> HTMLResponse:
    """The sign-up form, empty; with the newsletter that is asked for chosen, and in its language."""
    if mailpoet.is_old_link(request):
        return mailpoet.old_link_page(request)
    every = workplace_of(request).settings.newsletters
    chosen = next((one for one in every if one.name == newsletter), every[0])
    return _signup_page(request, _Filled(newsletter=chosen.name, language=chosen.language))


@router.post("/subscribe")
async def sign_up(request: Request) -> HTMLResponse:
    """Take a sign-up: 202 and the same page for every address, 422 and words beside the field otherwise."""
    workplace = workplace_of(request)
    form = await posted(request)
    filled = _Filled(
        email=text(form, "email").strip(),
        newsletter=text(form, "newsletter").strip() or workplace.settings.newsletters[0].name,
        consent=text(form, "consent").strip().casefold() not in ("", "0", "no", "off", "false"),
        language=_language(workplace.settings, text(form, "language")),
    )
    filled.faults = _faults(filled, workplace.settings, pages_of(request).wording(filled.language))
    if filled.faults:
        return _signup_page(request, filled, status=422)
    shown = _consent_line(workplace.settings, pages_of(request).wording(filled.language))
    async with steadily():
        await run_in_threadpool(
            subscribe, workplace, _sign_up(workplace, filled, shown=shown, origin=origin_of(request))
        )
    request.app.state.wake.set()
    newsletter, pages = workplace.settings.newsletter(filled.newsletter), pages_of(request)
    return pages.page(
        "check_inbox",
        202,
        language=newsletter.language,
        title=pages.wording(newsletter.language).gettext("Check your inbox"),
        newsletter=newsletter.title,
        signup=pages.signup_path(newsletter.name),
        sender=parseaddr(newsletter.sender)[1],
        subject=request.app.state.subjects[newsletter.name],
        address=filled.email,
    )


def _language(settings: Settings, posted: str) -> str:
    """The language of the page that was filled in, which the page says itself."""
    spoken = [newsletter.language for newsletter in settings.newsletters]
    return posted if posted in spoken else spoken[0]


def _faults(filled: _Filled, settings: Settings, wording: Wording) -> dict[str, str]:
    """What is wrong with a form, by field; an unknown newsletter is replaced by the first one."""
    _, faults = wording.gettext, {}
    if filled.newsletter not in {newsletter.name for newsletter in settings.newsletters}:
        faults["newsletter"] = _("Choose one of the newsletters on this page.")
        filled.newsletter = settings.newsletters[0].name
    if fault := address_fault(filled.email, wording):
        faults["email"] = fault
    if not filled.consent:
        faults["consent"] = _("Tick the box if you want the newsletter. Without that we may not send it.")
    return faults


def _sign_up(workplace: Workplace, filled: _Filled, *, shown: str, origin: Origin | None) -> SignUp:
    return SignUp(
        address=filled.email,
        newsletter=filled.newsletter,
        door="sign-up page",
        page_url=f"{workplace.settings.base_url}/subscribe",
        wording=shown,
        locale=filled.language,
        evidence="POST of the sign-up form, box ticked",
        origin=origin,
    )


def _signup_page(request: Request, filled: _Filled, *, status: int = 200) -> HTMLResponse:
    settings, pages = workplace_of(request).settings, pages_of(request)
    several = len(settings.newsletters) > 1
    one = settings.newsletters[0]
    wording = pages.wording(filled.language)
    return pages.page(
        "signup",
        status,
        language=filled.language,
        title=settings.publisher if several else one.title,
        newsletters=[
            {
                "name": each.name,
                "title": each.title,
                "cadence": cadence(each, wording),
                "language": each.language,
            }
            for each in settings.newsletters
        ],
        filled=filled,
        chosen=filled.newsletter,
        wording=_consent_line(settings, wording),
    )


def _consent_line(settings: Settings, wording: Wording) -> str:
    # With several newsletters on one form the box cannot name the chosen one without a script.
    titles = [newsletter.title for newsletter in settings.newsletters]
    title = titles[0] if len(titles) == 1 else wording.gettext("the newsletter chosen here")
    return consent_wording(settings, title, wording)
