"""What the law calls a reader's rights: a copy of their data, another address, and to be forgotten.

Each is behind a link that was mailed within a day, and is done by the form of its page and nothing less.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from newsletter.errors import TokenError
from newsletter.subscribers.consent import Actor
from newsletter.web.form import posted, text
from newsletter.web.page import language_of, pages_of, title_of, workplace_of
from newsletter.web.security import form_nonce, is_fresh
from newsletter.web.visitor import origin_of
from newsletter.wording import Wording
from newsletter.workflows import change_address as address_change
from newsletter.workflows import give_data as data_gift
from newsletter.workflows.change_address import AddressChange, change_address, look_at_address
from newsletter.workflows.change_preferences import look_at_preferences
from newsletter.workflows.erase import erase
from newsletter.workflows.give_data import DataLink, give_data, look_at_data
from newsletter.workflows.open_profile import profile_owner
from newsletter.workflows.say_goodbye import say_goodbye

router = APIRouter()
SHOW = ["GET", "HEAD"]


@router.api_route("/address/{token}", methods=SHOW)
def address_form(request: Request, token: str) -> HTMLResponse:
    """The button that makes a new address the one."""
    return _address_page(request, look_at_address(workplace_of(request), token), token)


@router.post("/address/{token}")
async def address_now(request: Request, token: str) -> HTMLResponse:
    """Change the address, by the form of the page only; a second time it only says so."""
    workplace = workplace_of(request)
    if not await _is_sent(request, "address", token):
        found = await run_in_threadpool(look_at_address, workplace, token)
        return _address_page(request, found, token, again=True)
    found = await run_in_threadpool(change_address, workplace, token, origin=origin_of(request))
    return _address_page(request, found, token)


@router.api_route("/data/{token}", methods=SHOW)
def data_form(request: Request, token: str) -> HTMLResponse:
    """The button that gives the file. The page shows nothing of the reader."""
    return _data_page(request, look_at_data(workplace_of(request), token), token)


@router.post("/data/{token}")
async def data_now(request: Request, token: str) -> Response:
    """The file, once."""
    workplace = workplace_of(request)
    if not await _is_sent(request, "data", token):
        found = await run_in_threadpool(look_at_data, workplace, token)
        return _data_page(request, found, token, again=True)
    given = await run_in_threadpool(give_data, workplace, token)
    if given.answer is not data_gift.Answer.GIVEN:
        return _data_page(request, given, token)
    headers = {"Content-Disposition": 'attachment; filename="my-data.zip"'}
    return Response(given.archive, media_type="application/zip", headers=headers)


@router.api_route("/erase/{token}", methods=SHOW)
def erase_form(request: Request, token: str) -> HTMLResponse:
    """What would be erased, what stays, and the button. The link is that of the preferences page."""
    return _erase_page(request, token)


@router.post("/erase/{token}")
async def erase_now(request: Request, token: str) -> HTMLResponse:
    """Erase, by the form of the page only; the last mail is sent after the answer."""
    if not await _is_sent(request, "erase", token):
        return await run_in_threadpool(_erase_page, request, token, again=True)
    return await run_in_threadpool(_erased, request, token)


async def _is_sent(request: Request, page: str, token: str) -> bool:
    """Whether the form of *page* was sent by somebody who had opened it."""
    workplace, form = workplace_of(request), await posted(request)
    return is_fresh(workplace.keyring, page, token, nonce=text(form, "nonce"), now=workplace.clock.now())


def _address_page(request: Request, found: AddressChange, token: str, *, again: bool = False) -> HTMLResponse:
    wording = _spoken(request, found.newsletter, found.language)
    _, title = wording.gettext, title_of(workplace_of(request).settings, found.newsletter)
    if found.answer is address_change.Answer.OPEN:
        return pages_of(request).ask(
            _("Send %(title)s to this address?", title=title),
            _("The mail that led you here went to it. When you press the button, your letters do, too."),
            _("The address you had before gets nothing more, and the links in its mails stop working."),
            button=_("Yes, this is my address"),
            action=f"/address/{token}",
            fields=_nonce(request, "address", token),
            again=again,
            language=wording.language,
            doubt=_("It was not you who asked? Close this page; nothing changes."),
        )
    if found.answer is address_change.Answer.CHANGED:
        return pages_of(request).notice(
            _("Your address is changed"),
            _("Your letters come to your new address from now on."),
            _("Links in mails to the old one have ended. For a fresh one, ask with the new address."),
            link=("/preferences", _("Ask for a fresh link")),
            language=wording.language,
            personal=True,
        )
    why = {
        address_change.Answer.EXPIRED: _("It worked for 24 hours, or another answer came first."),
        address_change.Answer.REFUSED: _("This address cannot take your letters. Write to us, if it should."),
    }
    return pages_of(request).notice(
        _("This link no longer works"),
        why[found.answer],
        _("Nothing has been changed."),
        status=410,
        link=("/preferences", _("Go to your preferences")),
        language=wording.language,
    )


def _data_page(request: Request, found: DataLink, token: str, *, again: bool = False) -> HTMLResponse:
    wording = _spoken(request, found.newsletter, found.language)
    _ = wording.gettext
    if found.answer is data_gift.Answer.OPEN:
        return pages_of(request).ask(
            _("Your data"),
            _("A ZIP file with all we keep about you: once for programs (JSON), once for people (CSV)."),
            _("The button works once. Keep the file where only you can read it."),
            button=_("Download my data"),
            action=f"/data/{token}",
            fields=_nonce(request, "data", token),
            again=again,
            language=wording.language,
            doubt=_("It was not you who asked? Close this page, and nobody gets the file."),
        )
    return pages_of(request).notice(
        _("This link no longer works"),
        _("It worked once, within 24 hours, so that nobody else finds your data behind it."),
        _("You can ask for another on the page of your preferences."),
        status=410,
        link=("/preferences", _("Go to your preferences")),
        language=wording.language,
    )


def _erase_page(request: Request, token: str, *, again: bool = False) -> HTMLResponse:
    try:
        found = look_at_preferences(workplace_of(request), token)
    except TokenError:
        _ = pages_of(request).wording().gettext
        return pages_of(request).notice(
            _("This link no longer works"),
            _("It worked for 24 hours, or until your data was erased by it."),
            _("If it was not, ask for a fresh link: so only you can have your data erased."),
            status=410,
            link=("/preferences", _("Ask for a fresh link")),
        )
    wording = _spoken(request, found.newsletter, found.language)
    _ = wording.gettext
    return pages_of(request).ask(
        _("Erase everything about you?"),
        _("Your address, your choices, when you agreed to what, and which letters you got: all of it goes."),
        _(
            "One thing stays, so that nobody can sign this address up behind your back, and no old list "
            "brings it back: a code made from it, from which it cannot be read, with the reason and date."
        ),
        _("It cannot be undone. If you only want the letters to stop, unsubscribing is enough."),
        button=_("Erase everything"),
        is_grave=True,
        action=f"/erase/{token}",
        fields=_nonce(request, "erase", token),
        again=again,
        back=(f"/preferences/{token}", _("Back to your preferences")),
        language=wording.language,
    )


def _erased(request: Request, token: str) -> HTMLResponse:
    workplace, pages = workplace_of(request), pages_of(request)
    try:
        found = look_at_preferences(workplace, token)
        owner = profile_owner(workplace, token)
    except TokenError:
        return _erase_page(request, token)
    wording = _spoken(request, found.newsletter, found.language)
    address = erase(
        workplace,
        owner,
        door="erase page",
        evidence="POST of the erase page behind a fresh mailed link",
        actor=Actor.READER,
    )
    _ = wording.gettext
    answer = pages.notice(
        _("Everything is erased"),
        _("All that is left is the code of your address. One last mail says so, and then we write no more."),
        _("If you ever want the letters again, sign up as if for the first time."),
        language=wording.language,
        personal=True,
    )
    if address:
        answer.background = BackgroundTask(
            say_goodbye,
            workplace,
            address,
            newsletter=_existing(request, found.newsletter),
            language=found.language,
        )
    return answer


def _nonce(request: Request, page: str, token: str) -> dict[str, str]:
    """The field that shows that the page was opened first."""
    workplace = workplace_of(request)
    return {"nonce": form_nonce(workplace.keyring, page, token, now=workplace.clock.now())}


def _existing(request: Request, newsletter: str) -> str:
    """The newsletter of that name, or the first one if it is no longer configured."""
    names = [each.name for each in workplace_of(request).settings.newsletters]
    return newsletter if newsletter in names else names[0]


def _spoken(request: Request, newsletter: str, language: str) -> Wording:
    return pages_of(request).wording(language_of(request, newsletter, language))
