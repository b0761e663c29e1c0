"""Whoever reads by ear, by keyboard or enlarged can use every mail and page: axe-core and html-validate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from newsletter.cli.demo import open_demo
from tests.browser.audit import axe, validate
from tests.browser.mails import MONDAY, sample_mails
from tests.browser.node import WHY_NOT, has_tools
from tests.browser.pages import LETTERS, PAGES, TWINS, Visit
from tests.browser.screenshots import browser, chromium_path

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not has_tools(), reason=WHY_NOT),
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]
WIDTHS = (375, 1280)
#: A machine that does much else at the time needs more than the browser's usual 30 s to start a first tab.
PATIENCE_MS = 120_000


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@dataclass(frozen=True)
class Opened:
    """A page that stays open in a tab of its own, and the HTML that the server sent for it."""

    tab: Page
    html: str


@pytest.fixture(scope="module")
def site(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Opened]]:
    """Every page of PAGES, on a site that has sent two letters to real readers."""
    with open_demo(tmp_path_factory.mktemp("site") / "demo") as story:
        story.play(MONDAY)
        opened = {}
        for name, visit in PAGES.items():
            tab = new_tab(chromium)
            opened[name] = Opened(tab, visit(Visit(story, tab)).text())
        yield opened


def new_tab(chromium: Browser) -> Page:
    """A tab of a visitor of its own, without cookies."""
    tab = chromium.new_page()
    tab.set_default_timeout(PATIENCE_MS)
    return tab


def in_every_light(page: Page, *, is_mail: bool) -> list[str]:
    """What axe-core finds on *page* as phone and desk, by day and by night."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="light")
        found += [f"{width} px, light: {line}" for line in axe(page, is_mail=is_mail)]
        page.emulate_media(color_scheme="dark")
        found += [f"{width} px, dark: {line}" for line in axe(page, is_mail=is_mail)]
    return found


def written(folder: Path, sources: dict[str, str]) -> list[Path]:
    paths = []
    for name, html in sources.items():
        path = folder / f"{name}.html"
        path.write_text(html, encoding="utf-8")
        paths.append(path)
    return paths


def test_every_reader_can_use_every_mail(chromium: Browser, tmp_path: Path) -> None:
    faults = {}
    for path in written(tmp_path, sample_mails()):
        page = new_tab(chromium)
        page.goto(path.as_uri())
        faults[path.name] = in_every_light(page, is_mail=True)
        page.close()
    assert {name: lines for name, lines in faults.items() if lines} == {}


def test_the_mails_are_valid_html(tmp_path: Path) -> None:
    assert validate(written(tmp_path, sample_mails()), is_mail=True) == []


@pytest.mark.parametrize("name", PAGES)
def test_every_visitor_can_use_the_page(site: dict[str, Opened], name: str) -> None:
    assert in_every_light(site[name].tab, is_mail=name in LETTERS) == []


def test_the_pages_are_the_ones_they_are_named_for(site: dict[str, Opened]) -> None:
    titles = {name: opened.tab.title() for name, opened in site.items()}
    assert all(titles[name] == titles[other] for name, other in TWINS.items()), titles
    assert len(set(titles.values())) == len(PAGES) - len(TWINS), titles


def test_the_pages_are_valid_html(site: dict[str, Opened], tmp_path: Path) -> None:
    pages = {name: opened.html for name, opened in site.items()}
    letters = {name: pages.pop(name) for name in LETTERS}
    assert validate(written(tmp_path, pages), is_mail=False) == []
    assert validate(written(tmp_path, letters), is_mail=True) == []


_FAULTY = """<!DOCTYPE html><html lang="en"><head><title>Faulty</title></head><body>
<p style="color:#999;background:#fff">Hard to read</p><img src="a.png"><input type="text" id="a">
</body></html>
"""


@pytest.mark.parametrize("is_mail", [True, False])
def test_the_audits_find_faults(chromium: Browser, tmp_path: Path, *, is_mail: bool) -> None:
    page = new_tab(chromium)
    page.set_content(_FAULTY)
    rules = {line.split()[0] for line in axe(page, is_mail=is_mail)}
    page.close()
    assert {"color-contrast", "image-alt", "label"} <= rules
    assert ("region" in rules) is not is_mail
    lines = validate(written(tmp_path, {"faulty": _FAULTY}), is_mail=is_mail)
    assert any("faulty.html:2:" in line and "wcag/h37" in line for line in lines)
    assert any("input-missing-label" in line for line in lines)
    assert any("no-inline-style" in line for line in lines) is not is_mail


def test_each_rule_that_is_off_for_mails_has_its_reason() -> None:
    folder = Path(__file__).parent
    rules = json.loads((folder / ".htmlvalidate.json").read_text(encoding="utf-8"))["rules"]
    reasons = (folder / "README.md").read_text(encoding="utf-8")
    assert all(f"| `{rule}` |" in reasons for rule in rules)
