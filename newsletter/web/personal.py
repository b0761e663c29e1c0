"""The pages behind a reader's own links: confirm, change, leave.

Each has a form with a nonce, because some link scanners post to every link of a mail: a POST without it
changes nothing and shows the page again, so that nobody consents, or leaves, for somebody else.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from newsletter.settings import Settings
from newsletter.subscribers.token import Purpose
from newsletter.web.cadence import cadence
from newsletter.web.form import posted, text
from newsletter.web.page import pages_of, workplace_of
from newsletter.web.security import form_nonce, is_fresh
from newsletter.wording import Wording, message
from newsletter.workflows.change_preferences import (
    Change,
    Choice,
    change_preferences,
    look_at_preferences,
    newsletter_of_link,
)
from newsletter.workflows.confirm import Answer, Confirmation, confirm, look_at_confirmation
from newsletter.workflows.subscribe import consent_wording
from newsletter.workflows.unsubscribe import Departure, look_at_departure, unsubscribe
from newsletter.workflows.workplace import Workplace

router = APIRouter()
SHOW = ["GET", "HEAD"]
_CHANGES = {
    Change.ON: message("%(title)s is on again."),
    Change.OFF: message("%(title)s is off. You get no more of it."),
    Change.ASKED: message(
        "We have sent you a mail to confirm %(title)s. It starts when you press the button there."
    ),
    Change.ASKED_TODAY: message(
        "%(title)s still needs your confirmation. We send at most one such mail a day: look in your inbox, "
        "or ask again tomorrow."
    ),
    Change.REFUSED: message("%(title)s cannot be switched on for this address. Please write to us."),
}


@router.api_route("/confirm/{token}", methods=SHOW)
def confirm_form(request: Request, token: str) -> HTMLResponse:
    """What is about to be confirmed, and the button."""
    found = look_at_confirmation(workplace_of(request), token)
    return _confirm_page(request, found, token)


@router.post("/confirm/{token}")
async def confirm_now(request: Request, token: str) -> HTMLResponse:
    """Confirm, by the form of the page only; a second time it only says so."""
    workplace = workplace_of(request)
    form = await posted(request)
    now = workplace.clock.now()
    if not is_fresh(workplace.keyring, "confirm", token, nonce=text(form, "nonce"), now=now):
        found = await run_in_threadpool(look_at_confirmation, workplace, token)
        return _confirm_page(request, found, token, again=True)
    page_url = f"{workplace.settings.base_url}/confirm/"
    found = await run_in_threadpool(confirm, workplace, token, page_url=page_url)
    return _confirm_page(request, found, token)


@router.api_route("/unsubscribe", methods=SHOW)
@router.api_route("/preferences", methods=SHOW)
def without_token(request: Request) -> HTMLResponse:
    """Where the personal link is."""
    pages = pages_of(request)
    _ = pages.wording().gettext
    return pages.notice(
        _("Your own link is in your letters"),
        _(
            "At the foot of every letter there are two links of your own: one to unsubscribe, one to change "
            "what you get. They work without a password, and letters of any age will do."
        ),
        _("No letter at hand? Answer any mail you had from us, or write to the postal address below."),
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
    form = await posted(request)
    one_click = text(form, "List-Unsubscribe").strip().casefold() == "one-click"
    now = workplace.clock.now()
    if not one_click and not is_fresh(
        workplace.keyring, "unsubscribe", token, nonce=text(form, "nonce"), now=now
    ):
        found = await run_in_threadpool(look_at_departure, workplace, token)
        return _unsubscribe_page(request, found, token, status=400)
    gone = await run_in_threadpool(
        unsubscribe,
        workplace,
        token,
        everything=not one_click and text(form, "scope") == "all",
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
    form = await posted(request)
    now = workplace.clock.now()
    if not is_fresh(workplace.keyring, "preferences", token, nonce=text(form, "nonce"), now=now):
        found = await run_in_threadpool(look_at_preferences, workplace, token)
        return _preferences_page(request, found, token, status=400)
    spoken = await run_in_threadpool(_spoken, request, token)
    choices = await run_in_threadpool(
        change_preferences,
        workplace,
        token,
        on={str(name) for name in form.getlist("newsletter")},
        wording=_wording_of_switch(workplace.settings, spoken),
        page_url=f"{workplace.settings.base_url}/preferences/",
    )
    request.app.state.wake.set()
    return _preferences_page(request, choices, token, saved=True)


def _spoken(request: Request, token: str) -> Wording:
    """The wording of the preferences page: of the newsletter in whose letters its link stands."""
    name = newsletter_of_link(workplace_of(request), token)
    return pages_of(request).wording(_language(request, name))


def _language(request: Request, name: str) -> str:
    """The language of the newsletter called *name*; the first one's if it is no longer configured."""
    every = workplace_of(request).settings.newsletters
    return next((one.language for one in every if one.name == name), every[0].language)


def _wording_of_switch(settings: Settings, wording: Wording) -> str:
    titles = [newsletter.title for newsletter in settings.newsletters]
    title = titles[0] if len(titles) == 1 else wording.gettext("the newsletters ticked here")
    return consent_wording(settings, title, wording)


def _confirm_page(request: Request, found: Confirmation, token: str, *, again: bool = False) -> HTMLResponse:
    workplace, pages = workplace_of(request), pages_of(request)
    newsletter = workplace.settings.newsletter(found.newsletter)
    wording = pages.wording(newsletter.language)
    _, title = wording.gettext, newsletter.title
    if found.answer is Answer.OPEN:
        return pages.page(
            "confirm",
            400 if again else 200,
            language=newsletter.language,
            title=_("Confirm %(title)s", title=title),
            newsletter=title,
            cadence=cadence(newsletter, wording),
            wording=consent_wording(workplace.settings, title, wording),
            token=token,
            nonce=form_nonce(workplace.keyring, "confirm", token, now=workplace.clock.now()),
            again=again,
            personal=True,
        )
    if found.answer in (Answer.CONFIRMED, Answer.ALREADY):
        return pages.notice(
            _("You are subscribed"),
            _("%(title)s comes to you %(cadence)s.", title=title, cadence=cadence(newsletter, wording)),
            _("At the foot of every letter there are links to change what you get and to unsubscribe."),
            link=("/issues/", _("Read the letters so far")),
            language=newsletter.language,
            personal=True,
        )
    said = {
        Answer.EXPIRED: _("Links in confirmation mails work for seven days, and this one is older."),
        Answer.CLOSED: _("This link has been used, or the address was taken off the list since."),
    }
    return pages.notice(
        _("This link no longer works"),
        said[found.answer],
        _("Nothing has been changed. If you would like the newsletter, sign up once more."),
        status=410,
        link=(pages.signup_path(newsletter.name), _("Sign up again")),
        language=newsletter.language,
    )


def _unsubscribe_page(request: Request, found: Departure, token: str, *, status: int = 200) -> HTMLResponse:
    workplace = workplace_of(request)
    if found.newsletter is None:
        return _gone_page(request, found, token)
    several = len(workplace.settings.newsletters) > 1
    is_on = found.newsletter in found.remaining
    language = _language(request, found.newsletter)
    _ = pages_of(request).wording(language).gettext
    return pages_of(request).page(
        "unsubscribe",
        status,
        language=language,
        title=_("Unsubscribe from %(title)s", title=_title(workplace, found.newsletter)),
        is_on=is_on,
        offers_all=several or len(found.remaining) > 1,
        instead=_("Choose your newsletters instead") if several else "" if is_on else _("Switch it on again"),
        token=token,
        nonce=form_nonce(workplace.keyring, "unsubscribe", token, now=workplace.clock.now()),
        preferences=_preferences_token(workplace, token),
        again=status != 200,
        personal=True,
    )


def _gone_page(request: Request, gone: Departure, token: str) -> HTMLResponse:
    workplace = workplace_of(request)
    wording = pages_of(request).wording(_language(request, gone.newsletter or ""))
    _, others = wording.gettext, wording.listed([_title(workplace, name) for name in gone.remaining])
    said = (
        _("You still get %(titles)s.", titles=others)
        if others
        else _("You will get no more letters from us.")
    )
    undo = (
        f"/preferences/{_preferences_token(workplace, token)}",
        _("Pressed by mistake? Switch it on again"),
    )
    return pages_of(request).notice(
        _("You are unsubscribed"),
        said,
        _("That is all there is to do. A letter that was already on its way may still arrive."),
        link=undo if gone.newsletter else None,
        language=wording.language,
        personal=True,
    )


def _preferences_page(
    request: Request, choices: list[Choice], token: str, *, status: int = 200, saved: bool = False
) -> HTMLResponse:
    workplace = workplace_of(request)
    newsletters, wording = workplace.settings.newsletters, _spoken(request, token)
    _ = wording.gettext
    return pages_of(request).page(
        "preferences",
        status,
        language=wording.language,
        title=_("Your newsletter") if len(choices) == 1 else _("Your newsletters"),
        choices=choices,
        how=_how_switching_works(choices, wording),
        cadences={each.name: cadence(each, wording) for each in newsletters},
        languages={each.name: each.language for each in newsletters},
        wording=_wording_of_switch(workplace.settings, wording),
        said=[
            _(_CHANGES[choice.change], title=choice.title)
            for choice in choices
            if choice.change is not Change.NONE
        ]
        if saved
        else [],
        saved=saved,
        again=status != 200,
        token=token,
        nonce=form_nonce(workplace.keyring, "preferences", token, now=workplace.clock.now()),
        personal=True,
    )


def _how_switching_works(choices: list[Choice], wording: Wording) -> list[str]:
    """What a tick does to these switches as they stand now, a sentence each."""
    _, lines = wording.gettext, []
    if any(choice.on for choice in choices):
        lines.append(
            _("Taking the tick out works at once, and for 24 hours you can put it back here.")
            if len(choices) == 1
            else _("Taking a tick out works at once, and for 24 hours you can put it back here.")
        )
    lines += [
        _(
            "%(title)s was switched off less than 24 hours ago: the tick brings it back at once.",
            title=choice.title,
        )
        for choice in choices
        if choice.can_undo
    ]
    if asked := [choice.title for choice in choices if not choice.on and not choice.can_undo]:
        lines.append(
            _(
                "Before %(titles)s starts we mail you and ask, because this link may have been forwarded.",
                titles=wording.listed(asked, is_choice=True),
            )
        )
    return lines


def _title(workplace: Workplace, name: str) -> str:
    titles = {each.name: each.title for each in workplace.settings.newsletters}
    return titles.get(name, name)


def _preferences_token(workplace: Workplace, token: str) -> str:
    """The preferences token of the same letter: both carry the subscription's handle."""
    handle = workplace.keyring.read(Purpose.UNSUBSCRIBE, token)
    return workplace.keyring.token(Purpose.PREFERENCES, handle)
