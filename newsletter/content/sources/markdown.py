"""A Markdown document with front matter to an article.

The text before the first heading is the overview, and a first ``#`` that is the only one is the page's
title. Sections start as in HTML (content/sources/fragment.py): at the highest level that two headings have,
above it, and at a deeper heading or bold line of another known kind; any other stays inside, in bold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from selectolax.lexbor import LexborHTMLParser

from newsletter.content.article import (
    Article,
    Block,
    Item,
    Kind,
    LeftOut,
    ListBlock,
    Paragraph,
    Reference,
    Table,
    plain_text,
)
from newsletter.content.citation import is_citation
from newsletter.content.cleaning import clean_inline, clean_title
from newsletter.content.flag import find_flags
from newsletter.content.heading import heading_kind, print_heading
from newsletter.content.language.script import QUESTION_MARKS
from newsletter.content.sectioning import Draft, article_id, build_sections, slugify
from newsletter.content.sources.apart import after_disclaimer, is_disclaimer, is_references
from newsletter.content.sources.flow import BOLD, Event, FlowReader, Heading, words_of
from newsletter.content.sources.footnote import Footnotes, take_footnotes
from newsletter.content.sources.fragment import Fragment, references_of
from newsletter.content.sources.front_matter import FrontMatter, has_front_matter, read_front_matter
from newsletter.content.sources.guard import safe_markup
from newsletter.content.sources.inline import join
from newsletter.content.sources.label import label_and_rest
from newsletter.content.sources.own_title import levels_of, without_own_title
from newsletter.content.sources.paragraph import has_heading_shape, heading_and_rest
from newsletter.content.sources.promotion import promoted, unlisted
from newsletter.content.sources.site_lines import why_site_line, without_boxes
from newsletter.content.sources.struck import apart, code_block, dropped, kept_tokens, line_of
from newsletter.content.sources.template import drop_template_marks
from newsletter.errors import ParseError

#: A table's parts that a blank line has cut off from their table.
#: The number of a list's item in other digits than those that CommonMark knows.
_OWN_NUMBER = re.compile(r"^([ \t]*)([٠-٩०-९০-৯]{1,3})(?:[.)।]|(?<=[٠-٩])[ ]?[-–])(?=[ \t]+\S)", re.MULTILINE)
_TABLE_PART = re.compile(r"\s*</?(?:tr|td|th|tbody|thead|tfoot|caption)\b", re.IGNORECASE)
_SAYS_NOTHING = re.compile(r"\s*(?:<!--.*-->|(?:</\w+>\s*)+)\s*", re.DOTALL)
MAX_LINE = 200

__all__ = ["has_front_matter", "parse_markdown"]


def parse_markdown(text: str, *, name: str, source: str = "markdown") -> Article:
    """The article in the Markdown *text*; *name* is its file's stem, *source* what to call its origin.

    Raises:
        ParseError: the document is empty, has no title, or its front matter is wrong.
    """
    if not text.strip():
        raise ParseError(name, "the document is empty", "Write front matter and text.")
    about, body = read_front_matter(text, name=name)
    body, marks = drop_template_marks(body, title=about.title)
    reader = _Reader(body, name=name, cited=len(about.references))
    title = about.title or reader.take_title()
    if not title:
        raise ParseError(name, "front matter has no title", "Add a line: title: Asthma")
    page = reader.read(title=title)
    sections, empty = build_sections(page.drafts, title=title, lang=about.lang)
    if not sections:
        raise ParseError(name, "there is no text below the front matter", "Write the article's text there.")
    article = _article(about, name=name, source=source, title=title)
    reviewed_on = article.reviewed_on or page.told.reviewed_on
    return article.model_copy(
        update={
            "published_at": article.published_at or page.told.published_at,
            "modified_at": article.modified_at or page.told.modified_at,
            "reviewed_on": reviewed_on,
            "reviewer": article.reviewer or page.told.reviewer,
            "status": "usable" if reviewed_on else "unreviewed",
            "topics": article.topics or page.told.topics,
            "sections": sections,
            "disclaimer": "\n\n".join(page.disclaimer),
            "references": (*about.references, *page.references),
            "left_out": (
                *about.left_out,
                *sorted((*marks, *page.left_out, *empty), key=lambda left: left.number),
            ),
        }
    )


#: What an article takes over from its front matter as it is.
_AS_GIVEN = (
    *("url", "lang", "topics", "published_at", "modified_at", "reviewed_on", "reviewer", "licence"),
    *("regions", "myth"),
)


def _article(about: FrontMatter, *, name: str, source: str, title: str) -> Article:
    return Article(
        id=article_id(title, about.url or name),
        source=source,
        slug=about.slug or slugify(title),
        title=title,
        sections=(),
        **{key: getattr(about, key) for key in _AS_GIVEN},
    )


class _Page:
    """Shares headings and blocks out to sections, disclaimer and references."""

    def __init__(self, title: str, *, deepest: int) -> None:
        """*deepest* is the lowest level of which every heading starts a section."""
        self.drafts: list[Draft] = [Draft("")]
        self.disclaimer: list[str] = []
        self.references: list[Reference] = []
        self.left_out: list[LeftOut] = []
        #: What lines of the text tell about the page: its reviewer, its dates.
        self.told = Fragment()
        self._title = title
        self._deepest = deepest
        self._target: Literal["section", "disclaimer", "references"] = "section"
        self._level = 0
        self._inner = 0
        self._kind: Kind | None = Kind.OVERVIEW

    def heading(self, event: Heading, *, number: int) -> None:
        """Take a heading: it opens a section or a part apart, or stays inside."""
        if is_disclaimer(event.text):
            self._turn("disclaimer", event.level)
        elif is_references(event.text):
            self._turn("references", event.level)
        elif self._starts_section(event):
            self._turn("section", event.level)
            self._kind = heading_kind(event.text, title=self._title)
            self.drafts.append(Draft(event.text, number=number))
        else:
            if self._target == "section" and has_heading_shape(event.text):
                self._inner = min(self._inner or event.level, event.level)
            self.block(event.in_bold(), number=number)

    def block(self, block: Block, *, number: int) -> None:
        """Take a paragraph, list or table."""
        if self._target == "references":
            self.references.extend(references_of(block, self.left_out, take=self.told.take_page_datum))
            return
        text = block.plain()
        named = after_disclaimer(text)
        if self._target == "disclaimer" or (isinstance(block, Paragraph) and named is not None):
            self.disclaimer.append(text if named is None else named)
            return
        line, why = why_site_line(block, self.told, title=self._title)
        if why:
            self.left_out.append(LeftOut(line=line, why=why, number=number))
        else:
            self.drafts[-1].blocks.append(block)

    def _starts_section(self, event: Heading) -> bool:
        if not event.text or event.level <= self._deepest:
            return bool(event.text)
        within = bool(self._inner) and not event.opens
        within = within and (event.level == BOLD or event.level > self._inner)
        question = self._kind is Kind.FAQ and event.text.endswith(QUESTION_MARKS)
        kind = heading_kind(event.text, title=self._title)
        # "Medicines" right below "Treatment" is what that heading is about.
        part = (self._kind, kind) == (Kind.TREATMENT, Kind.MEDICATIONS) and not self.drafts[-1].blocks
        known = kind not in (None, Kind.OTHER, self._kind) and not part and has_heading_shape(event.text)
        if self._target != "section":
            return event.level <= self._level and (event.level < BOLD or known)
        # Whatever bold line stands before it, when to seek help is no part of it.
        return known and (not within or kind is Kind.WHEN_TO_SEEK_HELP) and not question

    def _turn(self, target: Literal["section", "disclaimer", "references"], level: int) -> None:
        self._target, self._level, self._inner = target, level, 0


class _Reader:
    """Walks the syntax tree of one document's body; *name* is the document in errors.

    Its footnotes are the references after the *cited* ones that are known already.
    """

    def __init__(self, body: str, *, name: str, cited: int) -> None:
        self._name = name
        body = _OWN_NUMBER.sub(lambda number: f"{number[1]}{int(number[2])}.", body)
        body, notes = take_footnotes(body) if "[^" in body else (body, {})
        self._footnotes = Footnotes(notes, first=cited + 1)
        self._markdown = MarkdownIt("commonmark", {"html": True, "xhtmlOut": True, "maxNesting": 60}).enable(
            ["table", "strikethrough"]
        )
        self._env: dict[str, object] = {}
        self._nodes = list(SyntaxTreeNode(self._markdown.parse(body, self._env)).children)
        self._dropped = [left for node in self._nodes for left in dropped(node)]

    def take_title(self) -> str:
        """The text of a first heading of level 1, which then is no section; empty when there is none."""
        if self._nodes and self._nodes[0].type == "heading" and self._nodes[0].tag == "h1":
            return clean_title(plain_text(self._inline(self._nodes.pop(0))))
        return ""

    def read(self, *, title: str) -> _Page:
        """Everything below the title, shared out to sections, disclaimer and references."""
        notes = _Page(title, deepest=0)
        events: list[tuple[Event, int]] = []
        for node in without_boxes(self._nodes, notes.left_out, title=title):
            said = self._said_by_notes(node)
            events.extend((event, line_of(node)) for event in self._events(node, notes, title=title))
            events.extend((event, line_of(node)) for event in said)
        first = events[0][0] if events else None
        if isinstance(first, Heading) and first.level == 1 and first.text.casefold() == title.casefold():
            events.pop(0)
        parts = unlisted([event for event, _ in events], title=title)
        events = [(part, number) for (_, number), found in zip(events, parts, strict=True) for part in found]
        if levels_of(events)[1] == 1:
            events = without_own_title(events, notes.left_out, title=title)
        page = _shared_out(events, title=title)
        if not levels_of(events) or not any(draft.heading and draft.blocks for draft in page.drafts):
            better = promoted([event for event, _ in events], title=title)
            numbered = [(event, number) for event, (_, number) in zip(better, events, strict=True)]
            page = _shared_out(numbered, title=title)
        page.references[:0] = self._cited_by_notes()
        page.left_out[:0] = [*self._dropped, *notes.left_out]
        return page

    def _said_by_notes(self, node: SyntaxTreeNode) -> list[Event]:
        """The notes that *node* refers to first and that no list of sources may hide: doses and warnings."""
        tokens = (
            token
            for child in node.walk()
            if child.type == "inline" and child.token is not None
            for token in child.token.children or ()
        )
        said: list[Event] = []
        for label in self._footnotes.mark(tokens):
            inline = self._note(label)
            if find_flags(plain_text(inline)) and not is_citation(plain_text(inline)):
                said.append(Paragraph(html=f"[{self._footnotes.numbers[label]}] {inline}"))
        return said

    def _cited_by_notes(self) -> Iterator[Reference]:
        for label in self._footnotes.labels():
            note = Paragraph(html=self._note(label))
            yield next(references_of(note, [], take=lambda _line: ""), Reference(text=f"[{label}]"))

    def _note(self, label: str) -> str:
        """The words of a footnote as clean inline XHTML."""
        return clean_inline(self._markdown.renderInline(self._footnotes.notes[label], self._env)).replace(
            "<br/>", " "
        )

    def _events(self, node: SyntaxTreeNode, page: _Page, *, title: str) -> Iterator[Event]:
        """The headings and blocks that *node* is."""
        if node.type == "heading":
            inline = self._inline(node)
            if plain_text(inline):
                yield Heading(int(node.tag[1]), inline, print_heading(plain_text(inline)))
        elif node.type == "html_block":
            yield from self._html(node, page)
        elif node.type == "paragraph":
            yield from self._bold_line(node, title=title)
        elif node.type == "blockquote":
            for child in node.children:
                yield from self._events(child, page, title=title)
        elif node.type in ("bullet_list", "ordered_list") and self._heads_sections(node, title=title):
            for item in node.children:
                for child in item.children:
                    yield from self._events(child, page, title=title)
        else:
            yield from self._blocks(node, page)

    def _bold_line(self, node: SyntaxTreeNode, *, title: str) -> Iterator[Event]:
        """A paragraph, or the heading that it is or begins with, and the rest."""
        heading, rest = heading_and_rest(self._inline(node, end="<br/>"), title=title)
        if not heading:  # its bold words may go over several lines
            heading, rest = heading_and_rest(self._inline(node), title=title)
        if not heading:
            yield from self._paragraph(node)
            return
        yield Heading(BOLD, heading, words_of(heading))
        yield from [Paragraph(html=rest.replace("<br/>", " "))] if rest else []

    def _heads_sections(self, node: SyntaxTreeNode, *, title: str) -> bool:
        """Whether a list is only a document's way of numbering its headings."""
        heads = [item.children[0] for item in node.children if item.children]
        if len(heads) < len(node.children) or any(head.type != "heading" for head in heads):
            return False
        words = [words_of(self._inline(head)) for head in heads]
        return sum(heading_kind(text, title=title) is not None for text in words) * 2 >= len(words)

    def _blocks(self, node: SyntaxTreeNode, page: _Page) -> Iterator[Block]:
        """The blocks of *node*; what cannot be kept goes to the page's left_out with the reason."""
        if node.type in ("bullet_list", "ordered_list"):
            yield from self._list(node, page)
        elif node.type == "table":
            yield self._table(node)
        elif node.type == "blockquote":
            for child in node.children:
                yield from self._blocks(child, page)
        elif node.type in ("fence", "code_block"):
            yield from code_block(node)
        elif node.type in ("paragraph", "heading"):
            yield from self._paragraph(node)
        elif node.type == "html_block":
            for event in self._html(node, page):
                yield event.in_bold() if isinstance(event, Heading) else event

    def _paragraph(self, node: SyntaxTreeNode) -> Iterator[Paragraph]:
        inline = self._inline(node)
        if plain_text(inline):
            bold = node.type == "heading" and not inline.startswith("<strong>")
            yield Paragraph(html=f"<strong>{inline}</strong>" if bold else inline)

    def _html(self, node: SyntaxTreeNode, page: _Page) -> Iterator[Event]:
        """The headings and blocks of raw HTML, read as those of a page are."""
        html = f"<table>{node.content}" if _TABLE_PART.match(node.content) else node.content
        tree = LexborHTMLParser(f"<body>{safe_markup(html, name=self._name)}")
        if tree.body is None:
            return
        reader = FlowReader(tree.body)
        events = reader.events()
        number = line_of(node)
        page.left_out.extend(left.model_copy(update={"number": number}) for left in reader.left_out)
        if not events and not reader.left_out and not _SAYS_NOTHING.fullmatch(node.content):
            line = " ".join(node.content.split())[:MAX_LINE]
            page.left_out.append(LeftOut(line=line, why="HTML without text", number=number))
        yield from events

    def _list(self, node: SyntaxTreeNode, page: _Page) -> Iterator[Block]:
        items = tuple(item for child in node.children if (item := self._item(child, page)))
        if items:
            ordered = node.type == "ordered_list"
            yield ListBlock(
                ordered=ordered, start=int(node.attrs.get("start", 1)) if ordered else 1, items=items
            )

    def _item(self, node: SyntaxTreeNode, page: _Page) -> Item | None:
        children = list(node.children)
        own = self._own_line(children.pop(0)) if children and children[0].type == "paragraph" else ""
        blocks = tuple(block for child in children for block in self._blocks(child, page))
        if not own and blocks and isinstance(blocks[0], Paragraph):
            own, blocks = blocks[0].html, blocks[1:]
        if not own and not blocks:
            return None
        label, rest = label_and_rest(own)
        return Item(label=label, html=rest, blocks=blocks)

    def _own_line(self, node: SyntaxTreeNode) -> str:
        """An item's first paragraph; the end of a bold line of its own that is a known heading stays one."""
        lines = self._inline(node, end="<br/>")
        heading, rest = heading_and_rest(lines)
        if heading and rest and heading_kind(words_of(heading)):
            return f"{lines.partition('<br/>')[0]}<br/>{rest.replace('<br/>', ' ')}"
        return self._inline(node)

    def _table(self, node: SyntaxTreeNode) -> Table:
        rows = (row for part in node.children for row in part.children)
        header, *others = (tuple(self._inline(cell) for cell in row.children) for row in rows)
        return Table(header=header, rows=tuple(others))

    def _inline(self, node: SyntaxTreeNode, *, end: str = " ") -> str:
        """The inline content of *node* as clean XHTML without pictures; *end* stands for a line's end."""
        inline = next((child for child in node.children if child.type == "inline"), None)
        if inline is None or inline.token is None:
            return ""
        given = inline.token.children or []
        tokens = [apart(token) for token in kept_tokens(given)[0] if token.type != "image"]
        rendered = self._markdown.renderer.render(tokens, self._markdown.options, self._env)
        if tokens != given:
            rendered = re.sub(" {2,}", " ", rendered)
        cleaned = clean_inline(rendered.replace("<br />\n", "<br/>").replace("\n", end))
        cleaned = join([cleaned]) if "<br/>" in cleaned else cleaned
        return cleaned if plain_text(cleaned) else ""


def _shared_out(events: Sequence[tuple[Event, int]], *, title: str) -> _Page:
    levels = levels_of(events)
    if levels[1] == 1:
        del levels[1]
    page = _Page(title, deepest=next((level for level in sorted(levels) if levels[level] > 1), BOLD - 1))
    for event, number in events:
        if isinstance(event, Heading):
            page.heading(event, number=number)
        else:
            page.block(event, number=number)
    return page
