"""What WordPress exports hold of other people never reaches the content store."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from newsletter.clock import SystemClock
from newsletter.content.store import ContentStore
from newsletter.workflows.ingest import ingest

EXPORTS = Path(os.environ.get("NEWSLETTER_REFERENCE_DATA", "../shared/data")) / "wordpress/wxr"
_PRIVATE = ("comment_author_email", "comment_author_IP", "author_email", "comment_content")


@pytest.mark.skipif(not EXPORTS.is_dir(), reason=f"needs the reference data ({EXPORTS})")
def test_no_comment_and_no_address_of_an_author_is_in_the_file(tmp_path: Path) -> None:
    private: set[str] = set()
    with ContentStore(tmp_path / "content.db") as store:
        for export in sorted(EXPORTS.glob("*.xml")):
            ingest(export, store=store, clock=SystemClock())
            private |= private_words(export)
        assert len(store.articles()) > 20
    connection = sqlite3.connect(tmp_path / "content.db")
    written = "\n".join(connection.iterdump())
    connection.close()
    assert len(private) > 10
    assert not {word for word in private if word in written}


def private_words(export: Path) -> set[str]:
    """Addresses and comments in *export*, found by their element names."""
    try:
        root = ET.parse(export).getroot()  # noqa: S314 - the reference data, in a test
    except ET.ParseError:
        return set()
    found = {
        (element.text or "").strip()
        for element in root.iter()
        if element.tag.rpartition("}")[2] in _PRIVATE and len((element.text or "").strip()) > 8
    }
    return {word for word in found if "<" not in word and "\n" not in word and "'" not in word}
