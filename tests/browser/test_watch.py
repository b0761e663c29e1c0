"""The page of `newsletter preview --watch` in a browser: it reloads by itself, and asks nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.screenshots import browser, chromium_path
from tests.integration.watched import Watched, stock, watching
from tests.integration.web_site import wait_until

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]
MASTHEAD = "email/blocks/masthead.mjml.j2"
MINE = (
    "<mj-section><mj-column><mj-text><p>{{ preheader }}</p><h1>Mine</h1></mj-text></mj-column></mj-section>\n"
)
WITHIN_MS = 30_000
_COLOUR = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    stocked = tmp_path_factory.mktemp("stocked")
    stock(stocked)
    with watching(stocked, tmp_path_factory.mktemp("watched")) as running:
        yield running


@pytest.fixture
def page(chromium: Browser, watched: Watched) -> Iterator[Page]:
    for path in (watched.folder / "mine").rglob("*.*"):
        path.unlink()
    page = chromium.new_page(viewport={"width": 1440, "height": 900}, color_scheme="dark")
    page.goto(watched.url)
    yield page
    page.close()


def test_the_open_page_shows_each_change_by_itself_where_it_was_scrolled_to(
    page: Page, watched: Watched
) -> None:
    letter = page.frame_locator("iframe[title='Phone, light']")
    state = page.locator("#state")
    expect(state).to_have_text("Watching: save a template and it shows here", timeout=WITHIN_MS)
    page.frames[1].evaluate("scrollTo(0, 300)")
    watched.save(MASTHEAD, MINE)
    expect(letter.locator("h1").first).to_have_text("Mine", timeout=WITHIN_MS)
    expect(state).to_contain_text("Shown anew at")
    wait_until(lambda: page.frames[1].evaluate("scrollY") == 300)
    page.frames[1].evaluate("scrollTo(0, 200)")
    watched.save(MASTHEAD, "{{ nonsense }}")
    expect(page.locator(".alarm")).to_contain_text("masthead.mjml.j2, line 1", timeout=WITHIN_MS)
    expect(page.locator("#letter")).to_be_hidden()
    watched.remove(MASTHEAD)
    expect(page.locator("#letter")).to_be_visible(timeout=WITHIN_MS)
    expect(page.locator(".alarm")).to_have_count(0)
    wait_until(lambda: page.frames[1].evaluate("scrollY") == 200)


def test_light_is_light_in_a_dark_browser_and_each_frame_has_its_width(page: Page) -> None:
    seen = {
        frame.frame_element().get_attribute("title"): (
            frame.evaluate(_COLOUR),
            frame.evaluate("document.documentElement.clientWidth"),
        )
        for frame in page.frames[1:]
    }
    light, dark = "rgb(251, 250, 247)", "rgb(20, 25, 27)"
    assert {title: colour for title, (colour, _) in seen.items()} == {
        "Phone, light": light,
        "Phone, dark": dark,
        "Desk, light": light,
        "Desk, dark": dark,
    }
    assert [width for title, (_, width) in seen.items() if str(title).startswith("Phone")] == [375, 375]
    assert all(width >= 640 for title, (_, width) in seen.items() if str(title).startswith("Desk"))


@pytest.mark.parametrize("width", [375, 800, 1440])
def test_nothing_runs_off_the_side(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_asks_nobody_but_its_own_server_even_with_a_logo_and_a_click(page: Page, watched: Watched) -> None:
    asked: list[str] = []
    failed: list[str | None] = []
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: failed.append(request.failure))
    watched.save("email/tokens.toml", '[logo]\nurl = "https://logo.example/x.png"\nalt = "Our mark"\n')
    letter = page.frame_locator("iframe[title='Desk, light']")
    expect(letter.locator("img[alt='Our mark']")).to_have_count(1, timeout=WITHIN_MS)
    expect(page.locator("#said")).to_contain_text("as with pictures off")
    letter.locator("a").first.click()
    expect(letter.locator("h1").first).to_be_visible()
    watched.remove("email/tokens.toml")
    expect(letter.locator("img")).to_have_count(0, timeout=WITHIN_MS)
    # The browser was not let: it never sent the request.
    assert set(failed) == {"csp"}
    assert asked
    assert {url.startswith(watched.url) for url in asked} == {True}


def test_a_preview_that_has_ended_is_told_of(chromium: Browser, tmp_path: Path) -> None:
    stock(tmp_path / "stocked")
    page = chromium.new_page()
    with watching(tmp_path / "stocked", tmp_path / "watched") as ending:
        page.goto(ending.url)
        expect(page.locator("#state")).to_contain_text("Watching", timeout=WITHIN_MS)
    expect(page.locator("#state")).to_contain_text("The preview has ended", timeout=WITHIN_MS)
    page.close()
