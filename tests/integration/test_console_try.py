"""Trying how a page would be read: bounded, stored nowhere, and whatever it holds stays text."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir

import pytest

from newsletter.errors import ParseError, RefusedError
from newsletter.workflows import try_parsing as desk
from newsletter.workflows.try_parsing import MOST_OCTETS, file_name, try_parsing
from newsletter.workflows.workplace import Workplace
from tests.integration.console_site import ConsoleSite, console_site, said
from tests.integration.test_console_content import SCRIPT, is_harmless

TRY = "/console/content/try"
PAGE = f"""# Gout {SCRIPT}

Gout is a painful swelling of a joint.

## Symptoms

- Sudden pain in one joint.

## When to seek help

Call 112 at once if you cannot breathe.

## Related posts
"""


@pytest.fixture
def console(workplace: Workplace) -> Iterator[ConsoleSite]:
    with console_site(workplace) as site:
        yield site


def files_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if not path.name.startswith("subscribers.db")}


def test_a_part_of_a_page_that_is_pasted_is_read_as_one(console: ConsoleSite) -> None:
    part = "<h1>Gout</h1><p>Gout is a painful swelling.</p><h2>Causes</h2><p>Too much uric acid.</p>"
    with console.signed_in() as browser:
        answer = browser.post(TRY, text=part)
    assert answer.text.count("&lt;h1&gt;") == 1  # in the field, as it was pasted
    assert "Too much uric acid." in answer.text


def test_a_pasted_page_shows_sections_kinds_and_flags_and_is_stored_nowhere(console: ConsoleSite) -> None:
    folder = console.workplace.settings.content_path.parent
    before = files_below(folder)
    with console.signed_in() as browser:
        page = browser.post(TRY, text=PAGE, kind="markdown")
    words = said(page)
    assert page.status_code == 200
    assert is_harmless(page.text)
    for word in ("Symptoms", "when to seek help", "emergency", "Left out"):
        assert word in words
    assert files_below(folder) == before


@pytest.mark.parametrize(
    "name",
    [
        "../../../../../tmp/escaped.md",
        "..\\..\\escaped.md",
        "/etc/cron.d/escaped.md",
        "a\nb\x1b[31m.md",
        f"{SCRIPT}.md",
    ],
)
def test_the_name_of_an_upload_leads_nowhere(
    console: ConsoleSite, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with console.signed_in() as browser:
        page = browser.post(TRY, files={"file": (name, PAGE.encode())})
    assert page.status_code == 200
    assert "1 article was understood" in said(page)
    assert is_harmless(page.text)
    assert not list(Path(gettempdir()).glob("escaped*"))
    assert "\x1b" not in caplog.text
    assert name not in caplog.text


def test_what_cannot_be_read_is_told_with_what_to_do(console: ConsoleSite) -> None:
    with console.signed_in() as browser:
        for files, status, words in (
            ({"file": ("x.exe", b"MZ")}, 422, "is not a document: allowed are"),
            ({"file": ("x.txt", b"\0\1\2")}, 422, "is not text but binary data"),
            ({"file": ("x.md", b" ")}, 422, "is empty"),
            ({"file": ("x.md", b"a" * (MOST_OCTETS + 1))}, 422, "is larger than"),
        ):
            page = browser.post(TRY, files=files)
            assert (page.status_code, words in said(page)) == (status, True), words


def test_a_document_that_takes_too_long_is_given_up() -> None:
    began = time.monotonic()
    with pytest.raises(ParseError, match="takes more than"):
        try_parsing(PAGE.encode(), name="gout.md", seconds=0.01)
    assert time.monotonic() - began < 5


def test_two_documents_are_read_at_a_time_and_a_third_waits() -> None:
    desks = desk.DESKS
    assert desks.acquire(blocking=False)
    assert desks.acquire(blocking=False)
    try:
        with pytest.raises(RefusedError, match="two others are being read"):
            try_parsing(PAGE.encode(), name="gout.md")
    finally:
        desks.release(2)


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("", "pasted.txt"),
        ("gout.html", "gout.html"),
        ("../.ssh/id.txt", "id.txt"),
        ("C:\\x\\gout.htm", "gout.htm"),
        ("..", "document-"),
        ("x" * 300 + ".md", "x" * 80 + ".md"),
        ("\u202etxt.exe", "txt.exe"),
    ],
)
def test_a_name_keeps_letters_and_its_ending_alone(given: str, made: str) -> None:
    assert file_name(given) == made
