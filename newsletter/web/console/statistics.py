"""Statistics without surveillance: issue by issue and week by week, never about few people."""

from __future__ import annotations

from datetime import date

from starlette.responses import Response

from newsletter.errors import ContentError
from newsletter.operators.role import Right
from newsletter.web.console.chart import Series, bars
from newsletter.web.console.route import Route, Visit
from newsletter.workflows.report_statistics import MEASURES, WEEKLY, report_statistics
from newsletter.workflows.small_cells import K

PATH = "/console/statistics"
NAMES = {
    "sent": "Sent",
    "accepted": "Accepted",
    "bounced": "Bounced",
    "complained": "Complained",
    "unsubscribed": "Unsubscribed",
    "signed_up": "Signed up",
    "confirmed": "Confirmed",
    "imported": "Imported",
}


def _statistics(visit: Visit) -> Response:
    workplace, query = visit.workplace, visit.request.query_params
    found = report_statistics(
        workplace.database,
        workplace.clock,
        workplace.settings,
        newsletter=query.get("newsletter") or None,
        month=_month(query.get("month", "")),
    )
    days = [f"{line.issued_on:%d %b}" for line in found.issues]
    weeks = [f"{line.begins_on:%d %b}" for line in found.weeks]

    def of_issues(name: str) -> list[float | None]:
        return [line.cells[name] for line in found.issues]

    def of_weeks(name: str) -> list[float | None]:
        return [line.cells[name] for line in found.weeks]

    charts = {
        "accepted": bars(days, [Series(1, of_issues("accepted"))]),
        "returned": bars(days, [Series(1, of_issues("bounced")), Series(2, of_issues("unsubscribed"))]),
        "weeks": bars(weeks, [Series(1, of_weeks("confirmed")), Series(2, of_weeks("unsubscribed"))]),
    }
    has = {
        "accepted": any(of_issues("accepted")),
        "returned": any(of_issues("bounced")) or any(of_issues("unsubscribed")),
        "left": any(of_issues("unsubscribed")),
        "weeks": any(of_weeks("confirmed")) or any(of_weeks("unsubscribed")),
    }
    return visit.page(
        "statistics.html.j2",
        found=found,
        charts=charts,
        has=has,
        measures=MEASURES,
        weekly=tuple(str(name) for name in WEEKLY),
        names=NAMES,
        k=K,
        newsletters=workplace.settings.newsletters,
    )


def _month(written: str) -> date | None:
    """A month as the page's own links have it: 2026-03."""
    if not written:
        return None
    try:
        return date.fromisoformat(f"{written}-01")
    except ValueError:
        raise ContentError("this month", "is none", "Choose one of the list.") from None


ROUTES: tuple[Route, ...] = (Route("GET", PATH, Right.LOOK, _statistics),)
