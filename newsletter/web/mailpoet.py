"""Links in letters that MailPoet sent before a site moved here: the exit still works.

Such a link holds an address and a token that only MailPoet's own database could verify. So it is good for
one thing, to stop the mail, and never tells whether the address is known.
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from newsletter.errors import SubscriberError
from newsletter.subscribers.address import Address, parse_address
from newsletter.web.form import posted, text
from newsletter.web.page import pages_of, workplace_of
from newsletter.web.security import form_nonce, is_fresh
from newsletter.web.steady import steadily
from newsletter.web.visitor import origin_of
from newsletter.wording import Wording
from newsletter.workflows.leave_by_address import (
    DOOR,
    Left,
    leave_by_address,
    look_at_address_left,
    undo_leave_by_address,
)
from newsletter.workflows.take_back import Offer

router = APIRouter()

#: MailPoet's links are a few hundred characters long.
_MOST = 2000
_EXIT = ("unsubscribe", "confirm_unsubscribe", "unsubscribe_confirm")


@dataclass(frozen=True)
class _OldLink:
    """The *data* of a link as it came, and the address in it."""

    data: str
    address: Address


def is_old_link(request: Request) -> bool:
    """Whether the first page was asked for by a link of MailPoet."""
    return "mailpoet_router" in request.query_params or "mailpoet_page" in request.query_params


def old_link_page(request: Request) -> HTMLResponse:
    """What a link of MailPoet leads to: the exit for those that were one. Changes nothing."""
    query = request.query_params
    if query.get("action") in _EXIT and (link := _old_link(query.get("data", ""))):
        return _leave_page(request, link)
    pages = pages_of(request)
    _ = pages.wording().gettext
    return pages.notice(
        _("This link is from an older letter"),
        _("The letters have moved house since, and this link cannot be followed any more."),
        _("To change what you get, or to stop it, use the page of your preferences."),
        status=404,
        link=("/preferences", _("Go to your preferences")),
    )


@router.post("/")
async def one_click(request: Request) -> HTMLResponse:
    """RFC 8058 one-click of a letter that MailPoet sent: its header names this address."""
    form = await posted(request)
    link = _old_link(request.query_params.get("data", "")) if is_old_link(request) else None
    if link is None or request.query_params.get("action") not in _EXIT:
        return old_link_page(request)
    if text(form, "List-Unsubscribe").strip().casefold() != "one-click":
        return _leave_page(request, link, again=True)
    async with steadily():
        left = await run_in_threadpool(
            leave_by_address,
            workplace_of(request),
            link.address,
            origin=origin_of(request),
            is_one_click=True,
        )
    return _left_page(request, link, left, is_one_click=True)


@router.post("/mailpoet/unsubscribe")
async def leave_now(request: Request) -> HTMLResponse:
    """Leave, or take it back, by the forms of these pages only; the same answer for every address."""
    form = await posted(request)
    link = _old_link(text(form, "data"))
    if link is None:
        return old_link_page(request)
    async with steadily():
        return await run_in_threadpool(_answer, request, link, form)


def _answer(request: Request, link: _OldLink, form: FormData) -> HTMLResponse:
    workplace = workplace_of(request)
    now = workplace.clock.now()
    if text(form, "act") == "undo":
        return _undo(request, link, proof=text(form, "undo"))
    if not is_fresh(workplace.keyring, "mailpoet", link.data, nonce=text(form, "nonce"), now=now):
        return _leave_page(request, link, again=True)
    return _left_page(request, link, leave_by_address(workplace, link.address, origin=origin_of(request)))


def _leave_page(request: Request, link: _OldLink, *, again: bool = False, status: int = 200) -> HTMLResponse:
    workplace, pages = workplace_of(request), pages_of(request)
    _ = pages.wording().gettext
    nonce = form_nonce(workplace.keyring, "mailpoet", link.data, now=workplace.clock.now())
    return pages.ask(
        _("Unsubscribe"),
        _("One press, and the letters stop at once."),
        _("For the address %(address)s, and all newsletters.", address=link.address.given),
        button=_("Unsubscribe"),
        action="/mailpoet/unsubscribe",
        fields={"data": link.data, "nonce": nonce},
        status=status,
        again=again,
    )


def _left_page(request: Request, link: _OldLink, left: Left, *, is_one_click: bool = False) -> HTMLResponse:
    workplace, pages = workplace_of(request), pages_of(request)
    wording = pages.wording()
    _ = wording.gettext
    if not left.is_heard:
        return pages.notice(
            _("Please wait an hour"),
            _("From your network so many addresses were taken off that we stop for now."),
            _("Nothing has been changed."),
            status=429,
        )
    said = (
        _("You are unsubscribed"),
        _("You will get no more letters from us."),
        _("That is all there is to do. A letter that was already on its way may still arrive."),
    )
    if is_one_click:
        return pages.notice(*said, personal=True)
    # Where this press left nothing the proof is good for nothing, and all looks the same.
    proof = form_nonce(workplace.keyring, _undo_page(left), link.data, now=workplace.clock.now())
    return pages.ask(
        *said,
        _offer(wording),
        button=_("Undo"),
        action="/mailpoet/unsubscribe",
        fields={"data": link.data, "act": "undo", "undo": proof},
    )


def _undo(request: Request, link: _OldLink, *, proof: str) -> HTMLResponse:
    """Take back what this page's own press left: nothing, if that left nothing, and nobody can tell."""
    workplace, wording = workplace_of(request), pages_of(request).wording()
    left = look_at_address_left(workplace, link.address)

    def is_proof_of(one: Left) -> bool:
        page, now = _undo_page(one), workplace.clock.now()
        return is_fresh(workplace.keyring, page, link.data, nonce=proof, now=now)

    if left.at is None or not is_proof_of(left):
        if not is_proof_of(Left(at=None)):
            return _leave_page(request, link, status=400)
        return _back_page(request)
    offer = Offer(
        wording=_offer(wording),
        locale=wording.language,
        door=DOOR,
        page_url=f"{workplace.settings.base_url}/mailpoet/unsubscribe",
        origin=origin_of(request),
    )
    undo_leave_by_address(workplace, link.address, offer=offer)
    return _back_page(request)


def _back_page(request: Request) -> HTMLResponse:
    pages = pages_of(request)
    _ = pages.wording().gettext
    return pages.notice(
        _("Welcome back"), _("Everything is as it was."), _("There is nothing to confirm."), personal=True
    )


def _undo_page(left: Left) -> str:
    """What the proof that one may undo is bound to: this departure, and none before or after it."""
    return f"mailpoet undo {left.at}"


def _offer(wording: Wording) -> str:
    """What stands above the undo button: the consent record keeps it."""
    return wording.gettext("Pressed by mistake? For 24 hours you can take it back here.")


def _old_link(data: str) -> _OldLink | None:
    """What a link holds: base64, often without its padding, of JSON with the key "email"."""
    if not data.isascii() or len(data) > _MOST:
        return None
    plain = data.replace("+", "-").replace("/", "_").replace(" ", "-").rstrip("=")
    try:
        said = json.loads(urlsafe_b64decode(plain + "=" * (-len(plain) % 4)))
        return _OldLink(data, parse_address(said["email"]))
    except (binascii.Error, ValueError, KeyError, TypeError, RecursionError, SubscriberError):
        return None
