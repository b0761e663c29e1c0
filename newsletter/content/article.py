"""What an article is: sections of blocks, with its trust data and what was left out of it.

Inline text is kept as a small, safe XHTML subset (``a[href] b strong i em sup sub code br/``), already
escaped; plain text is derived from it, so the two can never disagree.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from newsletter.content.word import count_words

#: How long a review holds where nobody set another limit (NHS and HSE review every three years).
REVIEW_LIMIT = timedelta(days=3 * 365)

#: Whether an article's review holds on a day.
ReviewState = Literal["reviewed", "overdue", "missing"]

_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"<br\s*/?>")
_RAISED = re.compile(r"<(?P<tag>sup|sub)>(?P<inner>.*?)</(?P=tag)>", re.DOTALL)
#: Marks that may stand between a number and what is raised beside it.
_MARKS = r"(?:</?(?:a|b|strong|i|em|code)\b[^>]*>)*"
#: "1<sup>1</sup>/<sub>2</sub>"; below a fraction slash, nothing else can stand.
_FRACTION = re.compile(
    rf"(?P<whole>\d{_MARKS}\s*)?<sup>{_MARKS}\s*(?P<above>\d+)\s*{_MARKS}</sup>\s*"
    rf"(?:[/⁄∕]\s*<sub>{_MARKS}\s*(?P<below>\d+)\s*{_MARKS}</sub>|⁄\s*(?P<beside>\d+))"
)
_POWER = re.compile(r"[-−–+]?\d+(?:[.,]\d+)?")
#: Raised, these read as they are: charges, trade marks, footnote signs, what has brackets of its own.
_AS_IS = re.compile(r"[^\w\s]+|\d*[+−–-]|TM|SM|[(\[].*[)\]]", re.DOTALL)
_ORDINAL = re.compile(r"st|nd|rd|th", re.IGNORECASE)
_SQUARED = re.compile(r"(?<![^\W\d_])(?:[cdkmnµμ]?m|in|ft|s)$")
_ISOTOPE = re.compile(r"[A-Z][a-z]?(?![^\W\d_])")


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
    """What a text contains that later rooms must respect (content/flag.py has the wordings).

    Every contraindication, interaction and red flag is a WARNING too: who asks only for that loses nothing.
    """

    DOSE = "dose"
    WARNING = "warning"
    CONTRAINDICATION = "contraindication"
    INTERACTION = "interaction"
    RED_FLAG = "red_flag"
    EMERGENCY = "emergency"
    SENSITIVE = "sensitive"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Block(_Frozen):
    """What paragraphs, lists and tables have in common: they are equal when they say the same.

    *flags* are read off what a block says and where it stands, so they are no part of that.
    """

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._said() == other._said()

    def __hash__(self) -> int:
        return hash(tuple(self._said().items()))

    def _said(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "flags"}


class Paragraph(_Block):
    """A paragraph of inline XHTML."""

    type: Literal["paragraph"] = "paragraph"
    html: str
    flags: tuple[Flag, ...] = ()

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


class ListBlock(_Block):
    """A list; a numbered one counts from *start*. Its *flags* are also those of what is nested in it."""

    type: Literal["list"] = "list"
    ordered: bool
    start: int = 1
    items: tuple[Item, ...]
    flags: tuple[Flag, ...] = ()

    def plain(self) -> str:
        """The list as text, an item a line, nested blocks indented by two."""
        lines: list[str] = []
        for number, item in enumerate(self.items, self.start):
            lines.append(f"{number}. {item.plain()}" if self.ordered else f"- {item.plain()}")
            for block in item.blocks:
                lines.extend(f"  {line}" for line in block.plain().splitlines())
        return "\n".join(lines)


class Table(_Block):
    """A table of inline XHTML cells; *header* may be empty."""

    type: Literal["table"] = "table"
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...]
    flags: tuple[Flag, ...] = ()

    def plain(self) -> str:
        """The table as text, a row a line, cells apart by a bar."""
        rows = ([self.header] if self.header else []) + list(self.rows)
        return "\n".join(" | ".join(plain_text(cell) for cell in row) for row in rows)


Block = Annotated[Paragraph | ListBlock | Table, Field(discriminator="type")]


class Section(_Frozen):
    """A titled part of an article, of one kind. *position* counts from 0 within the article.

    *flags* is the union of its blocks'. *grade* is the Flesch-Kincaid grade, *smog* the SMOG grade, both in
    US school years and None where the text is too short for the formula (content/readability.py).
    """

    position: int
    heading: str
    kind: Kind
    blocks: tuple[Block, ...]
    flags: tuple[Flag, ...] = ()
    grade: float | None = None
    smog: float | None = None

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
        return count_words(self.text)

    @property
    def hash(self) -> str:
        """SHA-256 over kind, heading and blocks: changes when a reader would read something else."""
        said = [self.kind, self.heading, [_said(block) for block in self.blocks]]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


class Reference(_Frozen):
    """A source that the article cites: its text, and its address and identifiers where it has them.

    *doi* is bare and in lower case ("10.1000/182"), *pmid* the digits alone.
    """

    text: str
    url: str = ""
    doi: str = ""
    pmid: str = ""


class Myth(_Frozen):
    """A common belief that is wrong, in the belief's own words (*claim*), and what is so (*fact*)."""

    claim: str
    fact: str

    @property
    def hash(self) -> str:
        """SHA-256 over both: changes when a reader would read something else."""
        return hashlib.sha256(f"{self.claim}\0{self.fact}".encode()).hexdigest()


class LeftOut(_Frozen):
    """A line of the document that is not part of the article, and why (*number* counts from 1)."""

    line: str
    why: str
    number: int = 0


class Article(_Frozen):
    """One page on one subject. *source* says where it came from, *url* where readers find it.

    *licence* says under which terms its text may be used, or whom to name for it, in the source's words.
    *regions* are where it holds, as in the setting region ("GB", "US"); empty: anywhere.
    """

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
    licence: str = ""
    regions: tuple[str, ...] = ()
    myth: Myth | None = None
    left_out: tuple[LeftOut, ...] = ()

    def holds(self, pin: str) -> bool:
        """Whether a section, or the myth, still has this hash."""
        return pin in {one.hash for one in self.sections} or (self.myth is not None and self.myth.hash == pin)

    @property
    def hash(self) -> str:
        """SHA-256 over everything a reader or the picker could notice; not over *left_out*."""
        said = self.model_dump(mode="json", exclude={"left_out"})
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def plain_text(inline: str) -> str:
    """Inline XHTML as text: tags dropped, entities resolved, a ``<br/>`` becomes a space.

    What is raised or lowered never makes another number of the one beside it.

    >>> plain_text("Take <b>one</b> &amp; wait")
    'Take one & wait'
    >>> plain_text("150 × 10<sup>9</sup>/L, 1<sup>1</sup>/<sub>2</sub> cup, 5 mg/kg<sup>a</sup>")
    '150 × 10^9/L, 1 1/2 cup, 5 mg/kg[a]'
    """
    if "<" in inline:
        if "<su" in inline:
            inline = _with_raised(inline)
        inline = _TAG.sub("", _BREAK.sub(" ", inline))
    return html.unescape(inline).strip()


def _with_raised(inline: str) -> str:
    """*inline* with what ``sup`` and ``sub`` say put into characters."""
    inline = _FRACTION.sub(_fraction, inline)
    out: list[str] = []
    end, before = 0, ""
    for match in _RAISED.finditer(inline):
        between = inline[end : match.start()]
        out.append(between)
        # A unit or number is short: what stands far before a mark does not matter.
        before = (before + html.unescape(_TAG.sub("", _BREAK.sub(" ", between))))[-20:]
        inner = html.unescape(_TAG.sub("", match["inner"])).strip()
        after = html.unescape(_TAG.sub("", inline[match.end() : match.end() + 40]))
        said = _raised(inner, before, after) if match["tag"] == "sup" else _lowered(inner, before)
        out.append(html.escape(said, quote=False))
        before += said
        end = match.end()
    return "".join((*out, inline[end:]))


def _fraction(match: re.Match[str]) -> str:
    whole = f"{match['whole'].rstrip()} " if match["whole"] else ""
    return f"{whole}{match['above']}/{match['below'] or match['beside']}"


def _raised(inner: str, before: str, after: str) -> str:
    """What the superscript *inner* reads as, between *before* and *after*."""
    number = before[-1:].isdigit()
    if number and inner in ("o", "0", "º", "°") and re.match(r"\s?[CF]\b", after):
        return "°"
    if number and re.fullmatch(r"\d+\s*[/⁄∕]\s*\d+", inner):
        return f" {inner}"
    power = _POWER.fullmatch(inner)
    if power and (number or (inner[0] in "-−–" and before[-1:].isalpha())):
        return f"^{inner}"
    if _SQUARED.search(before) and inner in ("2", "3"):
        return inner
    isotope = inner.rstrip("m").isdigit() and not before[-1:].isalnum() and _ISOTOPE.match(after)
    as_is = _AS_IS.fullmatch(inner) or (number and _ORDINAL.fullmatch(inner)) or isotope
    if not inner or (as_is and not (number and inner[0].isdigit())):
        return inner
    return f"[{inner}]"


def _lowered(inner: str, before: str) -> str:
    """What the subscript *inner* reads as after *before*: itself, but that no two numbers become one."""
    return f"_{inner}" if before[-1:].isdigit() and inner[:1].isdigit() else inner


class Reviewed(Protocol):
    """An article, or what a list says of one."""

    @property
    def reviewed_on(self) -> date | None:
        """The day of its last review."""


def review_state(article: Reviewed, on: date, *, limit: timedelta = REVIEW_LIMIT) -> ReviewState:
    """Whether the review of *article* holds on the day *on*: "overdue" when it is older than *limit*.

    A review in the future is a mistake of somebody's, so the article counts as never reviewed.
    """
    if article.reviewed_on is None or article.reviewed_on > on:
        return "missing"
    return "reviewed" if on - article.reviewed_on <= limit else "overdue"


def review_reason(article: Reviewed, on: date, *, limit: timedelta = REVIEW_LIMIT) -> str:
    """Why the review of *article* does not hold on the day *on*, in words; empty when it does."""
    state = review_state(article, on, limit=limit)
    if state == "reviewed":
        return ""
    if state == "overdue":
        return f"reviewed on {article.reviewed_on}, more than {limit.days:,} days before {on}"
    if article.reviewed_on is None:
        return "gives no review date"
    return f"gives {article.reviewed_on} as its review date, which is after {on}"


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


def _said(block: Paragraph | ListBlock | Table) -> dict[str, Any]:
    """*block* as a reader reads it, as JSON: without its flags, on any level."""
    if isinstance(block, Paragraph):
        return {"type": block.type, "html": block.html}
    if isinstance(block, Table):
        return {"type": block.type, "header": block.header, "rows": block.rows}
    items = [
        {"label": item.label, "html": item.html, "blocks": [_said(nested) for nested in item.blocks]}
        for item in block.items
    ]
    return {"type": block.type, "ordered": block.ordered, "start": block.start, "items": items}


def _item_html(item: Item) -> str:
    label = f"<strong>{html.escape(item.label, quote=False)}:</strong> " if item.label else ""
    return f"<li>{label}{item.html}" + "".join(block_html(block) for block in item.blocks) + "</li>"


Item.model_rebuild()
ListBlock.model_rebuild()
