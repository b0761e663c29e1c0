"""Every route of the console × every role, and every form × everybody else's site: the gate alone decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.responses import PlainTextResponse, Response

from newsletter.operators import account
from newsletter.operators import session as sessions
from newsletter.operators.role import Role
from newsletter.operators.session import Means
from newsletter.web.console import routes
from newsletter.web.console.route import Route, Visit
from newsletter.workflows.workplace import Workplace
from tests.integration.console_rights import WHO
from tests.integration.console_site import Browser, ConsoleSite, console_site, said

LET_IN = "the handler ran"
#: As the application has them; console() puts handlers in their place that do nothing.
ROUTES = routes.ROUTES


def let_in(_visit: Visit) -> Response:
    return PlainTextResponse(LET_IN)


@pytest.fixture
def console(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConsoleSite]:
    """The whole application, but that a handler only says that it was reached."""
    monkeypatch.setattr(routes, "ROUTES", tuple(replace(one, handler=let_in) for one in ROUTES))
    with console_site(workplace) as site:
        yield site


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


def path_of(route: Route) -> str:
    """A path of *route*, with something in its holes."""
    parts = (("1" if part.startswith("{") else part) for part in route.path.split("/"))
    return "/".join(parts)


def ask(browser: Browser, route: Route, **headers: str) -> tuple[int, str]:
    """Status and words of what *route* answers."""
    data = {"csrf": browser.csrf} if route.method == "POST" else None
    answer = browser.http.request(route.method, path_of(route), data=data, headers=headers)
    return answer.status_code, said(answer)


def test_every_route_has_its_line_in_the_table() -> None:
    missing = [name_of(one) for one in ROUTES if name_of(one) not in WHO]
    assert missing == [], "say in tests/integration/console_rights.py who may"


def test_routes_that_differ_by_method_or_path_alone_are_no_two_times_the_same() -> None:
    names = [name_of(one) for one in ROUTES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_what_is_its_own_and_nothing_else(console: ConsoleSite, role: Role) -> None:
    wrong = []
    with console.signed_in("ada", [role]) as browser:
        for route in ROUTES:
            status, words = ask(browser, route)
            is_let_in = (status, words) == (200, LET_IN)
            is_refused = status == 403 and "It takes one of these roles" in words
            may = role.value in WHO[name_of(route)].roles.split()
            if is_let_in is not may or is_refused is may:
                wrong.append((name_of(route), status, words[-80:]))
    assert wrong == []


def test_a_refusal_names_the_roles_that_it_takes(console: ConsoleSite) -> None:
    with console.signed_in("ada", [Role.VIEWER]) as browser:
        words = said(browser.get("/console/audit"))
    assert "It takes one of these roles: privacy, admin." in words


def test_what_reaches_readers_or_accounts_asks_who_it_is_once_more(console: ConsoleSite) -> None:
    wrong = []
    with console.signed_in("ada", is_fresh=False) as browser:
        for route in ROUTES:
            status, words = ask(browser, route)
            is_asked = status == 403 and "Is it still you?" in words
            if is_asked is not WHO[name_of(route)].is_fresh:
                wrong.append((name_of(route), status))
    assert wrong == []


@pytest.mark.parametrize("state", ["none", "half", "ended", "idle", "disabled", "made up"])
def test_without_an_open_session_every_route_leads_to_the_sign_in(console: ConsoleSite, state: str) -> None:
    wrong = []
    with console.signed_in("ada") as browser:
        spoil(console, browser, state)
        for route in ROUTES:
            status, words = ask(browser, route)
            if status != 303 or LET_IN in words:
                wrong.append((name_of(route), status))
    assert wrong == []


def spoil(console: ConsoleSite, browser: Browser, state: str) -> None:
    """Leave *browser* without a session that is open."""
    place = console.workplace
    now, cookies = place.clock.now(), browser.http.cookies
    with place.database.write() as connection:
        ada = account.find(connection, "ada")
        assert ada is not None
        if state == "half":
            half = sessions.begin(connection, ada, means=Means.PASSWORD, now=now, is_complete=False)
            cookies.set("console", half.token)
        elif state == "idle":
            old = sessions.begin(connection, ada, means=Means.PASSWORD, now=now - sessions.IDLE)
            cookies.set("console", old.token)
        elif state == "ended":
            sessions.end(connection, cookies["console"])
        elif state == "disabled":
            account.disable(connection, ada, even_last=True)
    if state == "none":
        cookies.clear()
    elif state == "made up":
        cookies.set("console", "x" * 43)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
    ids=lambda one: " ".join(one.values()),
)
def test_no_form_of_another_site_reaches_a_handler(console: ConsoleSite, headers: dict[str, str]) -> None:
    with console.signed_in() as browser:
        answers = {name_of(one): ask(browser, one, **headers) for one in ROUTES if one.method == "POST"}
    assert {name for name, (status, words) in answers.items() if status != 403 or LET_IN in words} == set()


def test_no_form_without_the_token_of_this_session_reaches_a_handler(console: ConsoleSite) -> None:
    with console.signed_in("grace") as other:
        foreign = other.csrf
    wrong = []
    with console.signed_in() as browser:
        for token in ("", "x" * 43, foreign):
            forged = Browser(browser.http, token)
            wrong += [
                (name_of(one), token[:3])
                for one in ROUTES
                if one.method == "POST" and "not from this session" not in ask(forged, one)[1]
            ]
    assert wrong == []


def test_a_browser_that_does_not_say_where_a_form_is_from_is_refused(console: ConsoleSite) -> None:
    with console.signed_in() as browser:
        del browser.http.headers["Origin"], browser.http.headers["Sec-Fetch-Site"]
        status, words = ask(browser, next(one for one in ROUTES if one.method == "POST"))
    assert (status, "another site" in words) == (403, True)


def test_a_form_cannot_be_sent_by_get(console: ConsoleSite) -> None:
    pages = {one.path for one in ROUTES if one.method == "GET"}
    acts = [one for one in ROUTES if one.method == "POST" and one.path not in pages]
    with console.signed_in() as browser:
        reached = [one.path for one in acts if LET_IN in said(browser.get(path_of(one)))]
    # What has a hole at its end may be somebody else's page with a GET of its own.
    assert [path for path in reached if not path.endswith("}")] == []
