"""Pages about the console: each path is in the reference, and the commands of the how-to let people in."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
from starlette.routing import Route as Plain

from newsletter.clock import SystemClock
from newsletter.content.sources.document import SUFFIXES
from newsletter.settings import load_settings
from newsletter.subscribers.token import write_key_file
from newsletter.web.console import sign_in, welcome
from newsletter.web.console.gate import MOST_UPLOAD
from newsletter.web.console.route import Route
from newsletter.web.console.routes import ROUTES
from newsletter.workflows import take_upload, try_parsing
from newsletter.workflows.workplace import open_workplace
from tests.acceptance.test_change_the_look import run
from tests.acceptance.test_documentation import ROOT, commands_of
from tests.integration.console_site import ConsoleSite, console_site, said

PAGE = ROOT / "docs/how-to/open-the-console.md"
_WITH_PATH = (Plain, Route)
PASSWORD = "seven quiet otters under ice"


def without_names(path: str) -> str:
    """*path* whatever its holes are called."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def paths_of_the_reference() -> set[str]:
    """Paths of the tables in web.md, where "…" is the full path that was named last."""
    page, named, base = (ROOT / "docs/reference/web.md").read_text(encoding="utf-8"), set(), ""
    for row in (line for line in page.splitlines() if line.startswith("| ")):
        for words in re.findall(r"`([^`]*)`", row):
            path = words.split()[-1].partition("?")[0] if words else ""
            if path.startswith("/"):
                base = path
            elif path.startswith("…/"):
                path = base.rstrip("/") + path[1:]
            if path.startswith("/console"):
                named.add(without_names(path))
    return named


def test_every_path_of_the_console_is_in_the_reference_and_no_other() -> None:
    open_to_all = [route for one in (sign_in, welcome) for route in one.router.routes]
    there = {without_names(route.path) for route in (*open_to_all, *ROUTES) if isinstance(route, _WITH_PATH)}
    assert len(there) > 60
    assert there - paths_of_the_reference() == set(), "not in docs/reference/web.md"
    assert paths_of_the_reference() - there == set(), "in docs/reference/web.md alone"


def test_whoever_follows_the_page_is_in_and_lets_others_in_and_out(tmp_path: Path) -> None:
    (tmp_path / "newsletter.toml").write_text('base_url = "https://letter.example"\n', encoding="utf-8")
    write_key_file(tmp_path / "newsletter.key")
    first, second, lost, left = (words_of(line) for line in commands_of(PAGE))
    printed = run(tmp_path, *first)
    with (
        open_workplace(load_settings(tmp_path / "newsletter.toml"), SystemClock()) as workplace,
        console_site(workplace) as site,
    ):
        ada = opened(site, printed)
        assert ada.get("/console/operators").status_code == 200  # the first has every role
        grace = opened(site, run(tmp_path, *second))
        assert grace.get("/console/operators").status_code == 403
        again = run(tmp_path, *lost)
        assert grace.get("/console/account").status_code == 200
        grace_again = opened(site, again)
        assert grace.get("/console/account").status_code == 303
        run(tmp_path, *left)
        assert grace_again.get("/console/account").status_code == 303
        assert ada.get("/console/account").status_code == 200
        for http in (ada, grace, grace_again):
            http.close()


def test_the_reference_tells_what_may_be_uploaded() -> None:
    page = (ROOT / "docs/reference/web.md").read_text(encoding="utf-8")
    table = page.partition("### Uploads")[2].partition("###")[0]
    rows = dict(re.findall(r"^\| `(/console/[^`]*)` \| (.*) \|$", table, re.MULTILINE))
    assert set(rows) == {route.path for route in ROUTES if route.takes == "files"}
    assert set(re.findall(r"`(\.\w+)`", rows["/console/content/try"])) == SUFFIXES
    assert rows["/console/content/try"].endswith(f"| {try_parsing.MOST_OCTETS:,} octets")
    assert rows["/console/readers/import"].endswith(f"| {take_upload.MOST_OCTETS // 1024 // 1024} MiB")
    assert f"(an upload: {MOST_UPLOAD // 1024 // 1024} MiB)" in page


def words_of(line: str) -> list[str]:
    """The words of a command, whose quotes stand around one name."""
    return [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|(\S+)', line)]


def opened(site: ConsoleSite, printed: str) -> httpx.Client:
    """The browser of whoever opened the link in *printed* and chose a password."""
    link = re.search(r"https://letter\.example(/console/welcome/\S+)", printed)
    assert link, printed
    http = httpx.Client(base_url=site.base, headers={"Origin": site.base}, timeout=30)
    assert "password" in said(http.get(link[1]))
    answer = http.post(link[1], data={"password": PASSWORD, "repeated": PASSWORD})
    assert answer.status_code == 303, said(answer)
    return http
