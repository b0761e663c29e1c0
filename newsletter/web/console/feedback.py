"""Feedback: what came back by domain and reason, what matched nobody, and what follows from it."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.responses import Response

from newsletter.errors import RefusedError
from newsletter.feedback.count import ALL
from newsletter.feedback.policy import load_policy
from newsletter.feedback.policy_words import REASONS, numbers_in_words, rules_in_words
from newsletter.operators.role import Right
from newsletter.web.console.route import Route, Visit
from newsletter.workflows.show_feedback import DOMAINS, REASON_DAYS, dismiss, show_feedback, show_raw

KIND_WORDS = {
    "bounce": "a letter that came back",
    "complaint": "a complaint",
    "none": "something unknown",
}


def show_rates(visit: Visit) -> Response:
    """Who sends letters back, why, and what matched nobody."""
    before = visit.request.query_params.get("before", "")
    return visit.page(
        "feedback.html.j2",
        feedback=show_feedback(visit.workplace, before=_number(before)),
        is_first=not before,
        reasons=REASONS,
        kinds=KIND_WORDS,
        days=REASON_DAYS,
        most=DOMAINS,
        everything=ALL,
        may_read=visit.may(Right.FEEDBACK),
    )


def show_policy(visit: Visit) -> Response:
    """What follows from what comes back, in words."""
    policy = load_policy()
    return visit.page(
        "feedback_policy.html.j2", rules=rules_in_words(policy, str), numbers=numbers_in_words(policy, str)
    )


def show_item(visit: Visit) -> Response:
    """One item of the tray as it came, as text."""
    item_id = _item(visit)

    def note(connection: Connection) -> None:
        visit.record(connection, "read returned mail", f"item {item_id} of the tray")

    raw = show_raw(visit.workplace, item_id, note=note)
    return visit.page("tray_item.html.j2", raw=raw, reasons=REASONS, kinds=KIND_WORDS)


def dismiss_item(visit: Visit) -> Response:
    """Take one item out of the tray."""
    item_id = _item(visit)

    def note(connection: Connection) -> None:
        visit.record(connection, "dismiss returned mail", f"item {item_id} of the tray")

    dismiss(visit.workplace, item_id, note=note)
    return visit.back("/console/feedback#tray", f"Item {item_id} is out of the tray.")


def _item(visit: Visit) -> int:
    written = str(visit.request.path_params["item"])
    found = _number(written)
    if found is None:
        raise RefusedError("that item of the tray", "is not there", "See what is on the page Feedback.")
    return found


def _number(written: str) -> int | None:
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else None


ROUTES: tuple[Route, ...] = (
    Route("GET", "/console/feedback", Right.LOOK, show_rates),
    Route("GET", "/console/feedback/policy", Right.LOOK, show_policy),
    Route("GET", "/console/feedback/tray/{item}", Right.FEEDBACK, show_item),
    Route("POST", "/console/feedback/tray/{item}/dismiss", Right.FEEDBACK, dismiss_item),
)
