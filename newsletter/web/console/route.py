"""What a page of the console is: its path, who may open it, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from newsletter.operators import audit
from newsletter.operators.account import Operator
from newsletter.operators.role import Right
from newsletter.operators.session import Session
from newsletter.web.console.surface import Surface
from newsletter.workflows.workplace import Workplace


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who is signed in and may be here.

    *form* and *files* are empty but for a POST, whose origin and token were checked before. *config*: the
    settings file, where one was named or found.
    """

    request: Request
    operator: Operator
    session: Session
    workplace: Workplace
    surface: Surface
    form: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, UploadFile] = field(default_factory=dict)
    config: Path | None = None

    def page(self, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """Fill ``console/<template>``, such as "calendar.html.j2"; *values* are what it names."""
        return self.surface.page(
            template, self.request, operator=self.operator, session=self.session, status=status, **values
        )

    def back(self, path: str, said: str = "") -> RedirectResponse:
        """Go on to *path* after a POST; *said* is shown there once."""
        return self.surface.back(self.request, path, said)

    def may(self, right: Right) -> bool:
        """Whether the operator has *right*."""
        return self.operator.may(right)

    def record(self, connection: Connection, act: str, subject: str, **detail: str | int | bool) -> None:
        """Add an audit line in the caller's own writing transaction; no personal data belongs in it."""
        who = audit.actor_of(self.operator)
        audit.record(connection, who, act, subject, at=self.workplace.clock.now(), detail=detail)


@dataclass(frozen=True, slots=True)
class Route:
    """A page for those with *right*.

    *handler* is synchronous and runs in a thread. *about*: what a person is about to do ("erase a reader"),
    where whoever has not just proved who they are is asked again first; empty: nobody is asked. *takes*
    "files": a form with uploads, up to gate.MOST_UPLOAD. *is_stream*: the answer goes on, as server-sent
    events do.
    """

    method: Literal["GET", "POST"]
    path: str
    right: Right
    handler: Callable[[Visit], Response]
    about: str = ""
    takes: Literal["form", "files"] = "form"
    is_stream: bool = False

    @property
    def is_fresh(self) -> bool:
        """Whether whoever has not just proved who they are is asked again first."""
        return bool(self.about)
