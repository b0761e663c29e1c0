"""How one reaches the console: by HTTPS, or on the machine itself; and how much one may send."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pyotp
import pytest
from sqlalchemy import insert
from starlette.responses import PlainTextResponse, Response

from newsletter.operators import account
from newsletter.operators.password import Hasher
from newsletter.operators.role import Right, Role
from newsletter.operators.schema import operator_passkeys
from newsletter.web.console import gate, routes
from newsletter.web.console.route import Route, Visit
from newsletter.workflows.workplace import Workplace
from tests.integration.console_site import ConsoleSite, console_site, said
from tests.integration.web_site import hidden

PASSWORD = "seven quiet otters under ice"
#: What a proxy on this machine says, which the server of these tests trusts.
BY_HTTPS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.5", "Host": "letter.example"}
ORIGIN = "https://letter.example"


def measure(visit: Visit) -> Response:
    """How much came, and what else the form said."""
    file = visit.files["file"]
    return PlainTextResponse(f"{len(file.file.read())} octets, {visit.form['why']}")


@pytest.fixture
def console(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConsoleSite]:
    upload = Route("POST", "/console/upload/{kind}", Right.LOOK, measure, takes="files")
    monkeypatch.setattr(routes, "ROUTES", (*routes.ROUTES, upload))
    monkeypatch.setattr(gate, "MOST_UPLOAD", 1024 * 1024)
    with console_site(workplace) as site:
        yield site


@pytest.fixture
def ada(console: ConsoleSite) -> str:
    now = console.workplace.clock.now()
    with console.workplace.database.write() as connection:
        operator = account.add(connection, "ada", [Role.ADMIN], now=now)
        account.set_password(connection, operator, Hasher().hash(PASSWORD), now=now)
    return operator.name


def set_cookies(answer: httpx.Response) -> dict[str, str]:
    """What the answer sets: the attributes of each cookie by its name."""
    lines = answer.headers.get_list("set-cookie")
    return {line.partition("=")[0]: line.partition(";")[2].lower() for line in lines}


def test_by_https_the_cookie_is_for_this_host_alone(console: ConsoleSite, ada: str) -> None:
    with httpx.Client(base_url=console.base, headers={**BY_HTTPS, "Origin": ORIGIN}, timeout=30) as http:
        answer = http.post("/console/sign-in", data={"name": ada, "password": PASSWORD})
        token = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
        attributes = set_cookies(answer)["__Host-console"]
        account_page = http.get("/console/account", headers={"Cookie": f"__Host-console={token}"})
        without_prefix = http.get("/console/account", headers={"Cookie": f"console={token}"})
    for attribute in ("secure", "httponly", "samesite=lax", "path=/"):
        assert attribute in attributes
    assert "domain" not in attributes
    assert account_page.status_code == 200
    assert "max-age=31536000" in account_page.headers["strict-transport-security"]
    # A cookie that a neighbouring host could have set is not looked at.
    assert without_prefix.status_code == 303


def test_by_https_a_password_alone_opens_only_the_page_on_which_a_second_factor_is_set_up(
    console: ConsoleSite, ada: str
) -> None:
    with httpx.Client(base_url=console.base, headers={**BY_HTTPS, "Origin": ORIGIN}, timeout=30) as http:
        entered = http.post("/console/sign-in", data={"name": ada, "password": PASSWORD})
        token = entered.headers["set-cookie"].partition("=")[2].partition(";")[0]
        http.headers["Cookie"] = f"__Host-console={token}"
        for path in ("/console/", "/console/readers", "/console/issues/daily/2026-03-03", "/console/audit"):
            assert http.get(path).headers["location"].endswith("/console/account"), path
        page = http.get("/console/account")
        assert "a password alone opens nothing but this page" in said(page)
        csrf = hidden(page.text, "csrf")
        refused = http.post("/console/content/articles/gout/withdraw", data={"csrf": csrf, "reason": "no"})
        assert refused.headers["location"].endswith("/console/account")
        http.post("/console/account/codes", data={"csrf": csrf})
        wrong = http.post("/console/account/codes/confirm", data={"csrf": csrf, "code": "000000"})
        assert wrong.status_code == 422
        assert http.get("/console/").status_code == 303
        secret = re.search(r'class="mono">([A-Z2-7 ]{20,})<', http.get("/console/account").text)
        assert secret
        code = pyotp.TOTP(secret[1].replace(" ", "")).at(console.workplace.clock.now())
        done = http.post("/console/account/codes/confirm", data={"csrf": csrf, "code": code})
        assert "Your recovery codes" in done.text
        assert http.get("/console/").status_code == 200
    with httpx.Client(base_url=console.base, headers={**BY_HTTPS, "Origin": ORIGIN}, timeout=30) as http:
        half = http.post("/console/sign-in", data={"name": ada, "password": PASSWORD})
        assert half.status_code == 200  # asks for the code


def test_whoever_has_the_password_of_somebody_with_a_passkey_sets_up_nothing(
    console: ConsoleSite, ada: str
) -> None:
    with console.workplace.database.write() as connection:
        operator = account.find(connection, ada)
        assert operator is not None
        made = {"credential_id": b"1", "public_key": b"2", "sign_count": 0, "name": "phone"}
        connection.execute(
            insert(operator_passkeys).values(
                operator_id=operator.id, created_at=console.workplace.clock.now(), **made
            )
        )
    with httpx.Client(base_url=console.base, headers={**BY_HTTPS, "Origin": ORIGIN}, timeout=30) as http:
        entered = http.post("/console/sign-in", data={"name": ada, "password": PASSWORD})
        token = entered.headers["set-cookie"].partition("=")[2].partition(";")[0]
        http.headers["Cookie"] = f"__Host-console={token}"
        for path in ("/console/", "/console/account", "/console/again"):
            assert "Your password alone opens nothing" in said(http.get(path))
        csrf = hidden(http.get("/console/account").text, "csrf")
        assert http.post("/console/account/codes", data={"csrf": csrf}).status_code == 403
        assert http.post("/console/sign-out", data={"csrf": csrf}).status_code == 303


def test_at_the_machine_itself_a_password_is_enough_to_try_it(console: ConsoleSite, ada: str) -> None:
    with httpx.Client(base_url=console.base, headers={"Origin": console.base}, timeout=30) as http:
        http.post("/console/sign-in", data={"name": ada, "password": PASSWORD})
        assert http.get("/console/").status_code == 200
        assert "before anything else" not in said(http.get("/console/account")).lower()


def test_on_the_machine_itself_the_cookie_has_neither_prefix_nor_secure(
    console: ConsoleSite, ada: str
) -> None:
    form = {"name": ada, "password": PASSWORD}
    answer = httpx.post(f"{console.base}/console/sign-in", data=form, headers={"Origin": console.base})
    attributes = set_cookies(answer)["console"]
    assert "secure" not in attributes
    assert "httponly" in attributes


@pytest.mark.parametrize(
    "headers",
    [
        {**BY_HTTPS, "X-Forwarded-Proto": "http"},
        {"Host": "letter.example"},
        # From elsewhere through a proxy that passes its own name on.
        {"X-Forwarded-For": "203.0.113.5"},
        {"Forwarded": "for=203.0.113.5"},
        {"Host": "localhost.evil.example"},
        {"Host": "192.0.2.7"},
    ],
    ids=lambda one: " ".join(f"{name}:{value}" for name, value in one.items()),
)
@pytest.mark.parametrize(
    "path", ["/console/", "/console/sign-in", "/console/welcome/token", "/console/nothing"]
)
def test_plain_http_from_elsewhere_shows_nothing(
    console: ConsoleSite, headers: dict[str, str], path: str
) -> None:
    with console.signed_in() as browser:
        answer = browser.http.get(path, headers=headers)
    assert answer.status_code == 403
    assert "not shown over plain HTTP" in said(answer)
    assert "set-cookie" not in answer.headers


def test_plain_http_from_elsewhere_takes_no_password(console: ConsoleSite, ada: str) -> None:
    headers = {"Host": "letter.example", "Origin": "http://letter.example"}
    form = {"name": ada, "password": PASSWORD}
    answer = httpx.post(f"{console.base}/console/sign-in", data=form, headers=headers)
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "[::1]"])
def test_loopback_addresses_lead_to_localhost_where_passkeys_work(console: ConsoleSite, host: str) -> None:
    port = console.base.rpartition(":")[2]
    answer = httpx.get(f"{console.base}/console/audit?act=send", headers={"Host": f"{host}:{port}"})
    assert answer.status_code == 307
    assert answer.headers["location"] == f"http://localhost:{port}/console/audit?act=send"


def test_an_upload_is_read_with_the_rest_of_its_form(console: ConsoleSite) -> None:
    with console.signed_in() as browser:
        answer = browser.post("/console/upload/a", files={"file": ("a.csv", b"x" * 300_000)}, why="to try")
    assert answer.text == "300000 octets, to try"


def test_an_upload_past_the_limit_is_refused_while_it_comes(console: ConsoleSite) -> None:
    with console.signed_in() as browser:
        answer = browser.post("/console/upload/a", files={"file": ("a.csv", b"x" * 1_200_000)}, why="")
    assert answer.status_code == 413
    assert "too large" in said(answer)


def test_who_is_not_signed_in_uploads_nothing(console: ConsoleSite) -> None:
    files = {"file": ("a.csv", b"x" * 300_000)}
    answer = httpx.post(f"{console.base}/console/upload/a", files=files, headers={"Origin": console.base})
    assert answer.status_code == 303


@pytest.mark.parametrize("files", [{f"file{n}": (f"{n}.csv", b"x") for n in range(3)}])
def test_more_files_than_a_page_has_fields_for_are_refused(
    console: ConsoleSite, files: dict[str, tuple[str, bytes]]
) -> None:
    with console.signed_in() as browser:
        answer = browser.post("/console/upload/a", files=files, why="")
    assert answer.status_code == 403
    assert "could not be read" in said(answer)


def test_a_form_without_files_takes_no_files_and_no_more_than_any_page(console: ConsoleSite) -> None:
    with console.signed_in() as browser:
        file = browser.post("/console/audit/verify", files={"file": ("a.csv", b"x")})
        large = browser.post("/console/audit/verify", why="x" * 70_000)
    assert (file.status_code, large.status_code) == (403, 413)


def test_scripts_and_styles_are_kept_by_what_is_in_them(console: ConsoleSite) -> None:
    with console.signed_in() as browser:
        page = browser.get("/console/help").text
        path = page.partition('href="/console/static/console.css')[2].partition('"')[0]
        named = browser.get(f"/console/static/console.css{path}")
        plain = browser.get("/console/static/console.css")
        again = browser.http.get(
            "/console/static/console.css", headers={"If-None-Match": plain.headers["etag"]}
        )
    assert "immutable" in named.headers["cache-control"]
    assert plain.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert named.headers["content-type"].startswith("text/css")


@pytest.mark.parametrize(
    "name",
    ["layout.html.j2", "..%2fsite.css", "..%2f..%2f..%2fpyproject.toml", "nothing.js", "console.css%00.js"],
)
def test_no_other_file_is_to_be_had(console: ConsoleSite, name: str) -> None:
    answer = httpx.get(f"{console.base}/console/static/{name}")
    # What is not one name is not there; to strangers that is the sign-in page.
    assert answer.status_code in (303, 404)
