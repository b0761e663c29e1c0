"""A Markdown document with front matter to an article.

The text before the first heading is the overview. Headings of the document's highest level (a first
``#`` that repeats the title aside) start sections; deeper ones stay inside, as a bold paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from newsletter.content.article import (
    Article,
    Block,
    Item,
    LeftOut,
    ListBlock,
    Paragraph,
    Reference,
    Table,
    plain_text,
)
from newsletter.content.citation import parse_reference
from newsletter.content.cleaning import clean_inline, clean_title, escape_text, safe_url
from newsletter.content.heading import heading_kind, print_heading
from newsletter.content.sectioning import Draft, article_id, build_sections, slugify, split_label
from newsletter.content.sources.front_matter import FrontMatter, has_front_matter, read_front_matter
from newsletter.errors import ParseError

_DISCLAIMER = re.compile(r"(?:medical |health |general )?disclaimer", re.IGNORECASE)
_REFERENCES = re.compile(r"references?|sources?|bibliography|further reading|citations?", re.IGNORECASE)
_DISCLAIMER_LINE = re.compile(r"^(?:medical |health |general )?disclaimer\s*:\s*", re.IGNORECASE)
_BOLD_LABEL = re.compile(
    r"^<(strong|b)>(?P<label>[^<]{1,120}?)(?P<inside>:?)</\1>(?P<outside>\s*:)?\s*(?P<rest>.*)$", re.DOTALL
)
_HREF = re.compile(r'<a href="([^"]+)"')
_ONLY_BOLD = re.compile(r"^<(strong|b)>(?P<text>[^<]{1,120})</\1>:?$")

__all__ = ["has_front_matter", "parse_markdown"]


def parse_markdown(text: str, *, name: str, source: str = "markdown") -> Article:
    """The article in the Markdown *text*; *name* is its file's stem, *source* what to call its origin.

    Raises:
        ParseError: the document is empty, has no title, or its front matter is wrong.
    """
    if not text.strip():
        raise ParseError(name, "the document is empty", "Write front matter and text.")
    about, body = read_front_matter(text, name=name)
    reader = _Reader(body)
    title = about.title or reader.take_title()
    if not title:
        raise ParseError(name, "front matter has no title", "Add a line: title: Asthma")
    page = reader.read(title=title)
    sections, empty = build_sections(page.drafts, title=title)
    if not sections:
        raise ParseError(name, "there is no text below the front matter", "Write the article's text there.")
    return _article(about, name=name, source=source, title=title).model_copy(
        update={
            "sections": sections,
            "disclaimer": "\n\n".join(page.disclaimer),
            "references": (*about.references, *page.references),
            "left_out": tuple(sorted((*page.left_out, *empty), key=lambda left: left.number)),
        }
    )


def _article(about: FrontMatter, *, name: str, source: str, title: str) -> Article:
    return Article(
        id=article_id(title, about.url or name),
        source=source,
        url=about.url,
        slug=about.slug or slugify(title),
        title=title,
        lang=about.lang,
        topics=about.topics,
        published_at=about.published_at,
        modified_at=about.modified_at,
        reviewed_on=about.reviewed_on,
        reviewer=about.reviewer,
        licence=about.licence,
        status="usable" if about.reviewed_on else "unreviewed",
        sections=(),
    )


class _Page:
    """What reading the body found."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = [Draft("")]
        self.disclaimer: list[str] = []
        self.references: list[Reference] = []
        self.left_out: list[LeftOut] = []


class _Reader:
    """Walks the syntax tree of one document's body."""

    def __init__(self, body: str) -> None:
        self._markdown = MarkdownIt("commonmark", {"html": True, "xhtmlOut": True, "maxNesting": 60}).enable(
            "table"
        )
        self._env: dict[str, object] = {}
        self._nodes = list(SyntaxTreeNode(self._markdown.parse(body, self._env)).children)

    def take_title(self) -> str:
        """The text of a first heading of level 1, which then is no section; empty when there is none."""
        if self._nodes and self._nodes[0].type == "heading" and self._nodes[0].tag == "h1":
            return clean_title(plain_text(self._inline(self._nodes.pop(0))))
        return ""

    def read(self, *, title: str) -> _Page:
        """Everything below the title, shared out to sections, disclaimer and references."""
        first = self._nodes[0] if self._nodes else None
        if first is not None and first.tag == "h1" and self._heading(first).casefold() == title.casefold():
            self._nodes.pop(0)
        levels = [int(node.tag[1]) for node in self._nodes if node.type == "heading"]
        top = min(levels, default=0)
        page = _Page()
        target = "section"
        for node in self._nodes:
            heading = self._section_heading(node, top=top, title=title)
            if heading is None:
                self._add(page, node, target=target)
            elif _DISCLAIMER.fullmatch(heading):
                target = "disclaimer"
            elif _REFERENCES.fullmatch(heading):
                target = "references"
            else:
                target = "section"
                page.drafts.append(Draft(heading, number=_line(node)))
        return page

    def _section_heading(self, node: SyntaxTreeNode, *, top: int, title: str) -> str | None:
        """The heading that *node* is, when it starts a section, a disclaimer or a reference list."""
        if node.type == "heading":
            heading = self._heading(node)
            apart = _DISCLAIMER.fullmatch(heading) or _REFERENCES.fullmatch(heading)
            return heading if int(node.tag[1]) == top or apart else None
        if node.type == "paragraph" and not top:
            # A document without any heading may use bold lines for them.
            bold = _ONLY_BOLD.match(self._inline(node))
            heading = print_heading(plain_text(bold["text"])) if bold else ""
            if heading and (heading_kind(heading, title=title) or _DISCLAIMER.fullmatch(heading)):
                return heading
        return None

    def _heading(self, node: SyntaxTreeNode) -> str:
        return print_heading(plain_text(self._inline(node)))

    def _add(self, page: _Page, node: SyntaxTreeNode, *, target: str) -> None:
        blocks = list(self._blocks(node, page))
        if target == "references":
            page.references.extend(_references(blocks))
            return
        for block in blocks:
            text = block.plain()
            if target == "disclaimer" or (isinstance(block, Paragraph) and _DISCLAIMER_LINE.match(text)):
                page.disclaimer.append(_DISCLAIMER_LINE.sub("", text))
            else:
                page.drafts[-1].blocks.append(block)

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
            yield from _code(node)
        elif node.type in ("paragraph", "heading"):
            yield from self._paragraph(node, page)
        elif node.type == "html_block":
            yield from self._html(node, page)

    def _paragraph(self, node: SyntaxTreeNode, page: _Page) -> Iterator[Block]:
        self._note_images(node, page)
        inline = self._inline(node)
        if plain_text(inline):
            bold = node.type == "heading" and not inline.startswith("<strong>")
            yield Paragraph(html=f"<strong>{inline}</strong>" if bold else inline)

    def _html(self, node: SyntaxTreeNode, page: _Page) -> Iterator[Block]:
        cleaned = clean_inline(node.content)
        if plain_text(cleaned):
            yield Paragraph(html=cleaned)
        elif not node.content.strip().startswith("<!--"):
            line = " ".join(node.content.split())[:200]
            page.left_out.append(LeftOut(line=line, why="HTML without text", number=_line(node)))

    def _list(self, node: SyntaxTreeNode, page: _Page) -> Iterator[Block]:
        items = tuple(item for child in node.children if (item := self._item(child, page)))
        if items:
            ordered = node.type == "ordered_list"
            yield ListBlock(
                ordered=ordered, start=int(node.attrs.get("start", 1)) if ordered else 1, items=items
            )

    def _item(self, node: SyntaxTreeNode, page: _Page) -> Item | None:
        children = list(node.children)
        if not children:
            return None
        own = ""
        if children[0].type == "paragraph":
            first = children.pop(0)
            self._note_images(first, page)
            own = self._inline(first)
        blocks = tuple(block for child in children for block in self._blocks(child, page))
        if not own and not blocks:
            return None
        label, rest = _split_label(own)
        return Item(label=label, html=rest, blocks=blocks)

    def _table(self, node: SyntaxTreeNode) -> Table:
        rows = [
            tuple(self._inline(cell) for cell in row.children)
            for part in node.children
            for row in part.children
        ]
        return Table(header=rows[0], rows=tuple(rows[1:]))

    def _inline(self, node: SyntaxTreeNode) -> str:
        """The inline content of *node* as clean XHTML; a picture leaves its description."""
        inline = next((child for child in node.children if child.type == "inline"), None)
        if inline is None or inline.token is None:
            return ""
        tokens = [token for token in inline.token.children or [] if token.type != "image"]
        rendered = self._markdown.renderer.render(tokens, self._markdown.options, self._env)
        return clean_inline(rendered.replace("\n", " ")).replace("<br/> ", "<br/>")

    def _note_images(self, node: SyntaxTreeNode, page: _Page) -> None:
        for child in node.walk():
            if child.type == "image":
                why = "a picture: mails carry none"
                page.left_out.append(LeftOut(line=str(child.content), why=why, number=_line(node)))


def _split_label(inline: str) -> tuple[str, str]:
    """Label and rest of a list item's inline XHTML: a bold opening with a colon, else "Label: text"."""
    bold = _BOLD_LABEL.match(inline)
    if bold and (bold["inside"] or bold["outside"]) and bold["rest"]:
        return plain_text(bold["label"]).rstrip(": "), bold["rest"]
    before = inline.split(": ", 1)[0]
    if "<" in before or "&" in before:
        return "", inline
    return split_label(inline)


def _code(node: SyntaxTreeNode) -> Iterator[Block]:
    if node.content.strip():
        code = escape_text(node.content.strip("\n")).replace("\n", "<br/>")
        yield Paragraph(html=f"<code>{code}</code>")


def _references(blocks: Sequence[Block]) -> Iterator[Reference]:
    """A reference per list item or paragraph; its address may be a link's."""
    for block in blocks:
        for inline in _inlines(block):
            reference = parse_reference(plain_text(inline))
            if reference is not None:
                href = _HREF.search(inline)
                url = reference.url or (safe_url(plain_text(href[1])) if href else "")
                yield Reference(text=reference.text, url=url)


def _inlines(block: Block) -> list[str]:
    """The inline XHTML of a paragraph, or of each item of a list."""
    if isinstance(block, ListBlock):
        return [f"{item.label}: {item.html}" if item.label else item.html for item in block.items]
    return [block.html] if isinstance(block, Paragraph) else []


def _line(node: SyntaxTreeNode) -> int:
    """The line of the body that *node* begins on, counted from 1."""
    return node.map[0] + 1 if node.map else 0
