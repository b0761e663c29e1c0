"""The sign-up page, the only one that strangers fill in."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass, field
from email.utils import parseaddr

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from newsletter.errors import SubscriberError
from newsletter.settings import Settings
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.origin import Origin
from newsletter.web.cadence import cadence
from newsletter.web.form import posted, text
from newsletter.web.page import pages_of, workplace_of
from newsletter.web.visitor import origin_of
from newsletter.wording import SOURCE_LANGUAGE, Wording, message
from newsletter.workflows.subscribe import SignUp, consent_wording, subscribe
from newsletter.workflows.workplace import Workplace

router = APIRouter()
SHOW = ["GET", "HEAD"]

#: A sign-up is answered at the next multiple of this, whatever was done: known and unknown addresses
#: differ by a few rows written, which would show in the time otherwise.
ANSWER_EVERY_S = 0.04
#: What the reader of an address finds wrong, where it says that in the same words every time.
_ADDRESS_FAULTS = frozenset(
    {
        message("An email address must have an @-sign."),
        message("There must be something before the @-sign."),
        message("There must be something after the @-sign."),
        message("The part after the @-sign is not valid. It should have a period."),
        message("An email address cannot have a period immediately after the @-sign."),
        message("An email address cannot have two periods in a row."),
        message("An email address cannot end with a period."),
    }
)


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
    every = workplace_of(request).settings.newsletters
    chosen = next((one for one in every if one.name == newsletter), every[0])
    return _signup_page(request, _Filled(newsletter=chosen.name, language=chosen.language))


@router.post("/subscribe")
async def sign_up(request: Request) -> HTMLResponse:
    """Take a sign-up: 202 and the same page for every address, 422 and words beside the field otherwise."""
    started = time.perf_counter()
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
    await run_in_threadpool(
        subscribe, workplace, _sign_up(workplace, filled, shown=shown, origin=origin_of(request))
    )
    request.app.state.wake.set()
    elapsed = time.perf_counter() - started
    await asyncio.sleep(math.ceil(elapsed / ANSWER_EVERY_S) * ANSWER_EVERY_S - elapsed)
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
    try:
        parse_address(filled.email)
    except SubscriberError as error:
        said = f"{_address_fault(error.reason, wording)} {_(error.next_step)}"
        faults["email"] = said if filled.email else _("Enter your e-mail address.")
    if not filled.consent:
        faults["consent"] = _("Tick the box if you want the newsletter. Without that we may not send it.")
    return faults


def _address_fault(reason: str, wording: Wording) -> str:
    if reason in _ADDRESS_FAULTS:
        return wording.gettext(reason)
    if wording.language == SOURCE_LANGUAGE:
        return reason
    # Translators: shown in place of a reason that is known in English only.
    return wording.gettext("This is not an e-mail address.")


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
