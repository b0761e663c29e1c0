"""Names that lead out of a folder: in addresses, in what is uploaded, in what is handed out."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from newsletter.subscribers.address import parse_address
from newsletter.subscribers.store import find_subscriber
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import add_readers, fill
from tests.integration.console_site import EVERY_ROLE, ConsoleSite, console_site, session_for

ROOT = Path(__file__).parents[2]
#: A file that is there for whoever could lead out of the folder of scripts, and words that it holds.
SECRET = "pyproject.toml"
OUT = (
    f"../../../{SECRET}",
    f"..%2f..%2f..%2f{SECRET}",
    f"%2e%2e/%2e%2e/%2e%2e/{SECRET}",
    f"..%5c..%5c..%5c{SECRET}",
    f"%252e%252e%252f%252e%252e%252f%252e%252e%252f{SECRET}",
    f"....//....//....//{SECRET}",
    f"%2f{str(ROOT / SECRET).removeprefix('/')}",
    f"console.css%00/../../../../{SECRET}",
    "layout.html.j2",
    "..%2f..%2fpage.css",
)


@pytest.fixture
def console(workplace: Workplace) -> Iterator[ConsoleSite]:
    fill(workplace.settings.content_path)
    add_readers(workplace, "ada@example.org")
    with console_site(workplace) as site:
        yield site


def asked(console: ConsoleSite, path: str, *, is_signed_in: bool) -> tuple[int, bytes]:
    """The answer to *path* as it stands: clients tidy it up before they send it."""
    headers = {}
    if is_signed_in:
        token, _ = session_for(console.workplace, "ada", EVERY_ROLE)
        headers["Cookie"] = f"console={token}"
    connection = HTTPConnection("localhost", urlsplit(console.base).port, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def test_no_name_leads_out_of_the_folder_of_scripts(console: ConsoleSite) -> None:
    assert asked(console, "/console/static/console.css", is_signed_in=False)[0] == 200
    for name in OUT:
        status, content = asked(console, f"/console/static/{name}", is_signed_in=False)
        assert status in (303, 307, 404), name
        assert b"[project]" not in content
        assert b"{%" not in content


@pytest.mark.parametrize(
    "place",
    [
        "/console/content/articles/{}",
        "/console/issues/{}/2026-03-03",
        "/console/issues/daily/{}",
        "/console/issues/daily/2026-03-03/slots/{}",
        "/console/readers/one/{}",
        "/console/feedback/tray/{}",
        "/console/calendar?newsletter={}",
    ],
)
def test_no_name_in_an_address_leads_to_a_file(console: ConsoleSite, place: str) -> None:
    for name in OUT:
        status, content = asked(console, place.format(name), is_signed_in=True)
        assert status in (303, 307, 404, 405, 409, 422), name
        assert b"[project]" not in content


def test_an_upload_is_kept_under_no_name_that_its_sender_chose(
    console: ConsoleSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However many steps up a name goes: nothing may appear on the way, nor where the server stands.
    here = tmp_path / "a" / "b" / "c" / "d"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    ways = {*here.parents, here, *ROOT.parents, ROOT, Path(tempfile.gettempdir()), Path.home()}
    before = {each for way in ways for each in way.glob("*owned*")} | set(tmp_path.parent.rglob("*owned*"))
    names = (*(f"{'../' * steps}owned.csv" for steps in range(1, 7)), f"{tmp_path}/owned.csv",
             "C:\\owned.csv", "owned\r\n.csv", ".")  # fmt: skip
    with console.signed_in() as browser:
        for name in names:
            file = {"file": (name, b"email\nbob@example.org\n")}
            taken = browser.post("/console/readers/import", files=file, do="look", newsletter="daily")
            tried = browser.post("/console/content/try", files=file)
            assert max(taken.status_code, tried.status_code) < 500
    after = {each for way in ways for each in way.glob("*owned*")} | set(tmp_path.parent.rglob("*owned*"))
    assert after == before


def test_what_is_handed_out_has_a_name_of_ours(console: ConsoleSite) -> None:
    with console.workplace.database.read() as connection:
        reader = find_subscriber(connection, parse_address("ada@example.org").canonical)
    assert reader is not None
    with console.signed_in() as browser:
        answer = browser.post(f"/console/readers/one/{reader.handle.hex()}/export", sure="yes")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith('attachment; filename="reader-')
    assert answer.headers["content-disposition"].isascii()
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
