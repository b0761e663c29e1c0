from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import newsletter.samples as samples_package
from newsletter.content.sources.document import MAX_BYTES, detect_kind, read_document
from newsletter.errors import ContentError, ParseError
from tests.unit.content.page import CAPTURE, MARKDOWN


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.md", "# Asthma", "markdown"),
        ("a.txt", MARKDOWN, "markdown"),
        ("a.txt", CAPTURE, "capture"),
        ("a.html", "<p>x", "html"),
        ("a.txt", "\n<!DOCTYPE html><title>x</title>", "html"),
        ("a.xml", '<?xml version="1.0"?><rss xmlns:wp="http://wordpress.org/export/1.2/">', "wxr"),
        ("a.xml", '<?xml version="1.0"?><rss version="2.0">', "feed"),
        ("a.atom", "<feed>", "feed"),
        ("a.xml", '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">', "html"),
    ],
)
def test_the_kind_is_seen_from_name_and_beginning(tmp_path: Path, name: str, text: str, kind: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert detect_kind(tmp_path / name) == kind
    assert detect_kind(tmp_path / name, kind="capture") == "capture"


def test_an_unknown_kind_is_named(tmp_path: Path) -> None:
    unknown: Any = "pdf"
    with pytest.raises(ContentError, match="not a kind"):
        detect_kind(tmp_path / "a.md", kind=unknown)


def test_a_document_is_the_same_article_in_any_folder(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    one, two = tmp_path / "elbow.md", tmp_path / "deep" / "er" / "elbow.md"
    one.write_text(MARKDOWN, encoding="utf-8")
    two.write_bytes(b"\xef\xbb\xbf" + MARKDOWN.replace("\n", "\r\n").encode())
    assert read_document(one) == read_document(two)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"Asthma\n\nIt wheezes \xe9 and", "is not UTF-8 text (byte 19 is 0xe9)"),
        (b"\x89PNG\r\n\x1a\n\0\0", "binary"),
        (b"", "empty"),
        (b"x" * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_files_that_are_no_text_are_refused_with_the_reason(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "page.txt"
    path.write_bytes(content)
    with pytest.raises(ParseError) as error:
        read_document(path)
    assert reason in str(error.value)
    assert "page" in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=r"nowhere\.md"):
        read_document(tmp_path / "nowhere.md")


def test_every_sample_is_a_whole_reviewed_article() -> None:
    samples = sorted(Path(samples_package.__path__[0]).glob("*.[mt][dx]*"))
    assert len(samples) >= 14
    kinds = {"types", "causes", "symptoms", "diagnosis", "treatment", "medications", "when_to_seek_help"}
    for sample in samples:
        article = read_document(sample)
        assert kinds <= {section.kind.value for section in article.sections}, sample
        assert article.reviewed_on, sample
        assert article.references, sample
        assert article.disclaimer, sample
