"""What a reader may change: the page behind the preferences link."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from newsletter.settings import Settings
from newsletter.web.cadence import cadence
from newsletter.web.form import posted, text
from newsletter.web.page import language_of, pages_of, workplace_of
from newsletter.web.security import form_nonce, is_fresh
from newsletter.wording import Wording, message
from newsletter.workflows.change_preferences import (
    Change,
    Choice,
    change_preferences,
    look_at_preferences,
    newsletter_of_link,
)
from newsletter.workflows.subscribe import consent_wording

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
    return pages_of(request).wording(language_of(request, name))


def _wording_of_switch(settings: Settings, wording: Wording) -> str:
    titles = [newsletter.title for newsletter in settings.newsletters]
    title = titles[0] if len(titles) == 1 else wording.gettext("the newsletters ticked here")
    return consent_wording(settings, title, wording)


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
