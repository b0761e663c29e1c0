"""The page behind the link of a confirmation mail.

Its form has a nonce, because some link scanners post to every link of a mail: a POST without it changes
nothing and shows the page again, so that nobody consents for somebody else.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from newsletter.web.cadence import cadence
from newsletter.web.form import posted, text
from newsletter.web.inbox import check_inbox_page
from newsletter.web.page import pages_of, workplace_of
from newsletter.web.security import form_nonce, is_fresh
from newsletter.web.steady import steadily
from newsletter.web.visitor import origin_of
from newsletter.workflows.ask_anew import ask_anew
from newsletter.workflows.confirm import (
    Answer,
    Confirmation,
    confirm,
    confirm_wording,
    look_at_confirmation,
)
from newsletter.workflows.subscribe import consent_wording

router = APIRouter()
SHOW = ["GET", "HEAD"]


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
    seen = await run_in_threadpool(look_at_confirmation, workplace, token)
    if not is_fresh(workplace.keyring, _shown(seen), token, nonce=text(form, "nonce"), now=now):
        return _confirm_page(request, seen, token, again=True)
    found = await run_in_threadpool(
        confirm,
        workplace,
        token,
        page_url=f"{workplace.settings.base_url}/confirm/",
        shown=seen,
        chosen=[name for name in form.getlist("also") if isinstance(name, str)],
        origin=origin_of(request),
    )
    return _confirm_page(request, found, token, again=found.answer is Answer.OPEN)


def _shown(found: Confirmation) -> str:
    """What the proof that the page was opened is bound to: nobody consents to what it did not name."""
    return f"confirm {' '.join(found.newsletters)} + {' '.join(found.added)}"


@router.post("/confirm/{token}/again")
async def ask_again(request: Request, token: str) -> HTMLResponse:
    """Mail the question once more when the link is over: by the form of its page, under the same limits."""
    workplace = workplace_of(request)
    form = await posted(request)
    now = workplace.clock.now()
    if not is_fresh(workplace.keyring, "ask again", token, nonce=text(form, "nonce"), now=now):
        return _confirm_page(request, await run_in_threadpool(look_at_confirmation, workplace, token), token)
    async with steadily():
        name = await run_in_threadpool(ask_anew, workplace, token, origin=origin_of(request))
    request.app.state.wake.set()
    language = workplace.settings.newsletter(name).language
    return check_inbox_page(request, newsletter=name, language=language)


def _confirm_page(request: Request, found: Confirmation, token: str, *, again: bool = False) -> HTMLResponse:
    workplace, pages = workplace_of(request), pages_of(request)
    if found.is_renewal:
        return _renewal_page(request, found, token, again=again)
    asked = [workplace.settings.newsletter(name) for name in found.newsletters]
    language = asked[0].language
    wording = pages.wording(language)
    _, titles = wording.gettext, wording.listed([each.title for each in asked])
    if found.answer is Answer.OPEN:
        return pages.page(
            "confirm",
            400 if again else 200,
            language=language,
            title=_("Confirm %(title)s", title=titles),
            newsletter=titles,
            newsletters=[(each.title, cadence(each, wording)) for each in asked],
            wording=confirm_wording(workplace.settings, asked, language=language),
            added=[
                (name, confirm_wording(workplace.settings, [one], language=language))
                for name in found.added
                for one in [workplace.settings.newsletter(name)]
            ],
            token=token,
            nonce=form_nonce(workplace.keyring, _shown(found), token, now=workplace.clock.now()),
            again=again,
            personal=True,
        )
    if found.answer in (Answer.CONFIRMED, Answer.ALREADY):
        return pages.notice(
            _("You are subscribed"),
            *(
                _("%(title)s comes to you %(cadence)s.", title=each.title, cadence=cadence(each, wording))
                for each in asked
            ),
            _("At the foot of every letter there are links to change what you get and to unsubscribe."),
            link=("/issues/", _("Read the letters so far")),
            language=language,
            personal=True,
        )
    if found.answer is Answer.EXPIRED:
        return pages.ask(
            _("This link no longer works"),
            _("Links in confirmation mails work for 48 hours, and this one is older."),
            _("Nothing has been changed. If you would like the newsletter, we can ask you once more."),
            button=_("Ask for the mail again"),
            action=f"/confirm/{token}/again",
            fields={"nonce": form_nonce(workplace.keyring, "ask again", token, now=workplace.clock.now())},
            back=(pages.signup_path(asked[0].name), _("Use another address")),
            status=410,
            language=language,
        )
    return pages.notice(
        _("This link no longer works"),
        _("This link has been used, or the address was taken off the list since."),
        _("Nothing has been changed. If you would like the newsletter, sign up once more."),
        status=410,
        link=(pages.signup_path(asked[0].name), _("Sign up again")),
        language=language,
    )


def _renewal_page(request: Request, found: Confirmation, token: str, *, again: bool) -> HTMLResponse:
    """Whether a reader agrees with a policy that has changed. Its wording is the newsletter's language."""
    workplace, pages = workplace_of(request), pages_of(request)
    newsletter = workplace.settings.newsletter(found.newsletter)
    wording = pages.wording(newsletter.language)
    _, title = wording.gettext, newsletter.title
    if found.answer is Answer.OPEN:
        nonce = form_nonce(workplace.keyring, _shown(found), token, now=workplace.clock.now())
        return pages.page(
            "renew",
            400 if again else 200,
            language=newsletter.language,
            title=_("Our privacy policy has changed"),
            newsletter=title,
            wording=consent_wording(workplace.settings, title, wording),
            token=token,
            nonce=nonce,
            unsubscribe=found.unsubscribe_token,
            again=again,
            personal=True,
        )
    if found.answer in (Answer.CONFIRMED, Answer.ALREADY):
        return pages.notice(
            _("Thank you"),
            _("%(title)s goes on as before, under the policy you have read.", title=title),
            language=newsletter.language,
            personal=True,
        )
    return pages.notice(
        _("This link no longer works"),
        _("It worked for 14 days, until it was answered. What you agreed to before stands as it was."),
        status=410,
        link=("/preferences", _("Go to your preferences")),
        language=newsletter.language,
    )
