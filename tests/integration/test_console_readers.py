"""The console's pages about readers: what an operator gets, and what no page, log or audit tells."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from newsletter.operators.role import Role
from newsletter.operators.schema import audit_lines
from newsletter.subscribers.count import audience_size
from newsletter.workflows.take_upload import MOST_OCTETS
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import add_readers
from tests.integration.console_site import Browser, ConsoleSite, console_site, said

ADA = "ada.lovelace@example.org"
PATH = "/console/readers"
LIST = b"Email,Mail box,State of it\nbob@example.org,x,subscribed\nnot an address,x,subscribed\n"


@pytest.fixture
def console(workplace: Workplace) -> Iterator[ConsoleSite]:
    add_readers(workplace, ADA)
    with console_site(workplace) as site:
        yield site


@pytest.fixture
def ada(console: ConsoleSite) -> Iterator[Browser]:
    with console.signed_in() as browser:
        yield browser


def acts(workplace: Workplace) -> list[tuple[str, str]]:
    with workplace.database.read() as connection:
        rows = connection.execute(
            select(audit_lines.c.act, audit_lines.c.subject, audit_lines.c.detail).order_by(audit_lines.c.id)
        ).all()
        for row in rows:
            assert "@" not in f"{row.act}{row.subject}{row.detail}"
            assert "lovelace" not in f"{row.act}{row.subject}{row.detail}"
    return [(row.act, row.subject) for row in rows]


def found(browser: Browser, address: str = ADA) -> str:
    answer = browser.post(f"{PATH}/find", address=address)
    assert answer.status_code == 303
    return answer.headers["location"]


def test_readers_are_counted_and_one_of_them_is_found_without_a_trace_of_the_address(console, ada, capfd):
    assert "1 readers" in said(ada.get(PATH))
    where = found(ada)
    assert "ada" not in where
    page = said(ada.get(where))
    assert ADA in page
    assert "The record is whole" in page
    assert acts(console.workplace)[-1][0] == "looked up a reader"
    out, err = capfd.readouterr()
    assert ADA not in out + err


def test_an_address_of_nobody_can_be_asked_or_stopped(console, ada):
    page = ada.post(f"{PATH}/find", address="nobody@example.org")
    assert "Not on the list" in said(page)
    assert ada.post(f"{PATH}/suppressions", address="nobody@example.org").status_code == 303
    refused = ada.post(f"{PATH}/add", address="nobody@example.org", newsletter="daily")
    assert refused.status_code == 409
    assert ada.post(f"{PATH}/suppressions/lift", address="nobody@example.org", why="").status_code == 409
    lifted = ada.post(f"{PATH}/suppressions/lift", address="nobody@example.org", why="she called")
    assert lifted.status_code == 303
    assert ada.post(f"{PATH}/add", address="nobody@example.org", newsletter="daily").status_code == 303
    assert [act for act, _ in acts(console.workplace)][-3:] == [
        "suppressed an address",
        "lifted a suppression",
        "asked somebody by mail",
    ]


def test_a_reader_is_paused_suppressed_and_let_back(ada):
    where = found(ada)
    assert ada.post(f"{where}/pause", until="2026-03-20").status_code == 303
    assert "Paused" in said(ada.get(where))
    assert ada.post(f"{where}/pause", until="2020-01-01").status_code == 422
    assert ada.post(f"{where}/suppress").status_code == 303
    assert "Never mailed since" in said(ada.get(where))
    assert ada.post(f"{where}/lift", why="wrote from the address").status_code == 303
    assert "Never mailed since" not in said(ada.get(where))
    assert ada.post(f"{where}/unsubscribe").status_code == 303
    assert "Unsubscribed" in said(ada.get(where))
    assert "The record is whole" in said(ada.get(where))


def test_export_and_erasure_ask_who_it_is_and_leave_no_name(console):
    with console.signed_in("bob", is_fresh=False) as stale:
        where = found(stale)
        for act in ("export", "erase"):
            assert "Is it still you?" in said(stale.post(f"{where}/{act}"))
    with console.signed_in("cyn") as fresh:
        answer = fresh.post(f"{where}/export")
        assert answer.headers["content-disposition"].startswith("attachment")
        assert ADA in zipfile.ZipFile(io.BytesIO(answer.content)).read("data.json").decode()
        assert fresh.post(f"{where}/erase").status_code == 303
        assert fresh.get(where).status_code == 404
        with console.workplace.database.read() as connection:
            assert audience_size(connection, "daily") == 0
    assert [act for act, _ in acts(console.workplace)][-2:] == ["exported a reader's data", "erased a reader"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.CLINICIAN, Role.SENDER])
def test_who_may_not_look_at_persons_sees_numbers_alone(console, role):
    with console.signed_in(role.value, [role]) as browser:
        page = browser.get(PATH)
        assert page.status_code == 200
        assert "Look up" not in said(page)
        for path in (f"{PATH}/find", f"{PATH}/add", f"{PATH}/import", f"{PATH}/one/{'0' * 24}/erase"):
            assert browser.post(path, address=ADA).status_code == 403


@pytest.mark.parametrize("reader", ["0" * 24, "x", "..%2f..%2fetc%2fpasswd", "0" * 23 + "g"])
def test_a_path_that_names_nobody_is_not_there(ada, reader):
    assert ada.get(f"{PATH}/one/{reader}").status_code == 404


def sent(browser: Browser, content: bytes, *, name: str = "list.csv", **fields: str):
    return browser.post(f"{PATH}/import", files={"file": (name, content)}, **fields)


def test_a_list_is_looked_at_first_and_then_brought_in(console, ada):
    looked = sent(ada, LIST, do="look", basis="asked at the desk")
    page = said(looked)
    assert "What would happen to list.csv" in page
    assert "Imported 1" in page
    assert "Rejected 1" in page
    with console.workplace.database.read() as connection:
        assert audience_size(connection, "daily") == 1
    sha256 = re.search(r'name="sha256" value="([0-9a-f]{64})"', looked.text)
    assert sha256
    other = sent(
        ada, LIST + b"eve@example.org,x,\n", do="import", sha256=sha256[1], basis="asked at the desk"
    )
    assert "is not the one that you looked at" in said(other)
    assert not any("list" in act for act, _ in acts(console.workplace))
    done = sent(ada, LIST, do="import", sha256=sha256[1], basis="asked at the desk", newsletter="daily")
    assert "list.csv is in" in said(done)
    with console.workplace.database.read() as connection:
        assert audience_size(connection, "daily") == 2
    assert acts(console.workplace)[-2:] == [
        ("began to bring in a list", "daily"),
        ("brought in a list", "daily"),
    ]


def test_an_operator_says_which_column_is_what(ada):
    content = b"Wohin,Stand,Nr\nbob@example.org,unsubscribed,1\n"
    fields = {"column email": "Wohin", "column status": "Stand"}
    page = said(sent(ada, content, do="look", **fields))
    assert "Never mailed 1" in page
    wrong = sent(ada, content, do="look", **{"column email": "Address"})
    assert (wrong.status_code, "is not in this file" in said(wrong)) == (422, True)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is missing or empty"),
        (b"email\nb\xf6b@example.org\n", "is not UTF-8 text"),
        (b"email\n\0\n", "NUL"),
        (b"\x89PNG\r\n\x1a\n\xff\xff", "is not UTF-8 text"),
        (b'email\n"never closed', ""),
    ],
)
def test_what_is_no_list_is_refused_in_words(console, ada, content, why):
    answer = sent(ada, content, do="look")
    assert answer.status_code in (200, 422)
    assert why in said(answer)
    with console.workplace.database.read() as connection:
        assert audience_size(connection, "daily") == 1


def test_a_file_that_is_too_large_is_for_the_command_line(ada):
    answer = sent(ada, b"email\n" + b"x" * MOST_OCTETS, do="look")
    assert answer.status_code in (409, 413, 422)
    assert "larger" in said(answer)


@pytest.mark.parametrize(
    "name",
    [
        "../../../../tmp/console-pwned.csv",
        "/etc/passwd",
        "C:\\boot.ini",
        "<script>alert(1)</script>.csv",
        "a\r\nX: y",
    ],
)
def test_a_file_name_is_a_word_and_no_path(ada, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    before = set(Path(tempfile.gettempdir()).iterdir())
    answer = sent(ada, LIST * 20_000, name=name, do="look", basis="asked")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "etc/passwd" not in answer.text
    new = {path for path in set(Path(tempfile.gettempdir()).iterdir()) - before if "pwned" in path.name}
    assert new == set()
    assert b"bob@example.org" not in b"".join(
        path.read_bytes() for path in tmp_path.glob("*.csv") if path.is_file()
    )


def test_no_page_about_a_reader_names_a_topic(console, ada):
    where = found(ada)
    with console.workplace.database.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM reader_topics")) == 0
    assert "topic" not in said(ada.get(where)).replace("topics as well", "")
