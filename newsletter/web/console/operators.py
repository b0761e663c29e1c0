"""Who may use the console: the page of those who let others in."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.responses import Response

from newsletter.errors import OperatorError
from newsletter.operators import account
from newsletter.operators import session as sessions
from newsletter.operators.account import Operator
from newsletter.operators.invitation import invite
from newsletter.operators.role import Right, Role
from newsletter.web.console.route import Route, Visit

_PATH = "/console/operators"


def _show(visit: Visit, *, link: str = "", invited: str = "", status: int = 200) -> Response:
    with visit.workplace.database.read() as connection:
        rows = [(one, account.credentials(connection, one)) for one in account.every(connection)]
    return visit.page(
        "operators.html.j2", status=status, rows=rows, every_role=list(Role), link=link, invited=invited
    )


def _add(visit: Visit) -> Response:
    now = visit.workplace.clock.now()
    with visit.workplace.database.write() as connection:
        made = account.add(connection, visit.form.get("name", ""), _roles(visit), now=now)
        link = invite(connection, made, now=now).link(visit.workplace.settings.base_url)
        visit.record(connection, "add operator", made.name, roles=" ".join(made.roles))
    return _show(visit, link=link, invited=made.name)


def _invite(visit: Visit) -> Response:
    now = visit.workplace.clock.now()
    with visit.workplace.database.write() as connection:
        found = _named(connection, visit)
        link = invite(connection, found, now=now).link(visit.workplace.settings.base_url)
        visit.record(connection, "invite operator again", found.name)
    return _show(visit, link=link, invited=found.name)


def _set_roles(visit: Visit) -> Response:
    with visit.workplace.database.write() as connection:
        found = account.set_roles(connection, _named(connection, visit), _roles(visit))
        visit.record(connection, "change roles", found.name, roles=" ".join(found.roles))
    return visit.back(_PATH, f"{found.name} is now: {', '.join(found.roles)}.")


def _sign_out(visit: Visit) -> Response:
    with visit.workplace.database.write() as connection:
        found = _named(connection, visit)
        ended = sessions.revoke_others(connection, found, keep=None)
        visit.record(connection, "end sessions of operator", found.name, ended=ended)
    return visit.back(_PATH, f"{found.name} is signed out everywhere.")


def _disable(visit: Visit) -> Response:
    with visit.workplace.database.write() as connection:
        found = account.disable(connection, _named(connection, visit))
        visit.record(connection, "disable operator", found.name)
    return visit.back(_PATH, f"{found.name} may not use the console any more; their sessions are over.")


def _enable(visit: Visit) -> Response:
    with visit.workplace.database.write() as connection:
        found = account.enable(connection, _named(connection, visit))
        visit.record(connection, "enable operator", found.name)
    return visit.back(_PATH, f"{found.name} may use the console again.")


def _named(connection: Connection, visit: Visit) -> Operator:
    found = account.find(connection, visit.form.get("name", ""))
    if found is None:
        raise OperatorError("this operator", "is not there", "Go back to the list, and choose one of it.")
    return found


def _roles(visit: Visit) -> list[Role]:
    return [role for role in Role if visit.form.get(f"role-{role}")]


ROUTES = (
    Route("GET", _PATH, Right.OPERATORS, _show),
    Route("POST", f"{_PATH}/add", Right.OPERATORS, _add, about="add an operator"),
    Route("POST", f"{_PATH}/invite", Right.OPERATORS, _invite, about="invite an operator anew"),
    Route(
        "POST",
        f"{_PATH}/roles",
        Right.OPERATORS,
        _set_roles,
        about="change an operator's roles",
    ),
    Route(
        "POST",
        f"{_PATH}/sign-out",
        Right.OPERATORS,
        _sign_out,
        about="sign an operator out everywhere",
    ),
    Route(
        "POST",
        f"{_PATH}/disable",
        Right.OPERATORS,
        _disable,
        about="let an operator in no more",
    ),
    Route("POST", f"{_PATH}/enable", Right.OPERATORS, _enable, about="let an operator in again"),
)
