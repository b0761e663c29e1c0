"""`newsletter preview --watch` as a designer uses it: save a template, look at the letter."""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest

from newsletter.subscribers.token import write_key_file
from tests.integration.watched import DAY, SECONDS, Watched, run, stock, watching

WARNING = "email/blocks/masthead.mjml.j2"
MINE = (
    "<mj-section><mj-column><mj-text><p>{{ preheader }}</p><h1>Mine, all mine</h1></mj-text>"
    "</mj-column></mj-section>\n"
)


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stocked")
    stock(folder)
    write_key_file(folder / "newsletter.key")
    return folder


@pytest.fixture
def watched(stocked: Path, tmp_path: Path) -> Iterator[Watched]:
    with watching(stocked, tmp_path) as running:
        yield running


def test_the_page_shows_the_letter_four_times_its_text_and_what_there_is_to_know(watched: Watched) -> None:
    page = watched.get()
    frames = re.findall(r'<iframe title="([^"]+)" sandbox="allow-same-origin" src="([^"]+)"', page)
    assert frames == [
        ("Phone, light", "letter/light"),
        ("Phone, dark", "letter/dark"),
        ("Desk, light", "letter/light"),
        ("Desk, dark", "letter/dark"),
    ]
    text = watched.get("text")
    assert text.count("/unsubscribe/") == 1
    assert text.rstrip() in unescape(page)
    assert re.search(r"<h1>[A-Z][^<]+</h1>", page)
    assert re.search(r"\d+ of 50 characters", page)
    assert re.search(r"\d\d\.\d kB of 95", page)
    assert "Look at: sender" in page
    assert "cannot be" not in page
    assert "composed already" not in page


def test_each_frame_has_its_own_scheme_whatever_the_browsers(watched: Watched) -> None:
    light, dark = watched.get("letter/light"), watched.get("letter/dark")
    assert "@media not all {" in light
    assert "@media all {" in dark
    for scheme, html in (("light", light), ("dark", dark)):
        assert "prefers-color-scheme" not in html
        assert f'<meta name="color-scheme" content="{scheme}">' in html
        assert f"color-scheme: {scheme};" in html
        assert "@@" not in html
    assert light != dark


def test_nothing_runs_or_is_fetched_from_elsewhere(watched: Watched) -> None:
    page = httpx.get(watched.url)
    letter = httpx.get(f"{watched.url}letter/dark")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'; script")
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "script-src" not in letter.headers["Content-Security-Policy"]
    assert letter.headers["Content-Security-Policy"].endswith("sandbox allow-same-origin")
    assert not re.search(r'(?:src|href)="https?:', page.text)
    for each in (page, letter):
        assert each.headers["Cache-Control"] == "no-store"
        assert each.headers["X-Content-Type-Options"] == "nosniff"
    # A name elsewhere that points to this machine gets nothing.
    assert httpx.get(watched.url, headers={"Host": "evil.example"}).status_code == 400
    assert httpx.get(f"{watched.url}letter/grey").status_code == 422
    assert httpx.get(f"{watched.url}docs").status_code == 404


def test_a_template_that_comes_changes_breaks_and_is_mended_shows_without_a_restart(watched: Watched) -> None:
    version = watched.get("version")
    assert watched.get("version") == version
    assert "Mine" not in watched.get("letter/light")
    watched.save(WARNING, MINE)
    assert watched.get("version") != version
    assert "Mine, all mine" in watched.get("letter/light")
    watched.save(WARNING, MINE.replace("all mine", "and yours"))
    assert "Mine, and yours" in watched.get("letter/dark")
    watched.save(WARNING, f"{MINE}\n{{{{ nonsense }}}}\n")
    page = unescape(watched.get())
    assert "This letter cannot be made" in page
    assert "template blocks/masthead.mjml.j2, line 3: UndefinedError: 'nonsense' is undefined" in page
    assert '<div id="letter" hidden>' in page
    assert "Look at:" not in page
    watched.save(WARNING, MINE)
    page = watched.get()
    assert "cannot be made" not in page
    assert '<div id="letter">' in page
    assert "Mine, all mine" in watched.get("letter/light")
    watched.remove(WARNING)
    assert "Mine" not in watched.get("letter/light")
    assert watched.get("version") == version


def test_tokens_translations_and_settings_show_as_well_and_so_do_their_faults(watched: Watched) -> None:
    watched.save("email/tokens.toml", '[light]\naccent = "#123456"\n')
    assert "#123456" in watched.get("letter/light")
    watched.save("email/tokens.toml", '[light]\naccent = "blue"\n')
    assert "tokens.toml: light.accent" in watched.get()
    watched.remove("email/tokens.toml")
    watched.configure('publisher = "The Other House"\n')
    assert "The Other House" in watched.get("letter/light")
    watched.configure("publisher = 7\n")
    assert "publisher (found 7)" in unescape(watched.get())
    watched.configure()
    watched.save("translations/en.po", 'msgid "Privacy policy"\nmsgstr "What we keep"\n')
    assert "What we keep" in watched.get("letter/light")
    assert "What we keep" in watched.get("text")


def test_new_articles_are_a_change(watched: Watched) -> None:
    version = watched.get("version")
    article = watched.folder / "new.md"
    article.write_text(
        "---\ntitle: Scabies\nreviewed: 2026-10-01\n---\n# Scabies\n\nMites itch.\n", encoding="utf-8"
    )
    run(watched.folder, "ingest", "new.md")
    assert watched.get("version") != version


def test_a_composed_letter_is_rendered_anew_and_the_page_says_so(watched: Watched) -> None:
    text = watched.get("text")
    run(watched.folder, "send", DAY, status=1)  # composed; there is no relay
    page = watched.get()
    assert "composed already: readers get the frozen one; here it is rendered anew" in page
    assert watched.get("text") == text
    watched.save(WARNING, MINE)
    assert "Mine, all mine" in watched.get("letter/light")


def test_an_empty_store_is_told_of_on_the_page(watched: Watched) -> None:
    (watched.folder / "content.db").unlink()
    page = watched.get()
    assert "the content store is empty" in page
    assert "newsletter ingest SOURCE" in page


def test_a_topic_edition_of_another_newsletter_is_watched_too(stocked: Path, tmp_path: Path) -> None:
    shutil.copytree(stocked, tmp_path / "copy")
    table = '[[newsletters]]\nname = "{}"\ntitle = "The {} letter"\ntopics = ["skin"]\n'
    settings = tmp_path / "copy" / "newsletter.toml"
    settings.write_text(f"{table.format('a', 'first')}{table.format('b', 'other')}", encoding="utf-8")
    chosen = ("--topics", "skin", "--newsletter", "b")
    with watching(tmp_path / "copy", tmp_path / "watched", *chosen) as watched:
        assert "for readers who chose skin" in watched.get()
        assert "THE OTHER LETTER" in watched.get("text")
        assert "You told us what you like to read about" in " ".join(watched.get("text").split())


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_quietly_when_told_to(watched: Watched, told: signal.Signals) -> None:
    watched.get()
    watched.process.send_signal(told)
    assert watched.process.wait(SECONDS) == 0
    assert not (watched.folder / "log").read_text(encoding="utf-8")


def test_it_is_either_written_or_served(stocked: Path) -> None:
    for arguments in ((), ("--watch", "--out", "out")):
        _, said = run(stocked, "preview", DAY, *arguments, status=2)
        assert "--out" in said
        assert "--watch" in said
        assert "Traceback" not in said
    assert not (stocked / "out").exists()
