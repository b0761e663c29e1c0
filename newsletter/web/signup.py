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
from newsletter.settings import WEEKDAYS, NewsletterSettings, Settings
from newsletter.subscribers.subscriber import parse_address
from newsletter.web.form import posted, text
from newsletter.web.page import pages_of, workplace_of
from newsletter.workflows.subscribe import SignUp, subscribe
from newsletter.workflows.workplace import Workplace

router = APIRouter()
SHOW = ["GET", "HEAD"]

#: A sign-up is answered at the next multiple of this, whatever was done: known and unknown addresses
#: differ by a few rows written, which would show in the time otherwise.
ANSWER_EVERY_S = 0.04
_DAY_NAMES = dict(
    zip(
        WEEKDAYS,
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        strict=True,
    )
)


@dataclass(kw_only=True)
class _Filled:
    """A sign-up form as it was sent; *faults* by field name, in words."""

    email: str = ""
    newsletter: str = ""
    consent: bool = False
    faults: dict[str, str] = field(default_factory=dict)


@router.api_route("/", methods=SHOW)
@router.api_route("/subscribe", methods=SHOW)
def signup_form(request: Request) -> HTMLResponse:
    """The sign-up form, empty."""
    return _signup_page(request, _Filled())


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
    )
    known = {newsletter.name for newsletter in workplace.settings.newsletters}
    if filled.newsletter not in known:
        filled.faults["newsletter"] = "Choose one of the newsletters on this page."
        filled.newsletter = workplace.settings.newsletters[0].name
    try:
        parse_address(filled.email)
    except SubscriberError as error:
        said = f"{error.reason} {error.next_step}"
        filled.faults["email"] = said if filled.email else "Enter your e-mail address."
    if not filled.consent:
        filled.faults["consent"] = "Tick the box if you want the newsletter. Without that we may not send it."
    if filled.faults:
        return _signup_page(request, filled, status=422)
    await run_in_threadpool(subscribe, workplace, _sign_up(workplace, filled))
    request.app.state.wake.set()
    elapsed = time.perf_counter() - started
    await asyncio.sleep(math.ceil(elapsed / ANSWER_EVERY_S) * ANSWER_EVERY_S - elapsed)
    newsletter = workplace.settings.newsletter(filled.newsletter)
    return pages_of(request).page(
        "check_inbox",
        202,
        title="Check your inbox",
        newsletter=newsletter.title,
        sender=parseaddr(newsletter.sender)[1],
        subject=request.app.state.subjects[newsletter.name],
        address=filled.email,
    )


def cadence(newsletter: NewsletterSettings) -> str:
    """When it comes, in words: "every day at 07:00 (UTC)"."""
    days = [day for day in WEEKDAYS if day in newsletter.weekdays]
    if newsletter.cadence == "monthly":
        return f"once a month, at {_at(newsletter)}"
    if len(days) == len(WEEKDAYS):
        when = "every day"
    elif days == list(WEEKDAYS[:5]):
        when = "every weekday"
    else:
        names = [_DAY_NAMES[day] for day in days]
        when = "every " + " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return f"{when} at {_at(newsletter)}"


def _at(newsletter: NewsletterSettings) -> str:
    place = newsletter.timezone.rpartition("/")[2].replace("_", " ")
    zone = place if place == "UTC" else f"{place} time"
    return f"{newsletter.send_at:%H:%M} ({zone})"


def _sign_up(workplace: Workplace, filled: _Filled) -> SignUp:
    return SignUp(
        address=filled.email,
        newsletter=filled.newsletter,
        door="sign-up page",
        page_url=f"{workplace.settings.base_url}/subscribe",
        wording=_consent_line(workplace.settings),
        evidence="POST of the sign-up form, box ticked",
    )


def _signup_page(request: Request, filled: _Filled, *, status: int = 200) -> HTMLResponse:
    settings = workplace_of(request).settings
    several = len(settings.newsletters) > 1
    one = settings.newsletters[0]
    return pages_of(request).page(
        "signup",
        status,
        title=settings.publisher if several else one.title,
        newsletters=[
            {"name": each.name, "title": each.title, "cadence": cadence(each)}
            for each in settings.newsletters
        ],
        filled=filled,
        chosen=filled.newsletter or one.name,
        wording=_consent_line(settings),
    )


def _consent_line(settings: Settings) -> str:
    # With several newsletters on one form the box cannot name the chosen one without a script.
    titles = [newsletter.title for newsletter in settings.newsletters]
    title = titles[0] if len(titles) == 1 else "the newsletter chosen here"
    return settings.consent_wording.replace("{newsletter}", title)
