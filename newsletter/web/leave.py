"""The exit: the page behind the unsubscribe link of every letter, and one-click (RFC 8058).

The page's form has a nonce, because some link scanners post to every link of a mail: a POST without it
changes nothing and shows the page again, so that nobody leaves for somebody else.

A letter is forwarded with its link, so the link alone takes nothing back: only the page that answered the
press on "unsubscribe" can. Whoever left in another way asks for a fresh link.
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
from newsletter.wording import Wording
from newsletter.workflows.take_back import Offer
from newsletter.workflows.unsubscribe import (
    Departure,
    has_just_left,
    look_at_departure,
    undo_unsubscribe,
    unsubscribe,
)
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
        _("No letter at hand? We can mail you a link, to the address that gets them."),
        link=("/preferences", _("Mail me a link")),
    )


@router.api_route("/unsubscribe/{token}", methods=SHOW)
@router.api_route("/unsubscribe/{token}/", methods=SHOW)
def unsubscribe_form(request: Request, token: str) -> HTMLResponse:
    """The button. Opening the page changes nothing."""
    return _unsubscribe_page(request, look_at_departure(workplace_of(request), token), token)


@router.post("/unsubscribe/{token}")
@router.post("/unsubscribe/{token}/")
async def unsubscribe_now(request: Request, token: str) -> HTMLResponse:
    """Leave, or take it back: by the form of the page (with its nonce), or leave by RFC 8058 one-click.

    One-click needs nothing but the token, and is answered 200 without a redirect, again and again.
    """
    workplace = workplace_of(request)
    form = await posted(request)
    one_click = text(form, "List-Unsubscribe").strip().casefold() == "one-click"
    act, nonce, now = text(form, "act"), text(form, "nonce"), workplace.clock.now()
    if not one_click and act in ("undo", "weekly"):
        proof = text(form, "undo")
        return await run_in_threadpool(_undo, request, token, proof=proof, is_weekly=act == "weekly")
    if not one_click and not is_fresh(workplace.keyring, "unsubscribe", token, nonce=nonce, now=now):
        found = await run_in_threadpool(look_at_departure, workplace, token)
        return _unsubscribe_page(request, found, token, status=400, again=True)
    is_all = not one_click and text(form, "scope") == "all"
    gone = await run_in_threadpool(
        unsubscribe,
        workplace,
        token,
        everything=is_all,
        door="one-click" if one_click else "unsubscribe page",
        evidence="RFC 8058 one-click POST" if one_click else "POST of the unsubscribe page",
        # A one-click POST comes from the mail provider, not from the reader.
        origin=None if one_click else origin_of(request),
    )
    return _gone_page(
        request, gone, token, may_undo=not one_click and has_just_left(gone, now=now), is_all=is_all
    )


def _undo(request: Request, token: str, *, proof: str, is_weekly: bool) -> HTMLResponse:
    workplace = workplace_of(request)
    wording = _spoken(request, found := look_at_departure(workplace, token))
    if not is_fresh(workplace.keyring, _undo_page(found), token, nonce=proof, now=workplace.clock.now()):
        # Pressed twice, after a day, or by somebody who has only the link.
        is_on = found.newsletter in found.remaining
        return _unsubscribe_page(request, found, token, status=200 if is_on else 400)
    offer = Offer(
        wording=" ".join(_weekly_offer(workplace, found, wording) if is_weekly else _undo_offer(wording)),
        locale=wording.language,
        door="unsubscribe page",
        page_url=f"{workplace.settings.base_url}/unsubscribe/",
        origin=origin_of(request),
    )
    back = undo_unsubscribe(workplace, token, is_weekly=is_weekly, offer=offer)
    if back.back:
        return _back_page(request, back, token, is_weekly=is_weekly)
    return _unsubscribe_page(request, back, token)


def _unsubscribe_page(
    request: Request, found: Departure, token: str, *, status: int = 200, again: bool = False
) -> HTMLResponse:
    workplace = workplace_of(request)
    if found.newsletter is None:
        return _gone_page(request, found, token)
    several = len(workplace.settings.newsletters) > 1
    is_on = found.newsletter in found.remaining
    wording = _spoken(request, found)
    _ = wording.gettext
    return pages_of(request).page(
        "unsubscribe",
        status,
        language=wording.language,
        title=_("Unsubscribe from %(title)s", title=title_of(workplace.settings, found.newsletter)),
        is_on=is_on,
        offers_all=several,
        instead=_("Switch it on again")
        if not is_on
        else _("Choose your newsletters instead")
        if several
        else "",
        token=token,
        nonce=form_nonce(workplace.keyring, "unsubscribe", token, now=workplace.clock.now()),
        preferences=_preferences_token(workplace, token),
        again=again,
        personal=True,
    )


def _undo_page(gone: Departure) -> str:
    """What the proof that one may undo is bound to: this departure, and none before or after it."""
    return f"undo {gone.left_at}"


def _gone_page(
    request: Request, gone: Departure, token: str, *, may_undo: bool = False, is_all: bool = False
) -> HTMLResponse:
    """The one page after leaving: it is done; undo; less often."""
    workplace, wording = workplace_of(request), _spoken(request, gone)
    _, now = wording.gettext, workplace.clock.now()
    if gone.newsletter is None:
        return pages_of(request).notice(
            _("This link is over"),
            _("What it was for has been erased: no letter comes by it any more."),
            _(
                "If letters come to you all the same, you have signed up again since: leave by the link in "
                "the newest of them."
            ),
            language=wording.language,
            personal=True,
        )
    return pages_of(request).page(
        "gone",
        200,
        language=wording.language,
        title=_("You are unsubscribed"),
        said=_(
            "%(title)s is off. You get no more of it.", title=title_of(workplace.settings, gone.newsletter)
        )
        if not is_all and len(workplace.settings.newsletters) > 1
        else _("You will get no more letters from us."),
        undo=_undo_offer(wording) if may_undo and gone.undo else None,
        weekly=_weekly_offer(workplace, gone, wording) if may_undo and gone.weekly else None,
        # Whether they get others is not told: whoever holds the letter may be somebody else.
        offers_all=len(workplace.settings.newsletters) > 1 and not is_all,
        signup=pages_of(request).signup_path(gone.newsletter),
        token=token,
        nonce=form_nonce(workplace.keyring, "unsubscribe", token, now=now),
        proof=form_nonce(workplace.keyring, _undo_page(gone), token, now=now) if may_undo else "",
        personal=True,
    )


def _back_page(request: Request, back: Departure, token: str, *, is_weekly: bool) -> HTMLResponse:
    workplace, wording = workplace_of(request), _spoken(request, back)
    _, title = wording.gettext, title_of(workplace.settings, back.newsletter or "")
    return pages_of(request).notice(
        _("Welcome back"),
        _("%(titles)s: from now on once a week.", titles=title)
        if is_weekly
        else _("Everything is as it was."),
        _("There is nothing to confirm."),
        link=(
            f"/preferences/{_preferences_token(workplace, token)}",
            _("Change what you get, and how often"),
        ),
        language=wording.language,
        personal=True,
    )


def _undo_offer(wording: Wording) -> tuple[str, str]:
    """What stands beside the undo button, and on it: the consent record keeps both."""
    # It names none of them: whoever holds the letter may be somebody else.
    _ = wording.gettext
    return (_("Pressed by mistake? For 24 hours you can take it back here."), _("Undo"))


def _weekly_offer(workplace: Workplace, gone: Departure, wording: Wording) -> tuple[str, str]:
    _, title = wording.gettext, title_of(workplace.settings, gone.newsletter or "")
    return (
        _("Too many letters? %(title)s can come as one letter a week, with the best of it.", title=title),
        _("Send it once a week"),
    )


def _spoken(request: Request, found: Departure) -> Wording:
    return pages_of(request).wording(language_of(request, found.newsletter or "", found.language))


def _preferences_token(workplace: Workplace, token: str) -> str:
    """The preferences token of the same letter: both carry the subscription's handle."""
    handle = workplace.keyring.read(Purpose.UNSUBSCRIBE, token)
    return workplace.keyring.token(Purpose.PREFERENCES, handle)
