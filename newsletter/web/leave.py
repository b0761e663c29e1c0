"""The exit: the page behind the unsubscribe link of every letter, and one-click (RFC 8058).

The page's form has a nonce, because some link scanners post to every link of a mail: a POST without it
changes nothing and shows the page again, so that nobody leaves for somebody else.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from newsletter.subscribers.token import Purpose
from newsletter.web.form import posted, text
from newsletter.web.page import language_of, pages_of, title_of, workplace_of
from newsletter.web.security import form_nonce, is_fresh
from newsletter.web.visitor import origin_of
from newsletter.workflows.unsubscribe import Departure, look_at_departure, unsubscribe
from newsletter.workflows.workplace import Workplace

router = APIRouter()
SHOW = ["GET", "HEAD"]


@router.api_route("/unsubscribe", methods=SHOW)
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
        # A one-click POST comes from the mail provider, not from the reader.
        origin=None if one_click else origin_of(request),
    )
    return _gone_page(request, gone, token)


def _unsubscribe_page(request: Request, found: Departure, token: str, *, status: int = 200) -> HTMLResponse:
    workplace = workplace_of(request)
    if found.newsletter is None:
        return _gone_page(request, found, token)
    several = len(workplace.settings.newsletters) > 1
    is_on = found.newsletter in found.remaining
    language = language_of(request, found.newsletter)
    _ = pages_of(request).wording(language).gettext
    return pages_of(request).page(
        "unsubscribe",
        status,
        language=language,
        title=_("Unsubscribe from %(title)s", title=title_of(workplace.settings, found.newsletter)),
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
    wording = pages_of(request).wording(language_of(request, gone.newsletter or ""))
    _, others = (
        wording.gettext,
        wording.listed([title_of(workplace.settings, name) for name in gone.remaining]),
    )
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


def _preferences_token(workplace: Workplace, token: str) -> str:
    """The preferences token of the same letter: both carry the subscription's handle."""
    handle = workplace.keyring.read(Purpose.UNSUBSCRIBE, token)
    return workplace.keyring.token(Purpose.PREFERENCES, handle)
