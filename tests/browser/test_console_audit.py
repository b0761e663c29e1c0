"""Every page of the console, as an operator finds it in the morning: axe-core, valid HTML, none too wide."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from newsletter.web.console.routes import ROUTES
from tests.browser import console_pages
from tests.browser.audit import axe, validate
from tests.browser.console_pages import ACTS, NO_PAGE, OPEN_ACTS, open_pages, pages, shown, signed_in_tab
from tests.browser.console_stage import empty, stage
from tests.browser.node import WHY_NOT, has_tools
from tests.browser.screenshots import browser, chromium_path
from tests.integration.console_site import ConsoleSite, console_site

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not has_tools(), reason=WHY_NOT),
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]
#: Answers that are not 200 on purpose.
STATUS = {"console-no-such-page": 404, "console-reader-gone": 404, "console-wrong": 404}
SCREENS = [(width, scheme) for width in (320, 375, 1280) for scheme in ("light", "dark")]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleSite]:
    with stage(tmp_path_factory.mktemp("morning")) as workplace, console_site(workplace) as site:
        yield site


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_no_page_has_a_fault_that_axe_finds_nor_is_wider_than_the_screen(
    chromium: Browser, console: ConsoleSite, width: int, scheme: str
) -> None:
    page = signed_in_tab(chromium, console.workplace, console.base, width=width, scheme=scheme)
    told = errors_of(page)
    faults = {}
    for name, path in pages(console.workplace).items():
        assert shown(page, path) == STATUS.get(name, 200), name
        page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
        faults[name] = looked_at(page)
    for name, act in ACTS.items():
        act(page)
        faults[name] = looked_at(page)
    page.context.clear_cookies()
    for name, path in open_pages(console.workplace).items():
        page.goto(path)
        faults[name] = looked_at(page)
    for name, act in OPEN_ACTS.items():
        act(page)
        faults[name] = looked_at(page)
    page.context.close()
    assert {name: found for name, found in faults.items() if found} == {}
    assert told == []


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_nor_has_a_console_in_which_nothing_is_yet(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory, width: int, scheme: str
) -> None:
    faults = {}
    with empty(tmp_path_factory.mktemp("empty")) as workplace, console_site(workplace) as site:
        page = signed_in_tab(chromium, workplace, site.base, width=width, scheme=scheme)
        told = errors_of(page)
        for name, path in console_pages.EMPTY.items():
            assert shown(page, path) == 200, name
            faults[name] = looked_at(page)
        page.context.close()
    assert {name: found for name, found in faults.items() if found} == {}
    assert told == []


def test_the_pages_are_valid_html(console: ConsoleSite, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("html")
    paths = []
    with console.signed_in("Ada Example") as client:
        found = {name: client.get(path).text for name, path in pages(console.workplace).items()}
        client.http.cookies.clear()
        found |= {name: client.get(path).text for name, path in open_pages(console.workplace).items()}
    for name, html in found.items():
        paths.append(folder / f"{name}.html")
        paths[-1].write_text(html, encoding="utf-8")
    assert validate(paths, is_mail=False) == []


def test_so_are_those_in_which_nothing_is_yet(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("html")
    paths = [folder / f"{name}.html" for name in console_pages.EMPTY]
    with (
        empty(tmp_path_factory.mktemp("empty")) as workplace,
        console_site(workplace) as site,
        site.signed_in("Ada Example") as client,
    ):
        for path, address in zip(paths, console_pages.EMPTY.values(), strict=True):
            path.write_text(client.get(address).text, encoding="utf-8")
    assert validate(paths, is_mail=False) == []


def test_every_page_is_looked_at(console: ConsoleSite) -> None:
    paths = [path.partition("?")[0] for path in pages(console.workplace).values()]
    wanted = {route.path for route in ROUTES if route.method == "GET"} - set(NO_PAGE)
    missing = [
        path
        for path in wanted
        if not any(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), one) for one in paths)
    ]
    assert missing == []


def looked_at(page: Page) -> list[str]:
    """What axe finds, and whether the page is wider than the screen."""
    wider = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return axe(page, is_mail=False) + (["wider than the screen"] if wider else [])


def errors_of(page: Page) -> list[str]:
    """What the browser complains of, from now on: but that a script in a sandboxed frame does not run."""
    told: list[str] = []

    def hear(text: str) -> None:
        if "sandboxed" not in text and "status of 4" not in text:
            told.append(text)

    page.on("console", lambda said: hear(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: hear(str(error)))
    return told
