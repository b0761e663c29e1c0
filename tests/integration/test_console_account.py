"""What operators do with their own account, and admins with those of others."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pyotp
import pytest

from newsletter.operators import account, audit, passkey, totp
from newsletter.operators.account import Operator
from newsletter.operators.passkey import NewPasskey
from newsletter.operators.password import Hasher
from newsletter.operators.role import Role
from newsletter.workflows.sign_in import sealing
from newsletter.workflows.workplace import Workplace
from tests.integration.console_site import Browser, ConsoleSite, console_site, said, session_for

OLD, NEW = "seven quiet otters under ice", "nine loud herons over mud"
SHORT = "otters ice"


@pytest.fixture
def console(workplace: Workplace) -> Iterator[ConsoleSite]:
    with console_site(workplace) as site:
        yield site


@pytest.fixture
def ada(console: ConsoleSite) -> Iterator[Browser]:
    """Ada's browser; she is an editor with a password."""
    with console.signed_in("ada", [Role.EDITOR]) as browser:
        place = console.workplace
        with place.database.write() as connection:
            operator = account.find(connection, "ada")
            assert operator is not None
            account.set_password(connection, operator, Hasher().hash(OLD), now=place.clock.now())
        yield browser


def operator_of(console: ConsoleSite, name: str) -> Operator:
    with console.workplace.database.read() as connection:
        found = account.find(connection, name)
    assert found is not None
    return found


def knows(console: ConsoleSite, password: str) -> bool:
    with console.workplace.database.read() as connection:
        stored = account.credentials(connection, operator_of(console, "ada")).password_hash
    return Hasher().verify(stored, password)


def send(browser: Browser, path: str, fields: dict[str, str]) -> httpx.Response:
    return browser.http.post(path, data={"csrf": browser.csrf, **fields})


def acts(console: ConsoleSite) -> list[str]:
    with console.workplace.database.read() as connection:
        return [line.act for line in audit.page(connection)]


def change(ada: Browser, *, current: str = OLD, password: str = NEW, repeated: str = "") -> str:
    answer = ada.post(
        "/console/account/password", current=current, password=password, repeated=repeated or password
    )
    return said(answer if answer.status_code != 303 else ada.get("/console/account"))


def test_a_new_password_takes_the_old_one_and_ends_other_sessions(console: ConsoleSite, ada: Browser) -> None:
    elsewhere, _ = session_for(console.workplace, "ada", [Role.EDITOR])
    assert "wrong password" in change(ada, current="not the one")
    assert knows(console, OLD)
    assert "every other session of yours is over" in change(ada)
    assert knows(console, NEW)
    assert ada.get("/console/account").status_code == 200
    ada.http.cookies.set("console", elsewhere)
    assert ada.get("/console/account").status_code == 303
    assert "change password" in acts(console)


@pytest.mark.parametrize(
    ("password", "repeated", "why"),
    [(NEW, OLD, "not the same"), (SHORT, "", "shorter than 15"), ("newsletter newsletter", "", "mostly")],
)
def test_a_password_that_may_not_be_is_told_and_nothing_changes(
    console: ConsoleSite, ada: Browser, password: str, repeated: str, why: str
) -> None:
    assert why in change(ada, password=password, repeated=repeated)
    assert knows(console, OLD)


def test_guessing_the_password_so_far_has_to_wait(ada: Browser) -> None:
    answers = [change(ada, current=f"guess {number}") for number in range(7)]
    assert "wrong password" in answers[0]
    assert "failed too often" in answers[-1]


def test_codes_are_taken_away_only_with_a_password_that_is_long_enough_alone(
    console: ConsoleSite, ada: Browser
) -> None:
    place, operator = console.workplace, operator_of(console, "ada")
    with place.database.write() as connection:
        secret = totp.begin(connection, operator, sealing(place)).secret
        code = pyotp.TOTP(secret).at(place.clock.now())
        assert totp.confirm(connection, operator, sealing(place), code, now=place.clock.now())
    assert "is changed" in change(ada, password=SHORT)
    short = ada.post("/console/account/codes/remove", password=SHORT, repeated=SHORT)
    assert "shorter than 15" in said(short)
    ada.post("/console/account/codes/remove", password=NEW, repeated=NEW)
    assert "no one-time codes any more" in said(ada.get("/console/account"))
    assert knows(console, NEW)


def test_whoever_has_a_passkey_alone_gets_no_short_password_by_way_of_codes(console: ConsoleSite) -> None:
    place = console.workplace
    with console.signed_in("grace", [Role.VIEWER]) as grace:
        theirs = operator_of(console, "grace")
        with place.database.write() as connection:
            passkey.keep(
                connection, theirs, NewPasskey(b"c", b"key", 0), name="laptop", now=place.clock.now()
            )
        assert "shorter than 15" in change(grace, password=SHORT)
        with place.database.write() as connection:
            code = pyotp.TOTP(totp.begin(connection, theirs, sealing(place)).secret).at(place.clock.now())
            assert totp.confirm(connection, theirs, sealing(place), code, now=place.clock.now())
        # No password: then there is none to choose anew, and the passkey stays the only way in.
        assert grace.post("/console/account/codes/remove").status_code == 303
        assert "shorter than 15" in change(grace, password=SHORT)
        with place.database.read() as connection:
            held = account.credentials(connection, theirs)
    assert (held.password_hash, held.has_totp, held.passkeys) == (None, False, 1)


def test_password_fields_mask_and_take_what_a_manager_fills_in(ada: Browser) -> None:
    pages = [ada.get(path).text for path in ("/console/account", "/console/again")]
    ada.http.cookies.clear()
    pages.append(ada.get("/console/sign-in").text)
    fields = [field for page in pages for field in re.findall(r"<input[^>]*\bpassword\b[^>]*>", page)]
    assert len(fields) >= 5
    for field in fields:
        assert re.search(r'\btype="password"', field), field
        assert re.search(r'autocomplete="(current|new)-password"', field), field


def test_every_page_of_the_gate_has_a_way_out(ada: Browser) -> None:
    for path in ("account", "again", "help", "audit", "no-such-page"):
        assert 'action="/console/sign-out"' in ada.get(f"/console/{path}").text


def test_an_admin_signs_somebody_out_everywhere(console: ConsoleSite, ada: Browser) -> None:
    with console.signed_in("grace", [Role.ADMIN]) as grace:
        done = grace.post("/console/operators/sign-out", name="ada")
        assert done.status_code == 303
        assert "signed out everywhere" in said(grace.get("/console/operators"))
    assert ada.get("/console/account").status_code == 303
    assert "end sessions of operator" in acts(console)


def test_nobody_ends_or_removes_what_is_somebody_elses(console: ConsoleSite, ada: Browser) -> None:
    place = console.workplace
    with console.signed_in("grace", [Role.VIEWER]) as grace:
        theirs = operator_of(console, "grace")
        with place.database.write() as connection:
            new = NewPasskey(b"credential", b"key", 0)
            key = passkey.keep(connection, theirs, new, name="laptop", now=place.clock.now())
        for number in range(1, 9):
            ada.post("/console/account/sessions/end", number=str(number))
        ada_again, csrf = session_for(place, "ada", [Role.EDITOR])
        ada.http.cookies.set("console", ada_again)
        Browser(ada.http, csrf).post("/console/account/passkey/remove", number=str(key.id))
        assert "laptop" in said(grace.get("/console/account"))


def test_nobody_gives_themselves_a_role(console: ConsoleSite, ada: Browser) -> None:
    fields = {"name": "ada", "role-admin": "yes", "roles": "admin", "role": "admin"}
    assert send(ada, "/console/operators/roles", fields).status_code == 403
    send(ada, "/console/account/password", {**fields, "current": OLD, "password": NEW, "repeated": NEW})
    assert knows(console, NEW)
    assert operator_of(console, "ada").roles == (Role.EDITOR,)


def test_the_only_admin_stays_one(console: ConsoleSite) -> None:
    with console.signed_in("grace", [Role.ADMIN]) as grace:
        for path in ("roles", "disable"):
            fields = {"name": "grace", "role-viewer": "yes"}
            answer = send(grace, f"/console/operators/{path}", fields)
            assert (answer.status_code, "only admin" in said(answer)) == (422, True)


def test_the_only_way_in_is_not_removed(console: ConsoleSite) -> None:
    place = console.workplace
    with console.signed_in("grace", [Role.VIEWER]) as grace:
        with place.database.write() as connection:
            new = NewPasskey(b"credential", b"key", 0)
            key = passkey.keep(
                connection, operator_of(console, "grace"), new, name="laptop", now=place.clock.now()
            )
        answer = grace.post("/console/account/passkey/remove", number=str(key.id))
        assert "only way by which you sign in" in said(answer)


def test_the_audit_is_searched_by_act_by_name_and_by_words(console: ConsoleSite) -> None:
    place = console.workplace
    with console.signed_in("grace", [Role.PRIVACY]) as grace:
        with place.database.write() as connection:
            for number in range(120):
                subject = f"daily 2026-03-{number % 28 + 1:02}"
                audit.record(connection, audit.COMMAND_LINE, "send", subject, at=place.clock.now())
            audit.record(connection, audit.Actor("ada"), "hold", "100% sure_thing", at=place.clock.now())
        first = grace.get("/console/audit").text
        assert first.count("<tr>") == 51
        older = re.search(r'rel="next" href="([^"]+)"', first)
        assert older
        assert grace.get(older[1].replace("&amp;", "&")).text.count("<tr>") == 51
        assert grace.get("/console/audit", act="hold").text.count("<tr>") == 2
        assert grace.get("/console/audit", words="2026-03-28").text.count("<tr>") == 5
        # What stands for any letter in SQL is a letter here.
        assert grace.get("/console/audit", words="100% SURE_").text.count("<tr>") == 2
        assert "No line fits" in said(grace.get("/console/audit", words="0%s"))
        assert grace.get("/console/audit", before="9" * 40).status_code == 200
