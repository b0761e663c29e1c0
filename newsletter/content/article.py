"""What an article is: sections of blocks, with its trust data and what was left out of it.

Inline text is kept as a small, safe XHTML subset (``a[href] b strong i em sup sub code br/``), already
escaped; plain text is derived from it, so the two can never disagree.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"<br\s*/?>")


class Kind(StrEnum):
    """What a section is about: the house's vocabulary."""

    OVERVIEW = "overview"
    TYPES = "types"
    CAUSES = "causes"
    RISK_FACTORS = "risk_factors"
    SYMPTOMS = "symptoms"
    COMPLICATIONS = "complications"
    DIAGNOSIS = "diagnosis"
    TREATMENT = "treatment"
    MEDICATIONS = "medications"
    SELF_CARE = "self_care"
    PREVENTION = "prevention"
    PROGNOSIS = "prognosis"
    WHEN_TO_SEEK_HELP = "when_to_seek_help"
    FAQ = "faq"
    CONCLUSION = "conclusion"
    OTHER = "other"


class Flag(StrEnum):
    """What a section's text contains that later rooms must respect."""

    DOSE = "dose"
    WARNING = "warning"
    EMERGENCY = "emergency"
    SENSITIVE = "sensitive"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Paragraph(_Frozen):
    """A paragraph of inline XHTML."""

    type: Literal["paragraph"] = "paragraph"
    html: str

    def plain(self) -> str:
        """The paragraph as text."""
        return plain_text(self.html)


class Item(_Frozen):
    """One list item: an optional bold *label* ("Trauma"), its inline XHTML, and nested blocks."""

    label: str = ""
    html: str
    blocks: tuple[Block, ...] = ()

    def plain(self) -> str:
        """The item's own line as text, label first, without what is nested below it."""
        own = plain_text(self.html)
        return f"{self.label}: {own}".rstrip() if self.label else own


class ListBlock(_Frozen):
    """A list; a numbered one counts from *start*."""

    type: Literal["list"] = "list"
    ordered: bool
    start: int = 1
    items: tuple[Item, ...]

    def plain(self) -> str:
        """The list as text, an item a line, nested blocks indented by two."""
        lines: list[str] = []
        for number, item in enumerate(self.items, self.start):
            lines.append(f"{number}. {item.plain()}" if self.ordered else f"- {item.plain()}")
            for block in item.blocks:
                lines.extend(f"  {line}" for line in block.plain().splitlines())
        return "\n".join(lines)


class Table(_Frozen):
    """A table of inline XHTML cells; *header* may be empty."""

    type: Literal["table"] = "table"
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...]

    def plain(self) -> str:
        """The table as text, a row a line, cells apart by a bar."""
        rows = ([self.header] if self.header else []) + list(self.rows)
        return "\n".join(" | ".join(plain_text(cell) for cell in row) for row in rows)


Block = Annotated[Paragraph | ListBlock | Table, Field(discriminator="type")]


class Section(_Frozen):
    """A titled part of an article, of one kind. *position* counts from 0 within the article."""

    position: int
    heading: str
    kind: Kind
    blocks: tuple[Block, ...]
    flags: tuple[Flag, ...] = ()
    grade: float | None = None

    @property
    def text(self) -> str:
        """All blocks as text, a blank line between them."""
        return "\n\n".join(block.plain() for block in self.blocks)

    @property
    def html(self) -> str:
        """All blocks as semantic HTML."""
        return "\n".join(block_html(block) for block in self.blocks)

    @property
    def words(self) -> int:
        """How many words the text has."""
        return len(self.text.split())

    @property
    def hash(self) -> str:
        """SHA-256 over kind, heading and blocks: changes when a reader would read something else."""
        said = [self.kind, self.heading, [block.model_dump(mode="json") for block in self.blocks]]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


class Reference(_Frozen):
    """A source that the article cites: its text, and its address where it has one."""

    text: str
    url: str = ""


class LeftOut(_Frozen):
    """A line of the document that is not part of the article, and why (*number* counts from 1)."""

    line: str
    why: str
    number: int = 0


class Article(_Frozen):
    """One page on one subject. *source* says where it came from, *url* where readers find it."""

    id: str
    source: str
    url: str = ""
    slug: str
    title: str
    lang: str = "en"
    published_at: datetime | None = None
    modified_at: datetime | None = None
    reviewed_on: date | None = None
    reviewer: str = ""
    status: Literal["usable", "unreviewed", "withdrawn"] = "usable"
    topics: tuple[str, ...] = ()
    sections: tuple[Section, ...]
    disclaimer: str = ""
    references: tuple[Reference, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def hash(self) -> str:
        """SHA-256 over everything a reader or the picker could notice; not over *left_out*."""
        said = self.model_dump(mode="json", exclude={"left_out"})
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def plain_text(inline: str) -> str:
    """Inline XHTML as text: tags dropped, entities resolved, a ``<br/>`` becomes a space.

    >>> plain_text("Take <b>one</b> &amp; wait")
    'Take one & wait'
    """
    return html.unescape(_TAG.sub("", _BREAK.sub(" ", inline))).strip()


def block_html(block: Paragraph | ListBlock | Table) -> str:
    """A block as semantic HTML (``p``, ``ol``/``ul``, ``table`` with real headers)."""
    if isinstance(block, Paragraph):
        return f"<p>{block.html}</p>"
    if isinstance(block, ListBlock):
        tag = "ol" if block.ordered else "ul"
        start = f' start="{block.start}"' if block.ordered and block.start != 1 else ""
        return f"<{tag}{start}>" + "".join(_item_html(item) for item in block.items) + f"</{tag}>"
    head = "".join(f'<th scope="col">{cell}</th>' for cell in block.header)
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in block.rows)
    return "<table>" + (f"<thead><tr>{head}</tr></thead>" if head else "") + f"<tbody>{rows}</tbody></table>"


def _item_html(item: Item) -> str:
    label = f"<strong>{html.escape(item.label, quote=False)}:</strong> " if item.label else ""
    return f"<li>{label}{item.html}" + "".join(block_html(block) for block in item.blocks) + "</li>"


Item.model_rebuild()
ListBlock.model_rebuild()
