"""Who comes into the console, and who does not."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from newsletter.operators import account
from newsletter.operators.password import Hasher
from newsletter.operators.role import Role, may
from newsletter.web.console.routes import ROUTES
from newsletter.workflows.workplace import Workplace
from tests.integration.console_site import ConsoleSite, console_site, said

PASSWORD = "seven quiet otters under ice"


@pytest.fixture
def console(workplace: Workplace) -> Iterator[ConsoleSite]:
    with console_site(workplace) as site:
        yield site


def filled(path: str) -> str:
    """A path with something in its holes."""
    holes = {"newsletter": "daily", "day": "2026-03-02", "number": "1", "token": "x" * 43, "name": "help.js"}
    for name, value in holes.items():
        path = path.replace(f"{{{name}}}", value)
    return path.split("{")[0]


def with_password(console: ConsoleSite, name: str = "ada") -> None:
    now = console.workplace.clock.now()
    with console.workplace.database.write() as connection:
        operator = account.add(connection, name, [Role.ADMIN], now=now)
        account.set_password(connection, operator, Hasher().hash(PASSWORD), now=now)


def stranger(console: ConsoleSite, **headers: str) -> httpx.Client:
    return httpx.Client(base_url=console.base, headers={"Origin": console.base, **headers}, timeout=30)


def test_whoever_is_not_signed_in_is_asked_to_and_learns_nothing_of_what_is_there(console):
    with stranger(console) as http:
        for path in [*(filled(one.path) for one in ROUTES if one.method == "GET"), "/console/no-such-page"]:
            answer = http.get(path)
            assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (
                303,
                "/console/sign-in",
            )


def test_name_and_password_let_in_and_sign_out_lets_nobody_in_again(console):
    with_password(console)
    with stranger(console) as http:
        answer = http.post(
            "/console/sign-in", data={"name": "Ada", "password": PASSWORD, "next": "/console/audit"}
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/console/audit")
        cookie = answer.headers["set-cookie"].lower()
        assert cookie.startswith("console=")
        for word in ("httponly", "samesite=lax", "path=/"):
            assert word in cookie
        token = http.cookies["console"]
        assert http.get("/console/sign-in").headers["location"] == "/console/"
    assert token


@pytest.mark.parametrize(
    "goal", ["https://evil.example/", "//evil.example/console/", "/console/../x", "/subscribe"]
)
def test_nobody_is_led_elsewhere_after_signing_in(console, goal):
    with_password(console)
    with stranger(console) as http:
        answer = http.post("/console/sign-in", data={"name": "ada", "password": PASSWORD, "next": goal})
        assert answer.headers["location"] == "/console/"


def test_a_session_cannot_be_chosen_by_whoever_plants_a_cookie(console):
    with_password(console)
    with stranger(console) as http:
        http.cookies.set("console", "planted-by-somebody")
        answer = http.post("/console/sign-in", data={"name": "ada", "password": PASSWORD})
        assert "planted" not in answer.headers["set-cookie"]
    with stranger(console, Cookie="console=planted-by-somebody") as http:
        assert http.get("/console/sign-in").status_code == 200


def test_a_wrong_name_and_a_wrong_password_are_told_alike_and_soon_have_to_wait(console):
    with_password(console)
    with stranger(console) as http:
        answers = [
            http.post("/console/sign-in", data={"name": name, "password": "wrong words all along"})
            for name in ("ada", "nobody", "ada", "nobody", "ada", "ada", "ada")
        ]
    assert said(answers[0]) == said(answers[1])
    assert answers[0].status_code == 403
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_of_another_site_does_nothing(console, headers):
    with console.signed_in() as browser:
        answer = browser.http.post("/console/sign-out", data={"csrf": browser.csrf}, headers=headers)
        assert answer.status_code == 403
        assert "another site" in said(answer)
        assert browser.get("/console/again").status_code == 200


@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_a_form_without_the_token_of_the_session_does_nothing(console, token):
    with console.signed_in() as browser:
        answer = browser.http.post("/console/sign-out", data={} if token is None else {"csrf": token})
        assert answer.status_code == 403
        assert browser.get("/console/again").status_code == 200


def test_every_page_is_sealed_against_frames_scripts_and_caches(console):
    with console.signed_in() as browser, stranger(console) as http:
        for answer in (
            browser.get("/console/again"),
            http.get("/console/sign-in"),
            browser.get("/console/x"),
        ):
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "<script>" not in answer.text
            assert "style=" not in answer.text


def test_by_a_loopback_address_one_is_led_to_localhost_and_by_another_name_refused(console):
    port = console.base.rpartition(":")[2]
    answer = httpx.get(f"http://127.0.0.1:{port}/console/sign-in?next=/console/audit")
    assert answer.headers["location"] == f"{console.base}/console/sign-in?next=/console/audit"
    plain = httpx.get(f"{console.base}/console/sign-in", headers={"Host": "letter.example"})
    assert (plain.status_code, "plain HTTP" in said(plain)) == (403, True)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("route", ROUTES, ids=lambda one: f"{one.method} {one.path}")
def test_each_route_is_open_to_its_roles_alone(console, route, role):
    with console.signed_in(role.value, [role]) as browser:
        path = filled(route.path)
        answer = browser.get(path) if route.method == "GET" else browser.post(path)
        is_refused = answer.status_code == 403 and "among what you may do" in said(answer)
        assert is_refused is not may([role], route.right)
