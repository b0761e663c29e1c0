"""The audit: who did what and when, and whether the chain of it is whole."""

from __future__ import annotations

from starlette.responses import Response

from newsletter.operators import account, audit
from newsletter.operators.audit import Verdict
from newsletter.operators.role import Right
from newsletter.web.console.route import Route, Visit

_PATH = "/console/audit"
_PAGE = 50


def _show(visit: Visit, *, verdict: Verdict | None = None) -> Response:
    asked = visit.request.query_params
    before = asked.get("before", "")
    act, operator, words = (asked.get(name, "")[:80].strip() for name in ("act", "operator", "words"))
    with visit.workplace.database.read() as connection:
        lines = audit.page(
            connection,
            before=int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None,
            act=act,
            operator=operator,
            words=words,
            limit=_PAGE + 1,
        )
        acts = audit.acts(connection)
        names = [audit.COMMAND_LINE.name, *(one.name for one in account.every(connection))]
        end = audit.end_of(connection)
    return visit.page(
        "audit.html.j2",
        lines=lines[:_PAGE],
        older=lines[_PAGE - 1].id if len(lines) > _PAGE else None,
        acts=acts,
        names=names,
        act=act,
        chosen=operator,
        words=words,
        reach=audit.REACH if words else 0,
        verdict=verdict,
        end=end,
    )


def _verify(visit: Visit) -> Response:
    with visit.workplace.database.read() as connection:
        verdict = audit.verify(connection)
    with visit.workplace.database.write() as connection:
        visit.record(connection, "verify audit", "audit", is_sound=verdict.is_sound, lines=verdict.lines)
    return _show(visit, verdict=verdict)


def _help(visit: Visit) -> Response:
    return visit.page(
        "help.html.j2",
        may_settings=visit.may(Right.SETTINGS),
        may_audit=visit.may(Right.AUDIT),
        may_operators=visit.may(Right.OPERATORS),
    )


ROUTES = (
    Route("GET", _PATH, Right.AUDIT, _show),
    Route("POST", f"{_PATH}/verify", Right.AUDIT, _verify),
    Route("GET", "/console/help", Right.LOOK, _help),
)
