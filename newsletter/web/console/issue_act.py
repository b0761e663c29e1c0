"""What an operator does to an issue: decide, undo, approve, send, and send a copy to look at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from starlette.responses import Response

from newsletter.clock import local_date
from newsletter.engines.aside import deliver_aside
from newsletter.errors import NewsletterError, SettingsError
from newsletter.issues.approval import Approver
from newsletter.issues.decision import Act, Decision
from newsletter.issues.issue import State
from newsletter.operators.role import Right
from newsletter.rendering.preflight import failures
from newsletter.settings import NewsletterSettings
from newsletter.web.console.issue import PATH, address, asked, page_of
from newsletter.web.console.route import Route, Visit
from newsletter.web.console.words import long_day, span
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
from newsletter.workflows.compose import send_time
from newsletter.workflows.ready_to_send import ready_to_send, refuse_without_relay
from newsletter.workflows.send_copy import send_copy
from newsletter.workflows.show_issue import IssueShown, show_issue
from newsletter.workflows.show_today import kept_audience

#: What a form may decide; pausing and cancelling are on the page of what is going out.
_ACTS = (Act.LEAD, Act.PIN, Act.BAN, Act.ORDER, Act.SUBJECT, Act.PREHEADER, Act.SKIP, Act.HOLD)
_RUNNER_UP = "runner_up"
_TAKEN_BACK = "Taken back; the letter reads as before."
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
    return _told(change(hand, _decision(visit, day)))


def _told(lines: list[str], *, otherwise: str = "") -> str:
    """What changed in the letter, or *otherwise* where nothing did."""
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
    return _told(take_back(hand, int(number)), otherwise=_TAKEN_BACK)


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
    seen = visit.form.get("seen", "")[:64]
    ready_to_send(visit.workplace, newsletter, day, seen=seen)
    with visit.workplace.database.write() as connection:
        readers = kept_audience(connection, newsletter.audience)
        visit.record(connection, "send", f"{newsletter.name} {day}", readers=readers, edition=seen[:12])
    deliver_aside(visit.workplace, newsletter, day)
    return "It was handed over to be sent."


def ask_to_send(visit: Visit) -> Response:
    """What would go out now, to how many, and what stands against it: nothing is sent by one press."""
    newsletter, day = asked(visit)
    workplace = visit.workplace
    shown = show_issue(workplace, newsletter, day)
    with workplace.database.read() as connection:
        audience = kept_audience(connection, newsletter.audience)
    now = workplace.clock.now()
    return visit.page(
        "issue_send.html.j2",
        shown=shown,
        newsletter=newsletter,
        day=day,
        here=f"{visit.surface.root}{address(newsletter, day)}",
        audience=audience,
        wait_s=(send_time(newsletter, day) - now).total_seconds(),
        early=(day - local_date(now, newsletter.timezone)).days,
        stops=_stops(visit, shown),
        long_day=long_day,
        span=span,
    )


def _stops(visit: Visit, shown: IssueShown) -> str:
    """Why it cannot be sent now; empty: it can."""
    if shown.approval.missing and (shown.is_sendable or shown.state is State.WAITING):
        return f"It waits for approval; still missing: {', '.join(shown.approval.missing)}."
    if not shown.is_sendable:
        return f"It cannot be sent: {shown.problem or f'it is {shown.state.value}'}."
    if failures(shown.checks):
        return "It cannot be sent: a check holds it back."
    try:
        refuse_without_relay(visit.workplace)
    except NewsletterError as error:
        return str(error)
    return ""


def send(visit: Visit) -> Response:
    """Send now; the page that follows shows how it goes."""
    response = _on_page(_send)(visit)
    if response.status_code == 303:
        newsletter, day = asked(visit)
        return visit.back(f"{address(newsletter, day)}/sending", "It was handed over to be sent.")
    return response


ROUTES: tuple[Route, ...] = (
    Route("POST", f"{PATH}/decide", Right.EDIT, _on_page(_decide)),
    Route("POST", f"{PATH}/undo", Right.EDIT, _on_page(_undo)),
    Route("POST", f"{PATH}/approve", Right.APPROVE, _on_page(_approve)),
    Route("POST", f"{PATH}/copy", Right.EDIT, _on_page(_copy)),
    Route("GET", f"{PATH}/send", Right.SEND, ask_to_send),
    Route("POST", f"{PATH}/send", Right.SEND, send, about="send this letter now"),
)
