"""The letter as mail programs show it: headless Chromium stands in for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Request

from newsletter import samples
from newsletter.content.sources.document import read_document
from newsletter.rendering.edition import render_edition
from newsletter.settings import Settings
from tests.browser.screenshots import browser, chromium_path
from tests.unit.factory import picked

pytestmark = pytest.mark.skipif(
    chromium_path() is None, reason="needs Chromium (Debian: apt-get install chromium)"
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def letter(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of an issue of the samples, as a file."""
    folder = Path(samples.__file__).parent
    articles = [read_document(path) for path in sorted(folder.glob("*.md"))]
    day = date(2026, 11, 23)
    issue = picked(articles, day=day)
    settings = Settings()
    html = render_edition(issue, settings=settings, newsletter=settings.newsletter()).html
    path = tmp_path_factory.mktemp("mail") / "issue.html"
    path.write_text(html, encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize("width", [320, 375, 600, 1280])
def test_nothing_runs_off_the_side_of_any_screen(chromium: Browser, letter: str, width: int) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 800})
    page.goto(letter)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_opening_a_letter_tells_nobody(chromium: Browser, letter: str) -> None:
    page = chromium.new_page()
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.goto(letter)
    page.wait_for_load_state("networkidle")
    assert asked == [letter]
    page.close()


#: Contrast of every visible text with the nearest background behind it (WCAG 2.2, 1.4.3).
_CONTRAST = """() => {
  const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const numbers = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const behind = e => { for (; e; e = e.parentElement) {
    const c = numbers(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] > 0.99) return c; } return [255, 255, 255]; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const worst = [];
  while (walker.nextNode()) {
    const words = walker.currentNode.textContent.trim(), e = walker.currentNode.parentElement;
    if (!words || !e.getClientRects().length) continue;
    const a = light(numbers(getComputedStyle(e).color)), b = light(behind(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) worst.push(words.slice(0, 40) + ' ' + ratio.toFixed(2));
  }
  return worst; }"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_can_be_read_by_day_and_by_night(chromium: Browser, letter: str, scheme: str) -> None:
    page = chromium.new_page(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(letter)
    assert page.evaluate(_CONTRAST) == []
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(251, 250, 247)", "dark": "rgb(20, 25, 27)"}[scheme]
    page.close()


def test_a_screen_reader_meets_one_title_and_headings_in_order(chromium: Browser, letter: str) -> None:
    page = chromium.new_page()
    page.goto(letter)
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.evaluate("document.documentElement.dir") == "ltr"
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    tables = page.evaluate(
        "[...document.querySelectorAll('table')]"
        ".filter(t => t.getAttribute('role') !== 'presentation' && !t.querySelector('th')).length"
    )
    assert tables == 0
    page.close()
