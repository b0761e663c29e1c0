"""Hostile HTML as articles, rendered into mails and opened in Chromium: nothing may happen.

`python -m tests.integration.hostile` opens every payload of the reference data, 50 a document; a document
in which something happens is halved until the payload is found.
"""

from __future__ import annotations

import gzip
import html
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Dialog, Error, Page, Request

from newsletter.content.article import Article, Block, Reference
from newsletter.content.sources.html import parse_html
from newsletter.content.sources.post import Post, read_post
from newsletter.errors import ParseError, RenderError
from newsletter.issues.issue import Issue
from newsletter.rendering.edition import render_edition
from newsletter.settings import NewsletterSettings, Settings
from tests.browser.screenshots import browser, chromium_path
from tests.unit import factory
from tests.unit.content.page import REFERENCE

PER_DOCUMENT = 50
#: Payloads that share a section; its heading is made of their titles.
PER_SECTION = 10
MAX_HEADING = 900
#: Handlers that fire by themselves have this long to do so.
SETTLE_MS = 60

#: Everything in an open document that could act: elements, handlers, addresses, styles that load.
_INVENTORY = """() => {
  const tags = new Set(), acts = [];
  for (const e of document.querySelectorAll('*')) {
    tags.add(e.namespaceURI.endsWith('xhtml') ? e.localName : e.namespaceURI + ' ' + e.localName);
    for (const a of e.attributes) {
      if (/^on/i.test(a.name)) acts.push(a.name + ' on ' + e.localName);
      if (/^(src|srcset|background|poster|data|ping|formaction|xlink:href)$/i.test(a.name))
        acts.push(a.name + '=' + a.value);
      if (a.name === 'style' && /url\\(|expression|behavior/i.test(a.value)) acts.push('style=' + a.value);
      if (a.name === 'href' && !/^(https?:|tel:|#|@@)/.test(a.value)) acts.push('href=' + a.value);
    }
  }
  return {tags: [...tags], acts, title: document.title};
}"""


@dataclass(frozen=True)
class Payload:
    """One hostile text and its name in the reference data."""

    id: str
    markup: str


def read_payloads(path: Path) -> list[Payload]:
    """The payloads in the gzipped lines of JSON at *path*."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [Payload(row["id"], row["payload"]) for row in rows]


def articles_of(payload: Payload) -> list[Article]:
    """The payload as an article's page, and as title, address and content of a post."""
    page = f"<html><body><article><h1>Gout</h1><p>Before it.</p>{payload.markup}</article></body></html>"
    post = Post(payload.markup, f"<p>Text.</p>{payload.markup}", payload.id, url=payload.markup, raw=True)
    found = [parse_html(page, name="gout")]
    try:
        found.append(read_post(post, source="hostile"))
    except ParseError:
        found.append(found[0])
    return found


def issue_of(payloads: Sequence[Payload]) -> Issue:
    """An issue whose sections hold everything that the *payloads* became."""
    base = factory.issue()
    picks = []
    for number, group in enumerate(_groups(payloads, PER_SECTION)):
        articles = [article for payload in group for article in articles_of(payload)]
        blocks: list[Block] = [
            block for one in articles for section in one.sections for block in section.blocks
        ]
        headings = " ".join(article.title for article in articles)[:MAX_HEADING]
        picks.append(
            base.lead.model_copy(
                update={
                    "slot": f"hostile {number}",
                    "heading": headings,
                    "article_title": headings,
                    "article_url": articles[-1].url,
                    "article_disclaimer": group[0].markup[:MAX_HEADING].replace("@@", ""),
                    "blocks": tuple(blocks),
                    "references": (Reference(text=group[-1].markup[:MAX_HEADING].replace("@@", "")),),
                }
            )
        )
    return base.model_copy(update={"picks": tuple(picks)})


def _groups(payloads: Sequence[Payload], size: int) -> Iterator[tuple[Payload, ...]]:
    remaining = iter(payloads)
    while group := tuple(islice(remaining, size)):
        yield group


class Lab:
    """Opens documents in one browser. *folder* is where they are written."""

    def __init__(self, chromium: Browser, folder: Path) -> None:
        self._chromium = chromium
        self._folder = folder
        self.documents = 0
        self._allowed = self._tags_of(factory.edition().html) | {
            *("a", "b", "strong", "i", "em", "sup", "sub", "code", "br", "p", "ul", "ol", "li"),
            *("table", "thead", "tbody", "tr", "th", "td"),
        }

    def failures(self, payloads: Sequence[Payload]) -> Iterator[tuple[Payload, str]]:
        """The payloads with which something happened, and what it was."""
        try:
            trouble = self.trouble(payloads)
        except RenderError as error:
            trouble = str(error)
        if trouble and len(payloads) > 1:
            half = len(payloads) // 2
            yield from self.failures(payloads[:half])
            yield from self.failures(payloads[half:])
        elif trouble:
            yield payloads[0], trouble

    def trouble(self, payloads: Sequence[Payload]) -> str:
        """What happens when the mail that holds *payloads* is opened; empty when nothing does."""
        settings = Settings()
        edition = render_edition(issue_of(payloads), settings=settings, newsletter=NewsletterSettings())
        return self.trouble_in(edition.html)

    def trouble_in(self, document: str) -> str:
        """What happens when *document* is opened; empty when nothing does."""
        seen, inventory = self._open(document)
        seen += [f"element {tag}" for tag in sorted(set(inventory["tags"]) - self._allowed)]
        return "; ".join([*seen, *map(str, inventory["acts"])])

    def _tags_of(self, document: str) -> set[str]:
        return set(self._open(document)[1]["tags"])

    def _open(self, document: str) -> tuple[list[str], dict[str, Any]]:
        path = self._folder / "document.html"
        path.write_text(document, encoding="utf-8")
        seen: list[str] = []
        page: Page = self._chromium.new_page()

        def on_dialog(dialog: Dialog) -> None:
            seen.append(f"dialog {dialog.message}")
            dialog.dismiss()

        def on_request(request: Request) -> None:
            if request.url != path.as_uri():
                seen.append(f"request {request.url}")

        page.on("dialog", on_dialog)
        page.on("request", on_request)
        try:
            page.goto(path.as_uri())
            page.wait_for_timeout(SETTLE_MS)
            inventory = page.evaluate(_INVENTORY)
        except Error as error:
            return [*seen, f"the page was left or broke: {error}"], {"tags": [], "acts": []}
        finally:
            page.close()
        self.documents += 1
        return seen, inventory


def main() -> int:
    """Open every payload; the exit status is 1 when something happened with one."""
    path = REFERENCE / "hostile-html" / "dev.jsonl.gz"
    if chromium_path() is None or not path.exists():
        print(f"needs Chromium and {path} (set NEWSLETTER_REFERENCE_DATA)", file=sys.stderr)
        return 1
    payloads = read_payloads(path)
    count = 0
    with browser() as chromium, tempfile.TemporaryDirectory() as folder:
        lab = Lab(chromium, Path(folder))
        for group in _groups(payloads, PER_DOCUMENT):
            for payload, trouble in lab.failures(group):
                count += 1
                print(f"{payload.id}: {html.escape(trouble)[:300]}\n  {payload.markup[:200]!r}")
        print(f"{len(payloads)} payloads in {lab.documents} documents, {count} with an effect")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
