"""Where a reader changes what they get, and how they come there.

A letter's link is forwarded with the letter: behind it there is nothing but a button that mails a fresh link
to the stored address. Behind that one, for 24 hours, is everything (profile.py).
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from newsletter.errors import TokenError
from newsletter.web.form import address_fault, posted, text
from newsletter.web.page import language_of, pages_of, title_of, workplace_of
from newsletter.web.profile import act_on, profile_page
from newsletter.web.security import form_nonce, is_fresh
from newsletter.web.steady import steadily
from newsletter.web.visitor import origin_of
from newsletter.wording import Wording
from newsletter.workflows.ask_link import Asked, LetterLink, ask_link, ask_link_by_address, look_at_link
from newsletter.workflows.change_preferences import look_at_preferences

router = APIRouter()
SHOW = ["GET", "HEAD"]


@router.api_route("/preferences", methods=SHOW)
def without_token(request: Request) -> HTMLResponse:
    """A form for who has no letter at hand."""
    return _by_address_page(request)


@router.post("/preferences")
async def ask_by_address(request: Request) -> HTMLResponse:
    """Mail a fresh link: 202 and the same page in the same time for every address, known or not."""
    given = text(await posted(request), "email").strip()
    pages = pages_of(request)
    wording = pages.wording()
    if fault := address_fault(given, wording):
        return _by_address_page(request, given=given, fault=fault)
    origin = origin_of(request)
    async with steadily():
        asked = await run_in_threadpool(
            ask_link_by_address, workplace_of(request), given, ip=origin.ip if origin else "unknown"
        )
    _ = wording.gettext
    if asked is Asked.TOO_MANY:
        return pages.notice(
            _("Please wait an hour"),
            _("From your network so many links were asked for that we stop for now."),
            _("The foot of every letter has your own link, which works at any time."),
            status=429,
        )
    request.app.state.wake.set()
    return _look_in_inbox(request, wording)


@router.api_route("/preferences/{token}", methods=SHOW)
def preferences_form(request: Request, token: str) -> HTMLResponse:
    """Everything behind a fresh link; behind a letter's, the way to one. Opening it changes nothing."""
    try:
        found = look_at_preferences(workplace_of(request), token)
    except TokenError:
        return _letter_page(request, look_at_link(workplace_of(request), token), token)
    return profile_page(request, found, token)


@router.post("/preferences/{token}")
async def preferences_now(request: Request, token: str) -> HTMLResponse:
    """Do what one of the forms of the page asks for; a POST without its nonce only shows the page again."""
    form = await posted(request)
    async with steadily():
        return await run_in_threadpool(_answer, request, token, form)


def _answer(request: Request, token: str, form: FormData) -> HTMLResponse:
    workplace = workplace_of(request)
    is_sent = is_fresh(
        workplace.keyring, "preferences", token, nonce=text(form, "nonce"), now=workplace.clock.now()
    )
    try:
        found = look_at_preferences(workplace, token)
    except TokenError:
        return _answer_letter(request, token, is_sent=is_sent)
    if not is_sent:
        return profile_page(request, found, token, status=400)
    told = act_on(request, found, token, form)
    request.app.state.wake.set()
    status = 422 if told.fault else 200
    return profile_page(request, look_at_preferences(workplace, token), token, told=told, status=status)


def _answer_letter(request: Request, token: str, *, is_sent: bool) -> HTMLResponse:
    found = look_at_link(workplace_of(request), token)
    if not is_sent:
        return _letter_page(request, found, token, status=400)
    ask_link(workplace_of(request), token)
    request.app.state.wake.set()
    return _look_in_inbox(request, _spoken(request, found), personal=True)


def _by_address_page(request: Request, *, given: str = "", fault: str = "") -> HTMLResponse:
    pages = pages_of(request)
    return pages.page(
        "ask_link",
        422 if fault else 200,
        title=pages.wording().gettext("A link to your preferences"),
        given=given,
        fault=fault,
    )


def _letter_page(request: Request, found: LetterLink, token: str, *, status: int = 200) -> HTMLResponse:
    workplace, wording = workplace_of(request), _spoken(request, found)
    return pages_of(request).page(
        "letter_link",
        status,
        language=wording.language,
        title=wording.gettext("A fresh link to your preferences"),
        newsletter=title_of(workplace.settings, found.newsletter),
        was_fresh=found.was_fresh,
        again=status != 200,
        token=token,
        unsubscribe=found.unsubscribe_token,
        nonce=form_nonce(workplace.keyring, "preferences", token, now=workplace.clock.now()),
        personal=True,
    )


def _look_in_inbox(request: Request, wording: Wording, *, personal: bool = False) -> HTMLResponse:
    _ = wording.gettext
    return pages_of(request).notice(
        _("Look in your inbox"),
        _("If this address is on our list, a link to its preferences is on the way. It works for 24 hours."),
        _("We mail at most one such link an hour, and we say the same for every address."),
        status=202,
        language=wording.language,
        personal=personal,
    )


def _spoken(request: Request, found: LetterLink) -> Wording:
    return pages_of(request).wording(language_of(request, found.newsletter, found.language))
