"""Documents for the benchmarks, made from the reference data: a folder of Markdown and a big WXR file."""

from __future__ import annotations

import gzip
import html
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REFERENCE = Path(os.environ.get("NEWSLETTER_REFERENCE_DATA", "../shared/data")) / "medquad/scale.jsonl.gz"


def articles() -> Iterator[dict[str, Any]]:
    """The articles that have text (3,492 of 8,897)."""
    with gzip.open(REFERENCE, "rt", encoding="utf-8") as lines:
        for line in lines:
            article = json.loads(line)
            if any(section["text"] for section in article["sections"]):
                yield article


def write_markdown(folder: Path) -> int:
    """A Markdown file an article; returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for number, article in enumerate(articles()):
        title = article["title"] or f"Article {number}"
        sections = "\n\n".join(
            f"## {section['question']}\n\n{section['text']}"
            for section in article["sections"]
            if section["text"]
        )
        front = f"title: {json.dumps(title)}\nurl: https://bench.example.org/{number}/\n"
        (folder / f"{number:05}.md").write_text(
            f"---\n{front}reviewed_on: 2026-03-02\n---\n\n{sections}\n", encoding="utf-8"
        )
        count += 1
    return count


def write_wxr(path: Path, *, size: int) -> int:
    """A WXR 1.2 export of at least *size* bytes, the articles over and over; returns how many posts."""
    posts = 0
    with path.open("w", encoding="utf-8") as file:
        file.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" '
            'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
            'xmlns:wp="http://wordpress.org/export/1.2/"><channel><wp:wxr_version>1.2</wp:wxr_version>\n'
        )
        while file.tell() < size:
            for article in articles():
                posts += 1
                file.write(_post(article, posts))
                if file.tell() >= size:
                    break
        file.write("</channel></rss>\n")
    return posts


def _post(article: dict[str, Any], number: int) -> str:
    body = "".join(
        f"<h2>{html.escape(section['question'])}</h2><p>{html.escape(section['text'])}</p>"
        for section in article["sections"]
        if section["text"]
    ).replace("]]>", "]]&gt;")
    return (
        f"<item><title>{html.escape(article['title'])} {number}</title>"
        f"<link>https://bench.example.org/post-{number}/</link>"
        f"<content:encoded><![CDATA[{body}]]></content:encoded>"
        f"<wp:post_id>{number}</wp:post_id><wp:post_name>post-{number}</wp:post_name>"
        "<wp:post_date_gmt>2026-03-02 07:00:00</wp:post_date_gmt>"
        "<wp:post_modified_gmt>2026-03-02 07:00:00</wp:post_modified_gmt>"
        "<wp:status>publish</wp:status><wp:post_type>post</wp:post_type><wp:post_password></wp:post_password>"
        "</item>\n"
    )
