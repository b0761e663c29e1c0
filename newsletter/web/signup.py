"""The pages of a reader's life: sign up, confirm, change, leave."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass, field
from email.utils import parseaddr

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from newsletter.errors import SubscriberError
from newsletter.settings import WEEKDAYS, NewsletterSettings, Settings
from newsletter.subscribers.subscriber import parse_address
from newsletter.subscribers.token import Purpose
from newsletter.web.page import pages_of, workplace_of
from newsletter.web.security import form_nonce, is_fresh
from newsletter.workflows.change_preferences import Change, Choice, change_preferences, look_at_preferences
from newsletter.workflows.confirm import Answer, Confirmation, confirm, look_at_confirmation
from newsletter.workflows.subscribe import SignUp, consent_wording, subscribe
from newsletter.workflows.unsubscribe import Departure, look_at_departure, unsubscribe
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
    form = await _form(request)
    filled = _Filled(
        email=_text(form, "email").strip(),
        newsletter=_text(form, "newsletter").strip() or workplace.settings.newsletters[0].name,
        consent=_text(form, "consent").strip().casefold() not in ("", "0", "no", "off", "false"),
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


@router.api_route("/confirm/{token}", methods=SHOW)
def confirm_form(request: Request, token: str) -> HTMLResponse:
    """What is about to be confirmed, and the button."""
    found = look_at_confirmation(workplace_of(request), token)
    return _confirm_page(request, found, token)


@router.post("/confirm/{token}")
async def confirm_now(request: Request, token: str) -> HTMLResponse:
    """Confirm; a second time it only says so."""
    workplace = workplace_of(request)
    page_url = f"{workplace.settings.base_url}/confirm/"
    found = await run_in_threadpool(confirm, workplace, token, page_url=page_url)
    return _confirm_page(request, found, token)


@router.api_route("/unsubscribe", methods=SHOW)
@router.api_route("/preferences", methods=SHOW)
def without_token(request: Request) -> HTMLResponse:
    """Where the personal link is."""
    return pages_of(request).notice(
        "Your own link is in your letters",
        "At the foot of every letter there are two links of your own: one to unsubscribe, one to change "
        "what you get. They work without a password, and letters of any age will do.",
        "No letter at hand? Answer any mail you had from us, or write to the postal address below.",
    )


@router.api_route("/unsubscribe/{token}", methods=SHOW)
@router.api_route("/unsubscribe/{token}/", methods=SHOW)
def unsubscribe_form(request: Request, token: str) -> HTMLResponse:
    """The button. Opening this page, as link scanners do, changes nothing."""
    return _unsubscribe_page(request, look_at_departure(workplace_of(request), token), token)


@router.post("/unsubscribe/{token}")
@router.post("/unsubscribe/{token}/")
async def unsubscribe_now(request: Request, token: str) -> HTMLResponse:
    """Leave: by the form of the page (with its nonce), or by RFC 8058 one-click (with nothing but the token).

    One-click is answered 200 without a redirect, again and again.
    """
    workplace = workplace_of(request)
    form = await _form(request)
    one_click = _text(form, "List-Unsubscribe").strip().casefold() == "one-click"
    now = workplace.clock.now()
    if not one_click and not is_fresh(
        workplace.keyring, "unsubscribe", token, nonce=_text(form, "nonce"), now=now
    ):
        found = await run_in_threadpool(look_at_departure, workplace, token)
        return _unsubscribe_page(request, found, token, status=400)
    gone = await run_in_threadpool(
        unsubscribe,
        workplace,
        token,
        everything=not one_click and _text(form, "scope") == "all",
        door="one-click" if one_click else "unsubscribe page",
        evidence="RFC 8058 one-click POST" if one_click else "POST of the unsubscribe page",
    )
    return _gone_page(request, gone, token)


@router.api_route("/preferences/{token}", methods=SHOW)
def preferences_form(request: Request, token: str) -> HTMLResponse:
    """Every newsletter with its switch."""
    return _preferences_page(request, look_at_preferences(workplace_of(request), token), token)


@router.post("/preferences/{token}")
async def preferences_now(request: Request, token: str) -> HTMLResponse:
    """Make the ticked newsletters the ones this reader gets."""
    workplace = workplace_of(request)
    form = await _form(request)
    now = workplace.clock.now()
    if not is_fresh(workplace.keyring, "preferences", token, nonce=_text(form, "nonce"), now=now):
        found = await run_in_threadpool(look_at_preferences, workplace, token)
        return _preferences_page(request, found, token, status=400)
    choices = await run_in_threadpool(
        change_preferences,
        workplace,
        token,
        on={str(name) for name in form.getlist("newsletter")},
        wording=_wording_of_switch(workplace.settings),
        page_url=f"{workplace.settings.base_url}/preferences/",
    )
    request.app.state.wake.set()
    return _preferences_page(request, choices, token, saved=True)


def cadence(newsletter: NewsletterSettings) -> str:
    """When it comes, in words: "every day at 07:00 (UTC)"."""
    days = [day for day in WEEKDAYS if day in newsletter.weekdays]
    if len(days) == len(WEEKDAYS):
        when = "every day"
    elif days == list(WEEKDAYS[:5]):
        when = "every weekday"
    else:
        names = [_DAY_NAMES[day] for day in days]
        when = "every " + " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    place = newsletter.timezone.rpartition("/")[2].replace("_", " ")
    zone = place if place == "UTC" else f"{place} time"
    return f"{when} at {newsletter.send_at:%H:%M} ({zone})"


async def _form(request: Request) -> FormData:
    """The posted fields, urlencoded or multipart; nothing of what cannot be read."""
    try:
        return await request.form(max_files=4, max_fields=40)
    except HTTPException:
        return FormData()


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


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


def _wording_of_switch(settings: Settings) -> str:
    return settings.consent_wording.replace("{newsletter}", "the newsletters ticked here")


def _confirm_page(request: Request, found: Confirmation, token: str) -> HTMLResponse:
    workplace, pages = workplace_of(request), pages_of(request)
    newsletter = workplace.settings.newsletter(found.newsletter)
    if found.answer is Answer.OPEN:
        return pages.page(
            "confirm",
            title=f"Confirm {newsletter.title}",
            newsletter=newsletter.title,
            cadence=cadence(newsletter),
            wording=consent_wording(workplace, newsletter.name),
            token=token,
        )
    if found.answer in (Answer.CONFIRMED, Answer.ALREADY):
        return pages.notice(
            "You are subscribed",
            f"{newsletter.title} comes to you {cadence(newsletter)}.",
            "At the foot of every letter there are links to change what you get and to unsubscribe.",
            link=("/issues/", "Read the letters so far"),
        )
    said = {
        Answer.EXPIRED: "Links in confirmation mails work for seven days, and this one is older.",
        Answer.CLOSED: "This link has been used, or the address was taken off the list since.",
    }
    return pages.notice(
        "This link no longer works",
        said[found.answer],
        "Nothing has been changed. If you would like the newsletter, sign up once more.",
        status=410,
        link=("/subscribe", "Sign up again"),
    )


def _unsubscribe_page(request: Request, found: Departure, token: str, *, status: int = 200) -> HTMLResponse:
    workplace = workplace_of(request)
    if found.newsletter is None:
        return _gone_page(request, found, token)
    return pages_of(request).page(
        "unsubscribe",
        status,
        title=f"Unsubscribe from {_title(workplace, found.newsletter)}",
        newsletter=_title(workplace, found.newsletter),
        is_on=found.newsletter in found.remaining,
        offers_all=len(workplace.settings.newsletters) > 1 or len(found.remaining) > 1,
        token=token,
        nonce=form_nonce(workplace.keyring, "unsubscribe", token, now=workplace.clock.now()),
        preferences=_preferences_token(workplace, token),
        again=status != 200,
    )


def _gone_page(request: Request, gone: Departure, token: str) -> HTMLResponse:
    workplace = workplace_of(request)
    others = " and ".join(_title(workplace, name) for name in gone.remaining)
    said = f"You still get {others}." if others else "You will get no more letters from us."
    undo = (f"/preferences/{_preferences_token(workplace, token)}", "Pressed by mistake? Switch it on again")
    return pages_of(request).notice(
        "You are unsubscribed",
        said,
        "That is all there is to do. A letter that was already on its way may still arrive.",
        link=undo if gone.newsletter else None,
    )


def _preferences_page(
    request: Request, choices: list[Choice], token: str, *, status: int = 200, saved: bool = False
) -> HTMLResponse:
    workplace = workplace_of(request)
    cadences = {each.name: cadence(each) for each in workplace.settings.newsletters}
    return pages_of(request).page(
        "preferences",
        status,
        title="Your newsletters",
        choices=choices,
        cadences=cadences,
        wording=_wording_of_switch(workplace.settings),
        said=[_said(choice) for choice in choices if choice.change is not Change.NONE] if saved else [],
        saved=saved,
        again=status != 200,
        token=token,
        nonce=form_nonce(workplace.keyring, "preferences", token, now=workplace.clock.now()),
    )


def _said(choice: Choice) -> str:
    words = {
        Change.ON: "{} is on again.",
        Change.OFF: "{} is off. You get no more of it.",
        Change.ASKED: "We have sent you a mail to confirm {}. It starts when you press the button there.",
        Change.ASKED_TODAY: "{} still needs your confirmation. We send at most one such mail a day: look "
        "in your inbox, or ask again tomorrow.",
        Change.REFUSED: "{} cannot be switched on for this address. Please write to us.",
    }
    return words[choice.change].format(choice.title)


def _title(workplace: Workplace, name: str) -> str:
    titles = {each.name: each.title for each in workplace.settings.newsletters}
    return titles.get(name, name)


def _preferences_token(workplace: Workplace, token: str) -> str:
    """The preferences token of the same letter: both carry the subscription's handle."""
    handle = workplace.keyring.read(Purpose.UNSUBSCRIBE, token)
    return workplace.keyring.token(Purpose.PREFERENCES, handle)
