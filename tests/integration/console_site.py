"""A console that runs, and operators who are signed in to it: for the tests of its pages."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlsplit

import httpx

from newsletter.operators import account
from newsletter.operators import session as sessions
from newsletter.operators.role import Role
from newsletter.operators.session import Means
from newsletter.workflows.workplace import Workplace
from tests.integration.web_site import running

EVERY_ROLE = tuple(Role)


@dataclass(frozen=True)
class Browser:
    """A browser without scripts that is signed in, and posts forms as the pages have them."""

    http: httpx.Client
    csrf: str

    def get(self, path: str, **query: str) -> httpx.Response:
        return self.http.get(path, params=query or None)

    def post(
        self, path: str, files: dict[str, tuple[str, bytes]] | None = None, **fields: str
    ) -> httpx.Response:
        """What one of our own pages sends: with the session's token, and from our origin."""
        return self.http.post(path, data={"csrf": self.csrf, **fields}, files=files)


@dataclass(frozen=True)
class ConsoleSite:
    """*base* is the address at localhost, where the console is open without HTTPS."""

    workplace: Workplace
    base: str

    @contextmanager
    def signed_in(
        self, name: str = "ada", roles: Collection[Role] = EVERY_ROLE, *, is_fresh: bool = True
    ) -> Iterator[Browser]:
        """The browser of an operator who has *roles* and has just signed in, or (not *is_fresh*) before."""
        token, csrf = session_for(self.workplace, name, roles, is_fresh=is_fresh)
        headers = {"Origin": self.base, "Sec-Fetch-Site": "same-origin"}
        with httpx.Client(base_url=self.base, headers=headers, timeout=30) as http:
            http.cookies.set("console", token)
            yield Browser(http, csrf)


def session_for(
    workplace: Workplace, name: str, roles: Collection[Role], *, is_fresh: bool = True
) -> tuple[str, str]:
    """The token of a new session of an operator, who is made if need be, and its CSRF token."""
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        operator = account.find(connection, name) or account.add(connection, name, roles, now=now)
        begun = sessions.begin(
            connection, operator, means=Means.PASSKEY, now=now if is_fresh else now - sessions.FRESH
        )
        if not is_fresh:
            sessions.touch(connection, begun.session, now=now)
    return begun.token, begun.session.csrf_token


@contextmanager
def console_site(workplace: Workplace) -> Iterator[ConsoleSite]:
    """Serve *workplace* with its console."""
    with running(workplace) as address:
        yield ConsoleSite(workplace, f"http://localhost:{urlsplit(address).port}")


def said(page: httpx.Response) -> str:
    """The words of a page, without tags."""
    body = re.sub(r"(?s)<(script|style|head)\b.*?</\1>", " ", page.text)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())
