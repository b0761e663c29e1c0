"""What real sites answered over REST, served byte for byte on loopback and synced.

How many articles come of it is counted another way: by the length of the decoded JSON.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.integration.test_wordpress_sync import articles, sync
from tests.integration.wordpress_double import Handler, WordPressDouble
from tests.unit.content.page import REFERENCE, reference

FOLDER = "wordpress/rest"
FILES = sorted((REFERENCE / FOLDER).glob("*.json"))
#: Posts that hold a heading and pictures, and so no text.
EMPTY = {"ghost-single-post-with-linked-images", "ghost-single-post-with-smaller-images"}


def listing(path: Path) -> bytes:
    """The file as a page of a listing: one object alone becomes a list of one."""
    body = path.read_bytes()
    return body if body.lstrip()[:1] == b"[" else b"[" + body + b"]"


def serve(site: WordPressDouble, pages: Sequence[bytes]) -> None:
    """Answer every listing of posts with *pages*, and past the end as WordPress does."""

    def act(handler: Handler) -> None:
        number = int(parse_qs(urlsplit(handler.path).query).get("page", ["1"])[0])
        if number > len(pages):
            handler.send_error_code(400, "rest_post_invalid_page_number")
        else:
            handler.send(pages[number - 1], kind="application/json; charset=UTF-8")

    site.fault("/wp/v2/posts", act, times=-1)


def test_the_reference_is_there_or_this_is_skipped() -> None:
    assert len(list(reference(FOLDER).glob("*.json"))) == len(FILES) > 10


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_as_many_articles_come_in_as_the_json_holds_posts(file: Path, tmp_path: Path) -> None:
    values = json.loads(listing(file))
    posts = [value for value in values if {"id", "title", "content"} <= value.keys()]
    with WordPressDouble() as site:
        serve(site, [listing(file)])
        outcome = sync(site.url, tmp_path / "content.db")
    assert (outcome.via, outcome.complete) == ("rest", True)
    stored = articles(tmp_path / "content.db")
    assert len(stored) == (0 if file.stem in EMPTY else len(posts))
    assert len(outcome.report.rejected) == len(values) - len(stored)
    assert {article.url for article in stored} <= {post["link"] for post in posts}


def test_the_files_as_pages_of_one_site_come_in_together(tmp_path: Path) -> None:
    pages = {
        json.loads(listing(path))[0].get("id"): listing(path) for path in FILES if path.stem not in EMPTY
    }
    values = [json.loads(page)[0] for page in pages.values()]
    addresses = {value["link"] for value in values if {"id", "title", "content"} <= value.keys()}
    if not addresses:
        pytest.skip("no reference data")
    with WordPressDouble() as site:
        serve(site, list(pages.values()))
        sync(site.url, tmp_path / "content.db")
        again = sync(site.url, tmp_path / "content.db")
    assert {article.url for article in articles(tmp_path / "content.db")} == addresses
    assert (again.report.new, again.report.changed, again.report.withdrawn) == (0, 0, 0)
