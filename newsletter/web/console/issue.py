"""The page of one issue: the letter as readers get it, and beside it what it is made of and may become."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, Response

from newsletter.clock import local_date
from newsletter.errors import ContentError, NewsletterError, SettingsError
from newsletter.issues import store as issue_store
from newsletter.issues.headline import SUBJECT_LIMIT
from newsletter.operators.role import Right
from newsletter.settings import NewsletterSettings
from newsletter.web.console.route import Route, Visit
from newsletter.web.console.stream import Event, stream
from newsletter.web.console.words import dot, sentence
from newsletter.web.watch import in_scheme
from newsletter.workflows.approve import may_stand_for
from newsletter.workflows.decide import PREHEADER_LIMIT
from newsletter.workflows.show_issue import (
    IssueShown,
    candidates,
    changes_since,
    letter_of,
    show_issue,
    slot_name,
    slot_of,
)

PATH = "/console/issues/{newsletter}/{day}"
TABS = ("phone", "desktop", "dark", "text", "source", "raw")
#: The letter runs nothing, sends nothing, and is nobody: not even of our own origin.
LETTER_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)


def asked(visit: Visit) -> tuple[NewsletterSettings, date]:
    """The newsletter and day of the path.

    Raises:
        ContentError: there is no such newsletter, or it is no date.
    """
    name, day = visit.request.path_params["newsletter"], visit.request.path_params["day"]
    try:
        newsletter = visit.workplace.settings.newsletter(name)
    except SettingsError as error:
        raise ContentError(f"newsletter {name!r}", "no such newsletter", error.next_step) from error
    try:
        return newsletter, date.fromisoformat(day)
    except ValueError as error:
        raise ContentError(f"issue of {day!r}", "no such date", "Dates are like 2026-03-03.") from error


def address(newsletter: NewsletterSettings, day: date, **query: str) -> str:
    """The path of an issue's page."""
    path = f"/console/issues/{newsletter.name}/{day.isoformat()}"
    given = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def issue_page(visit: Visit) -> Response:
    """The page."""
    newsletter, day = asked(visit)
    return page_of(visit, newsletter, day, tab=visit.request.query_params.get("tab", ""))


def page_of(
    visit: Visit,
    newsletter: NewsletterSettings,
    day: date,
    *,
    tab: str = "",
    status: int = 200,
    fault: NewsletterError | None = None,
    changes: tuple[str, ...] = (),
    written: dict[str, str] | None = None,
) -> HTMLResponse:
    """The page, also after an act that was refused: with the *fault*, and what was *written* kept."""
    shown = show_issue(visit.workplace, newsletter, day)
    tab = tab if tab in TABS else TABS[0]
    text = _source(visit, newsletter, day, tab) if shown.draft is not None else ""
    return visit.page(
        "issue.html.j2",
        status=status,
        shown=shown,
        newsletter=newsletter,
        day=day,
        here=f"{visit.surface.root}{address(newsletter, day)}",
        tab=tab,
        tabs=TABS,
        source=text,
        slot_name=slot_name,
        dot=dot,
        limits={"subject": SUBJECT_LIMIT, "preheader": PREHEADER_LIMIT},
        may_edit=visit.may(Right.EDIT) and shown.is_changeable,
        may_approve=visit.may(Right.APPROVE) and shown.is_changeable and bool(shown.picks),
        may_send=visit.may(Right.SEND) and shown.is_sendable,
        may_copy=visit.may(Right.EDIT) and shown.draft is not None,
        roles=may_stand_for(visit.operator.roles),
        zone=newsletter.zone,
        fault=fault,
        sentence=sentence,
        changes=changes,
        written=written or {},
        before=_beside(newsletter, day, -1),
        after=_beside(newsletter, day, 1),
        today=local_date(visit.workplace.clock.now(), newsletter.timezone),
        asks=_asks(shown),
    )


def letter_page(visit: Visit) -> Response:
    """The letter itself, for the frame."""
    newsletter, day = asked(visit)
    headers = {"Content-Security-Policy": LETTER_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    try:
        html = letter_of(visit.workplace, newsletter, day).html
    except NewsletterError as error:
        # Said in the frame, where no page of the console may be shown: the browser would say that instead.
        page = visit.page("no_letter.html.j2", status=404, reason=error.reason, step=error.next_step)
        page.headers.update(headers)
        return page
    scheme: Literal["light", "dark"] = "dark" if visit.request.query_params.get("dark") else "light"
    return HTMLResponse(in_scheme(html, scheme), headers=headers)


def slot_page(visit: Visit) -> Response:
    """What could stand in a slot instead: a page, which a script shows as a dialog."""
    newsletter, day = asked(visit)
    slot, words = visit.request.path_params["slot"], visit.request.query_params.get("words", "")[:100]
    slot_of(newsletter, day, slot)
    shown = show_issue(visit.workplace, newsletter, day)
    return visit.page(
        "issue_slot.html.j2",
        shown=shown,
        newsletter=newsletter,
        day=day,
        here=f"{visit.surface.root}{address(newsletter, day)}",
        slot=slot,
        slot_name=slot_name,
        words=words,
        tab=visit.request.query_params.get("tab", "")[:10],
        found=candidates(visit.workplace, newsletter, day, slot, words=words, shown=shown),
        here_now=[one.pick for one in shown.picks if one.pick.slot == slot],
        may_edit=visit.may(Right.EDIT) and shown.is_changeable,
    )


def events(visit: Visit) -> Response:
    """What others have changed since the page was made."""
    newsletter, day = asked(visit)
    since = visit.request.query_params.get("since", "")
    return stream(visit.workplace, lambda: Event(_changes(visit, newsletter, day, since)))


def _changes(visit: Visit, newsletter: NewsletterSettings, day: date, since: str) -> dict[str, object]:
    with visit.workplace.database.read() as connection:
        stored = issue_store.find(connection, newsletter.name, day)
        changes = changes_since(connection, newsletter, day, since)
    return {"changes": changes, "state": stored.issue.state.value if stored else "planned"}


def _source(visit: Visit, newsletter: NewsletterSettings, day: date, tab: str) -> str:
    """What is shown as text in a tab."""
    if tab not in ("text", "source", "raw"):
        return ""
    letter = letter_of(visit.workplace, newsletter, day)
    if tab == "raw":
        return letter.raw.decode("utf-8", "replace").replace("\r\n", "\n")
    return letter.text if tab == "text" else letter.html


def _beside(newsletter: NewsletterSettings, day: date, step: int) -> date | None:
    """The day of the issue before or after."""
    if not date.min + timedelta(days=40) < day < date.max - timedelta(days=40):
        return None
    near = (day + timedelta(days=step * days) for days in range(1, 40))
    return next((one for one in near if newsletter.mails_on(one)), None)


def _asks(shown: IssueShown) -> str:
    """Whose approval is asked for, in words."""
    return {"off": "", "one": "one person", "two": "an editor and a clinician"}[shown.approval.asked]


ROUTES: tuple[Route, ...] = (
    Route("GET", PATH, Right.LOOK, issue_page),
    Route("GET", f"{PATH}/letter", Right.LOOK, letter_page),
    Route("GET", f"{PATH}/slots/{{slot}}", Right.LOOK, slot_page),
    Route("GET", f"{PATH}/events", Right.LOOK, events, is_stream=True),
)
