"""What the gate lets through, said of single requests."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from newsletter.operators.role import Right
from newsletter.settings import Settings
from newsletter.web.console.gate import (
    MOST_UPLOAD,
    TurnedAwayError,
    check_origin,
    check_transport,
    is_console_path,
    upload_limit,
    with_policy,
)
from newsletter.web.console.route import Route, Visit
from newsletter.web.console.surface import Surface
from newsletter.web.page import Pages


def nothing(visit: Visit) -> Response:
    return visit.back("/console/")


@pytest.fixture
def surface(settings: Settings) -> Surface:
    return Surface(settings, Pages(settings))


def request(
    surface: Surface,
    headers: Mapping[str, str],
    *,
    method: str = "GET",
    scheme: str = "http",
    client: str = "127.0.0.1",
    path: str = "/console/audit",
) -> Request:
    class State:
        console = surface

    class App:
        state = State()

    return Request(
        {
            "type": "http",
            "app": App(),
            "method": method,
            "scheme": scheme,
            "path": path,
            "query_string": b"",
            "client": (client, 40000),
            "server": ("127.0.0.1", 8000),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        }
    )


@pytest.mark.parametrize("path", ["/console/", "/console/audit", "/console/issues/daily/2026-03-02"])
def test_a_path_of_the_console_may_be_gone_on_to(path: str) -> None:
    assert is_console_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/console",
        "/consoles/x",
        "//evil.example/console/",
        "https://evil.example/console/",
        "/console//evil.example",
        "/console/../subscribe",
        "/console/\\evil.example",
        "/console/?next=x",
        "/console/#x",
        "/console/@evil.example",
        "/console/x\r\nSet-Cookie: a=b",
        "/console/é",
        "javascript:alert(1)//console/",
    ],
)
def test_nothing_else_may(path: str) -> None:
    assert not is_console_path(path)


@given(st.text(max_size=40))
def test_whatever_may_be_gone_on_to_stays_below_the_console(rest: str) -> None:
    path = f"/console/{rest}"
    if is_console_path(path):
        assert path.isprintable()
        assert not set(path) & set("\\?#@: \r\n\t")
        assert ".." not in path


@pytest.mark.parametrize(
    ("headers", "scheme", "client"),
    [
        ({"Host": "letter.example"}, "https", "203.0.113.5"),
        ({"Host": "localhost:8000"}, "http", "127.0.0.1"),
        ({"Host": "localhost"}, "http", "::1"),
    ],
)
def test_https_and_the_machine_itself_may_come_in(
    surface: Surface, headers: dict[str, str], scheme: str, client: str
) -> None:
    check_transport(request(surface, headers, scheme=scheme, client=client))


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        ({"Host": "letter.example"}, "203.0.113.5"),
        ({"Host": "letter.example"}, "127.0.0.1"),
        ({"Host": "localhost:8000"}, "203.0.113.5"),
        ({"Host": "127.0.0.1:8000"}, "192.168.0.7"),
        ({"Host": "localhost", "X-Forwarded-For": "203.0.113.5"}, "127.0.0.1"),
        ({"Host": "localhost", "X-Forwarded-Proto": "http"}, "127.0.0.1"),
    ],
)
def test_plain_http_may_not(surface: Surface, headers: dict[str, str], client: str) -> None:
    with pytest.raises(TurnedAwayError) as away:
        check_transport(request(surface, headers, client=client))
    assert away.value.response.status_code == 403


def test_a_form_to_a_loopback_address_is_refused_and_not_sent_on(surface: Surface) -> None:
    with pytest.raises(TurnedAwayError) as away:
        check_transport(request(surface, {"Host": "127.0.0.1:8000"}, method="POST"))
    assert away.value.response.status_code == 403


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({"Origin": "https://letter.example"}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "https://letter.example", "Sec-Fetch-Site": "same-origin"}, True),
        ({}, False),
        ({"Origin": ""}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://letter.example"}, False),
        ({"Origin": "https://letter.example:8443"}, False),
        ({"Origin": "https://letter.example.evil.example"}, False),
        ({"Origin": "https://letter.example", "Sec-Fetch-Site": "cross-site"}, False),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
    ],
)
def test_a_form_is_ours_when_the_browser_says_so(
    surface: Surface, headers: dict[str, str], *, is_ours: bool
) -> None:
    asked = request(surface, {"Host": "letter.example", **headers}, method="POST", scheme="https")
    if is_ours:
        check_origin(asked)
        return
    with pytest.raises(TurnedAwayError) as away:
        check_origin(asked)
    assert away.value.response.status_code == 403


def test_only_pages_that_take_files_take_much() -> None:
    files = Route("POST", "/console/x/{number}/file", Right.LOOK, nothing, takes="files")
    form = Route("POST", "/console/x/{number}", Right.LOOK, nothing)
    limit = upload_limit((files, form))
    assert limit("/console/x/7/file") == MOST_UPLOAD
    assert limit("/console/x/7") is None
    assert limit("/console/x/7/file/more") is None
    assert limit("/subscribe") is None


def test_a_policy_of_a_page_of_its_own_is_left_alone() -> None:
    own = "sandbox; default-src 'none'; frame-ancestors 'self'"
    framed = with_policy(PlainTextResponse("x", headers={"Content-Security-Policy": own}))
    assert framed.headers["content-security-policy"] == own
    assert "x-frame-options" not in framed.headers
    plain = with_policy(PlainTextResponse("x"))
    assert "frame-ancestors 'none'" in plain.headers["content-security-policy"]
    assert plain.headers["x-frame-options"] == "DENY"
