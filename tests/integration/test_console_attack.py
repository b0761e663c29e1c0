"""The console under attack: guessing, old cookies, other methods, links that lead away, forged log lines."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

import httpx
import pytest

from newsletter.operators import account, audit
from newsletter.operators import session as sessions
from newsletter.operators.password import Hasher
from newsletter.operators.role import Role
from newsletter.web.console.routes import ROUTES
from newsletter.workflows.give_api_key import api_keys
from newsletter.workflows.workplace import Workplace
from tests.integration.console_site import ConsoleSite, console_site

PASSWORD, GUESS = "seven quiet otters under ice", "guess after guess"
ORIGIN = "https://letter.example"
ELSEWHERE = (
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "/console/..//evil.example",
    "/console/../subscribe",
    "/console/%0d%0aLocation: //evil.example",
    "/console/\r\nLocation: //evil.example",
    "javascript:alert(1)",
    "/console/@evil.example",
    "https:/console/",
)


@dataclass
class MovedClock:
    """A clock that a test moves."""

    at: datetime

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock_hand(workplace: Workplace) -> MovedClock:
    return MovedClock(workplace.clock.now())


@pytest.fixture
def console(workplace: Workplace, clock_hand: MovedClock) -> Iterator[ConsoleSite]:
    with console_site(replace(workplace, clock=clock_hand)) as site:
        yield site


@pytest.fixture
def ada(console: ConsoleSite) -> str:
    now = console.workplace.clock.now()
    with console.workplace.database.write() as connection:
        operator = account.add(connection, "ada", [Role.ADMIN], now=now)
        account.set_password(connection, operator, Hasher().hash(PASSWORD), now=now)
    return operator.name


def try_from(console: ConsoleSite, network: str, name: str, password: str = GUESS) -> int:
    """The status of a sign-in by HTTPS that a proxy on this machine passes on for *network*."""
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": network, "Host": "letter.example"}
    form = {"name": name, "password": password}
    url = f"{console.base}/console/sign-in"
    return httpx.post(url, data=form, headers={**headers, "Origin": ORIGIN}, timeout=30).status_code


def test_a_name_is_not_guessed_at_from_many_networks(console: ConsoleSite, ada: str) -> None:
    answers = [try_from(console, f"203.0.{number}.5", ada) for number in range(7)]
    assert answers == [403] * 5 + [429] * 2
    # Also the right one waits: else the answer would tell that it is the right one.
    assert try_from(console, "198.51.100.1", ada, PASSWORD) == 429


def test_many_names_are_not_guessed_at_from_one_network_and_others_come_in_meanwhile(
    console: ConsoleSite, ada: str
) -> None:
    answers = [try_from(console, "203.0.113.5", f"nobody {number}") for number in range(7)]
    assert answers == [403] * 5 + [429] * 2
    assert try_from(console, "198.51.100.1", ada, PASSWORD) == 303


@pytest.mark.parametrize(
    "network",
    ["2001:db8:1:2::{n}", "192.0.2.{n}, 203.0.113.5", "unknown, 192.0.2.{n}, 203.0.113.5"],
    ids=["one line of IPv6", "invented before the proxy", "nonsense before the proxy"],
)
def test_no_address_that_costs_nothing_is_a_new_network(console: ConsoleSite, network: str) -> None:
    answers = [try_from(console, network.format(n=number + 1), f"name {number}") for number in range(7)]
    assert answers == [403] * 5 + [429] * 2


def test_waiting_grows_and_ends_so_that_nobody_is_locked_out(
    console: ConsoleSite, ada: str, clock_hand: MovedClock
) -> None:
    for number in range(5):
        try_from(console, f"203.0.{number}.5", ada)
    clock_hand.at += timedelta(seconds=16)
    assert try_from(console, "203.0.113.1", ada) == 403
    clock_hand.at += timedelta(seconds=16)
    assert try_from(console, "203.0.114.1", ada, PASSWORD) == 429
    clock_hand.at += timedelta(minutes=15)
    assert try_from(console, "203.0.114.1", ada, PASSWORD) == 303


def test_whoever_sits_down_at_an_open_session_does_not_guess_its_password(
    console: ConsoleSite, ada: str
) -> None:
    with console.signed_in(ada, is_fresh=False) as browser:
        answers = [browser.post("/console/again", password=GUESS).status_code for _ in range(7)]
        assert answers == [403] * 5 + [429] * 2
        assert browser.post("/console/again", password=PASSWORD).status_code == 429


def test_a_cookie_of_somebody_disabled_is_worthless_also_after_they_are_let_in_again(
    console: ConsoleSite,
) -> None:
    place = console.workplace
    with console.signed_in("grace", [Role.ADMIN]) as grace, console.signed_in("eve", [Role.ADMIN]) as eve:
        grace.post("/console/operators/disable", name="eve")
        eve.post("/console/operators/disable", name="grace")
        assert eve.get("/console/account").status_code == 303
        grace.post("/console/operators/enable", name="eve")
        assert eve.get("/console/account").status_code == 303
    with place.database.read() as connection:
        found = account.find(connection, "grace")
    assert found is not None
    assert not found.is_disabled


def test_a_session_ends_without_use_and_after_half_a_day_of_use(
    console: ConsoleSite, clock_hand: MovedClock
) -> None:
    with console.signed_in() as idle, console.signed_in() as busy:
        begun = clock_hand.at
        while clock_hand.at + timedelta(minutes=29) < begun + sessions.ABSOLUTE:
            clock_hand.at += timedelta(minutes=29)
            assert busy.get("/console/help").status_code == 200
            if clock_hand.at == begun + timedelta(minutes=58):
                assert idle.get("/console/help").status_code == 303
        clock_hand.at = begun + sessions.ABSOLUTE
        assert busy.get("/console/help").status_code == 303


@pytest.mark.parametrize("goal", ELSEWHERE)
def test_no_page_leads_elsewhere(console: ConsoleSite, goal: str) -> None:
    with console.signed_in() as browser:
        asked = browser.get("/console/again", next=goal)
        resumed = browser.post("/console/again/resume", to=goal, kept="")
        offered = browser.post("/console/again/resume", to=goal, kept='{"a": "b"}')
        browser.http.cookies.clear()
        door = browser.get("/console/sign-in", next=goal)
        led = browser.get(f"/console/{quote(goal)}")
    assert resumed.headers["location"] == "/console/"
    assert "evil" not in led.headers.get("location", "")
    for page in (asked, offered, door):
        assert page.status_code == 200
        assert re.findall(r'action="(?!/console/)[^"]*"', page.text) == []
        assert re.findall(r'name="(?:to|next)" value="(?!/console/"|")[^"]*"', page.text) == []


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "CONSOLE"])
def test_no_other_method_does_anything_or_shows_what_was_sent(console: ConsoleSite, method: str) -> None:
    paths = sorted({one.path.replace("{", "").replace("}", "") for one in ROUTES})
    before = acts(console)
    with console.signed_in() as browser:
        answers = {
            path: browser.http.request(
                method, path, data={"csrf": browser.csrf}, headers={"X-Sent": "sesame"}
            )
            for path in paths
        }
        again = browser.get("/console/account")
    assert {answer.status_code for answer in answers.values()} <= {404, 405}
    assert [path for path, answer in answers.items() if "sesame" in answer.text] == []
    assert [path for path, one in answers.items() if "access-control-allow-origin" in one.headers] == []
    assert (again.status_code, acts(console)) == (200, before)


def test_a_method_that_a_header_or_field_names_is_not_taken(console: ConsoleSite) -> None:
    with console.signed_in() as browser:
        for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
            browser.http.get("/console/sign-out", headers={name: "POST"})
        browser.get("/console/sign-out", _method="POST", csrf=browser.csrf)
        assert browser.get("/console/account").status_code == 200


def acts(console: ConsoleSite) -> int:
    with console.workplace.database.read() as connection:
        return len(audit.page(connection))


def test_nothing_that_is_sent_to_any_page_writes_a_line_of_the_log_or_breaks_it(
    console: ConsoleSite, caplog: pytest.LogCaptureFixture
) -> None:
    line = "x\r\n2026-01-01 INFO forged: \x1b[31mlet in"
    hole = "x%0d%0aforged%1b"
    fields = (
        "name",
        "words",
        "text",
        "number",
        "act",
        "next",
        "to",
        "reason",
        "address",
        "day",
        "newsletter",
    )
    broken = []
    with caplog.at_level(logging.DEBUG, logger="newsletter"), console.signed_in() as browser:
        browser.http.headers["User-Agent"] = "forged: browser"
        # Signing out comes last: it ends the session.
        for route in sorted(ROUTES, key=lambda one: "sign-out" in one.path):
            if route.is_stream:
                continue
            path = re.sub(r"\{\w+\}", hole, route.path)
            given = dict.fromkeys(fields, line)
            is_page = route.method == "GET"
            answer = browser.get(path, **given) if is_page else browser.post(path, None, **given)
            if answer.status_code >= 500:
                broken.append((route.method, route.path))
    assert broken == []
    assert "forged" not in caplog.text
    assert "\x1b" not in caplog.text
    with console.workplace.database.read() as connection:
        assert "\\r" not in repr(audit.page(connection))


@pytest.mark.parametrize("who", ["nobody", "a viewer", "made up"])
def test_a_large_file_of_whoever_may_not_is_refused_before_it_comes(console: ConsoleSite, who: str) -> None:
    with console.signed_in("grace", [Role.VIEWER]) as grace:
        cookie = {"nobody": "", "a viewer": grace.http.cookies["console"], "made up": "x" * 43}[who]
    host = urlsplit(console.base)
    head = [
        "POST /console/readers/import HTTP/1.1",
        f"Host: {host.netloc}",
        f"Origin: {console.base}",
        f"Cookie: console={cookie}",
        "Content-Type: multipart/form-data; boundary=b",
        "Content-Length: 30000000",
        "Connection: close",
    ]
    with socket.create_connection((host.hostname or "", host.port or 0), timeout=20) as wire:
        wire.sendall("\r\n".join([*head, "", ""]).encode())
        status = wire.recv(4096).split()[1]
    assert status == (b"403" if who == "a viewer" else b"303")


@pytest.mark.parametrize("path", ["issues/{newsletter}/{day}/events?since=0.0.0.x", "events"])
def test_an_open_stream_keeps_no_session_alive_and_ends_with_it(
    console: ConsoleSite, clock_hand: MovedClock, path: str
) -> None:
    (newsletter, *_) = console.workplace.settings.newsletters
    day = clock_hand.now().date() + timedelta(days=1)
    path = f"/console/{path.format(newsletter=newsletter.name, day=day)}"
    begun = clock_hand.now()
    with console.signed_in() as browser:
        clock_hand.at += timedelta(minutes=2)
        with browser.http.stream("GET", path) as events:
            parts = events.iter_lines()
            assert next(parts).startswith("retry")
            clock_hand.at += timedelta(minutes=20)
            next(line for line in parts if line)
            with console.workplace.database.read() as connection:
                token = browser.http.cookies["console"]
                found = sessions.find(connection, token, now=clock_hand.now())
            assert found is not None
            assert found.seen_at == begun
            clock_hand.at += timedelta(minutes=9)
            for _ in parts:  # ends by itself, long before the page would ask again
                pass
        assert browser.get("/console/help").status_code == 303


def test_options_of_passkeys_are_not_asked_for_without_end(
    console: ConsoleSite, clock_hand: MovedClock
) -> None:
    headers = {"Origin": console.base}
    with httpx.Client(base_url=console.base, headers=headers, timeout=30) as stranger:
        path = "/console/sign-in/passkey/options"
        answers = [stranger.post(path).status_code for _ in range(32)]
        assert answers == [200] * 30 + [429] * 2
        clock_hand.at += timedelta(minutes=6)
        assert stranger.post(path).status_code == 200


@pytest.mark.parametrize("path", ["/console/account/passkey/options", "/console/again/passkey/options"])
def test_nor_are_they_of_somebody_who_is_signed_in(console: ConsoleSite, path: str) -> None:
    with console.signed_in() as browser:
        answers = [browser.post(path) for _ in range(31)]
    assert [one.status_code for one in answers] == [200] * 30 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


def test_wrong_passkeys_are_told_to_wait_and_how_long(console: ConsoleSite) -> None:
    with httpx.Client(base_url=console.base, headers={"Origin": console.base}, timeout=30) as stranger:
        answers = [stranger.post("/console/sign-in/passkey", data={"answer": "{}"}) for _ in range(60)]
    assert {one.status_code for one in answers} == {403, 429}
    assert all(int(one.headers["retry-after"]) > 0 for one in answers if one.status_code == 429)


def test_a_page_that_is_loaded_again_makes_no_second_key(console: ConsoleSite) -> None:
    site = console.workplace.settings.every_site[0].key
    with console.signed_in() as browser:
        made, again = (
            browser.post("/console/settings/keys", name="shop", site=site, scope="sign-up") for _ in "ab"
        )
    assert (made.status_code, again.status_code) == (200, 422)
    assert "is there already" in again.text
    assert len(api_keys(console.workplace)) == 1
