"""Who comes into the console, and who does not."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import httpx
import pyotp
import pytest

from newsletter.operators import account, audit
from newsletter.operators.invitation import invite
from newsletter.operators.password import Hasher
from newsletter.operators.role import Role
from newsletter.web.console.routes import ROUTES
from newsletter.workflows.workplace import Workplace
from tests.integration.console_site import ConsoleSite, console_site, said
from tests.integration.web_site import hidden

PASSWORD = "seven quiet otters under ice"


@pytest.fixture
def console(workplace: Workplace) -> Iterator[ConsoleSite]:
    with console_site(workplace) as site:
        yield site


def filled(path: str) -> str:
    """A path with something in its holes."""
    holes = {"newsletter": "daily", "day": "2026-03-02", "number": "1", "token": "x" * 43, "name": "help.js"}
    holes["reader"] = "0" * 24
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


def test_nothing_that_is_typed_at_the_door_gets_into_the_log_or_the_audit(console, caplog):
    with_password(console)
    typed = "ada\r\n2026-01-01 forged: admin let in"
    with caplog.at_level(logging.DEBUG, logger="newsletter"), stranger(console) as http:
        for field in ("name", "password", "next"):
            form = {"name": "ada", "password": "wrong words all along", field: typed}
            assert "forged" not in http.post("/console/sign-in", data=form).headers.get("location", "")
        http.get("/console/sign-in", params={"next": typed}, headers={"User-Agent": "forged: browser"})
        http.get("/console/forged%0d%0aadmin")
    assert "forged" not in caplog.text
    with console.workplace.database.read() as connection:
        assert "forged" not in repr(audit.page(connection))


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


def test_a_link_lets_an_operator_in_once_and_after_it_has_shown_whose_it_is(console):
    now = console.workplace.clock.now()
    with console.workplace.database.write() as connection:
        operator = account.add(connection, "Grace", [Role.ADMIN], now=now)
        token = invite(connection, operator, now=now).token
    path = f"/console/welcome/{token}"
    with stranger(console) as http:
        assert "Welcome, Grace" in said(http.get(path))
        short = http.post(path, data={"password": "too short", "repeated": "too short"})
        assert "shorter than 15" in said(short)
        unlike = http.post(path, data={"password": PASSWORD, "repeated": "another"})
        assert "not the same" in said(unlike)
        done = http.post(path, data={"password": PASSWORD, "repeated": PASSWORD})
        assert done.headers["location"] == "/console/account"
        assert "Grace" in said(http.get("/console/account"))
        assert "open invitation" in said(http.get("/console/audit"))
    with stranger(console) as http:
        assert "is not valid" in said(http.get(path))
        assert http.post(path, data={"password": PASSWORD, "repeated": PASSWORD}).status_code == 422


def test_codes_are_asked_for_after_the_password_once_they_are_in_force(console):
    with_password(console)
    with stranger(console) as http:
        http.post("/console/sign-in", data={"name": "ada", "password": PASSWORD})
        csrf = hidden(http.get("/console/account").text, "csrf")
        http.post("/console/account/codes", data={"csrf": csrf})
        secret = re.search(r'<p class="mono">([A-Z2-7 ]+)</p>', http.get("/console/account").text)
        assert secret
        codes = pyotp.TOTP(secret[1].replace(" ", ""))
        wrong = http.post("/console/account/codes/confirm", data={"csrf": csrf, "code": "000000"})
        assert "not one of this secret" in said(wrong)
        shown = http.post(
            "/console/account/codes/confirm",
            data={"csrf": csrf, "code": codes.at(console.workplace.clock.now())},
        )
        recovery = re.findall(r"(?:[0-9a-z]{4}-){5}[0-9a-z]{4}", shown.text)
        assert len(recovery) == 10
    with stranger(console) as http:
        half = http.post("/console/sign-in", data={"name": "ada", "password": PASSWORD})
        assert "Code" in said(half)
        assert http.get("/console/account").status_code == 303
        done = http.post("/console/sign-in/code", data={"code": recovery[0]})
        assert done.status_code == 303
        assert http.get("/console/account").status_code == 200
    with stranger(console) as http:
        http.post("/console/sign-in", data={"name": "ada", "password": PASSWORD})
        again = http.post("/console/sign-in/code", data={"code": recovery[0]})
        assert again.status_code == 403


def test_what_was_posted_is_offered_again_after_one_has_proved_who_one_is(console):
    with_password(console)
    with console.signed_in("ada", is_fresh=False) as browser:
        asked = browser.post("/console/operators/add", **{"name": "Grace", "role-viewer": "yes"})
        assert asked.status_code == 403
        assert "Is it still you?" in said(asked)
        kept = hidden(asked.text, "kept")
        offered = browser.post("/console/again", to="/console/operators/add", kept=kept, password=PASSWORD)
        assert hidden(offered.text, "name") == "Grace"
        made = browser.post("/console/operators/add", **{"name": "Grace", "role-viewer": "yes"})
        assert "/console/welcome/" in made.text


def test_the_audit_says_whether_it_is_whole_and_shows_hostile_names_as_text(console):
    with console.signed_in() as browser:
        with console.workplace.database.write() as connection:
            audit.record(
                connection,
                audit.Actor("<script>alert(1)</script>"),
                "act\n2026-01-01 forged line",
                "x",
                at=console.workplace.clock.now(),
            )
        page = browser.get("/console/audit")
        assert "<script>alert(1)" not in page.text
        assert "\n2026-01-01 forged line" not in page.text
        assert "Sound" in said(browser.post("/console/audit/verify"))
