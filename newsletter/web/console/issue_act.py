"""What an operator does to an issue: decide, undo, approve, send, and send a copy to look at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from starlette.responses import Response

from newsletter.engines.aside import deliver_aside
from newsletter.errors import NewsletterError, SettingsError
from newsletter.issues.approval import Approver
from newsletter.issues.decision import Act, Decision
from newsletter.operators.role import Right
from newsletter.settings import NewsletterSettings
from newsletter.web.console.issue import PATH, address, asked, page_of
from newsletter.web.console.route import Route, Visit
from newsletter.workflows.approve import may_stand_for
from newsletter.workflows.change_issue import (
    Hand,
    OutdatedError,
    change,
    let_go,
    refuse_outdated,
    take_back,
    to_runner_up,
)
from newsletter.workflows.ready_to_send import ready_to_send, refuse_without_relay
from newsletter.workflows.send_copy import send_copy

#: What a form may decide; pausing and cancelling are on the page of what is going out.
_ACTS = (Act.LEAD, Act.PIN, Act.BAN, Act.ORDER, Act.SUBJECT, Act.PREHEADER, Act.SKIP, Act.HOLD)
_RUNNER_UP = "runner_up"
_DONE = "Done; the letter reads as before."
_LONGEST = 200

_Act = Callable[[Visit, Hand, NewsletterSettings, date], str]


def _on_page(act: _Act) -> Callable[[Visit], Response]:
    """Do *act*, and go back to the page with what it changed; a refusal is told there."""

    def handle(visit: Visit) -> Response:
        newsletter, day = asked(visit)
        tab = visit.form.get("tab", "")[:10]
        hand = Hand(
            visit.workplace, newsletter, day, visit.operator.name, visit.form.get("version", "")[:200]
        )
        try:
            said = act(visit, hand, newsletter, day)
        except NewsletterError as error:
            outdated = isinstance(error, OutdatedError)
            changes = tuple(error.changes) if isinstance(error, OutdatedError) else ()
            return page_of(
                visit,
                newsletter,
                day,
                tab=tab,
                status=409 if outdated else 422,
                fault=error,
                changes=changes,
                written=_written(visit),
            )
        return visit.back(address(newsletter, day, tab=tab), said)

    return handle


def _written(visit: Visit) -> dict[str, str]:
    """A text that a person wrote and that was not taken: it stands in its field again."""
    act, text = visit.form.get("act", ""), visit.form.get("text", "")[:_LONGEST]
    return {act: text} if act in (Act.SUBJECT, Act.PREHEADER) else {}


def _decide(visit: Visit, hand: Hand, newsletter: NewsletterSettings, day: date) -> str:
    del newsletter
    if visit.form.get("act") == _RUNNER_UP:
        return _told(to_runner_up(hand, visit.form.get("slot", "")))
    decision = _decision(visit, day)
    return _told(change(hand, decision), otherwise=decision.said)


def _told(lines: list[str], *, otherwise: str = _DONE) -> str:
    """What changed in the letter; where nothing did, what was decided."""
    return ". ".join(f"{line[:1].upper()}{line[1:]}" for line in lines or [otherwise])


def _decision(visit: Visit, day: date) -> Decision:
    form = {name: value.strip()[:_LONGEST] for name, value in visit.form.items()}
    act = next((one for one in _ACTS if one.value == form.get("act")), None)
    if act is None:
        raise SettingsError("act", f"{form.get('act', '')!r} is none", "Use the buttons of the page.")
    position = form.get("position", "")
    if position and not (position.isascii() and position.isdigit()):
        raise SettingsError("section", f"{position!r} is no position", "Use the buttons of the page.")
    is_for_all = act is Act.BAN and form.get("for") == "every"
    return Decision(
        act=act,
        issued_on=None if is_for_all else day,
        slot=form.get("slot", ""),
        article_id=form.get("article", ""),
        position=int(position) if position else None,
        text=form.get("text", ""),
    )


def _undo(visit: Visit, hand: Hand, newsletter: NewsletterSettings, day: date) -> str:
    del newsletter, day
    number = visit.form.get("number", "")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise SettingsError("decision", f"{number[:10]!r} is no number", "Use the buttons of the page.")
    return _told(take_back(hand, int(number)), otherwise="Taken back; the letter reads as before.")


def _approve(visit: Visit, hand: Hand, newsletter: NewsletterSettings, day: date) -> str:
    del newsletter, day
    who = Approver(visit.operator.name, visit.operator.id, may_stand_for(visit.operator.roles))
    return _told(let_go(hand, who, seen=visit.form.get("seen", "")[:64]))


def _copy(visit: Visit, hand: Hand, newsletter: NewsletterSettings, day: date) -> str:
    del hand
    with visit.workplace.database.write() as connection:
        visit.record(connection, "test copy", f"{newsletter.name} {day}")
    _, reply = send_copy(visit.workplace, newsletter, day, to=visit.form.get("to", "")[:320])
    return f"Test copy {reply.outcome.value}: {reply.code} {reply.text}"


def _send(visit: Visit, hand: Hand, newsletter: NewsletterSettings, day: date) -> str:
    refuse_outdated(hand)
    refuse_without_relay(visit.workplace)
    ready_to_send(visit.workplace, newsletter, day, seen=visit.form.get("seen", "")[:64])
    with visit.workplace.database.write() as connection:
        visit.record(connection, "send", f"{newsletter.name} {day}")
    deliver_aside(visit.workplace, newsletter, day)
    return "The letter is going out."


def send(visit: Visit) -> Response:
    """Send now; the page that follows shows how it goes."""
    response = _on_page(_send)(visit)
    if response.status_code == 303:
        newsletter, day = asked(visit)
        return visit.back(f"{address(newsletter, day)}/sending", "The letter is going out.")
    return response


ROUTES: tuple[Route, ...] = (
    Route("POST", f"{PATH}/decide", Right.EDIT, _on_page(_decide)),
    Route("POST", f"{PATH}/undo", Right.EDIT, _on_page(_undo)),
    Route("POST", f"{PATH}/approve", Right.APPROVE, _on_page(_approve)),
    Route("POST", f"{PATH}/copy", Right.EDIT, _on_page(_copy)),
    Route("POST", f"{PATH}/send", Right.SEND, send, is_fresh=True),
)
