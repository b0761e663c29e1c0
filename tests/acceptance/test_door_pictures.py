"""The pictures of the sign-up doors: sharp, small, each shown by a how-to page that says what is on it."""

from __future__ import annotations

import re
import struct
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "docs/images/doors"
PICTURES = sorted(FOLDER.glob("*.png"))
PAGES = {page.name: page.read_text(encoding="utf-8") for page in (ROOT / "docs/how-to").glob("*.md")}
SHOWN = re.compile(r"!\[([^\]]+)\]\(\.\./images/doors/([a-z-]+\.png)\)")


def test_each_has_two_pixels_for_one_and_few_bytes() -> None:
    for picture in PICTURES:
        width, _ = struct.unpack(">II", picture.read_bytes()[16:24])
        assert width == (750 if "phone" in picture.name else 1400), picture.name
        assert picture.stat().st_size < 100_000, picture.name


def test_each_is_shown_and_each_that_is_shown_is_there() -> None:
    shown = {name for text in PAGES.values() for _, name in SHOWN.findall(text)}
    assert shown == {picture.name for picture in PICTURES}


def test_each_way_has_a_picture_of_its_own() -> None:
    ways = ("wordpress.md", "ghost.md", "static-site.md", "php.md")
    first = [SHOWN.findall(PAGES[way])[0][1] for way in ways]
    assert len(set(first)) == len(ways)


def test_the_words_in_place_of_a_picture_say_what_is_on_it() -> None:
    for text in PAGES.values():
        for words, name in SHOWN.findall(text):
            assert len(words.split()) >= 8, f"{name}: {words}"
