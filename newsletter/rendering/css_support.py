"""Which mail programs understand the CSS of a mail, by a table computed from caniemail's data.

The table (css_support.tsv) is made by `make css-support`; docs/reference/css-support.md shows what of it
our mails use. What stands in conditional comments is for classic Outlook alone and is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Literal, NamedTuple

import tinycss2
from selectolax.lexbor import LexborHTMLParser
from tinycss2.ast import (
    AtRule,
    Declaration,
    DimensionToken,
    FunctionBlock,
    IdentToken,
    LiteralToken,
    Node,
    ParenthesesBlock,
    QualifiedRule,
)

Support = Literal["y", "partial", "n", "unknown"]

#: How a value may be drawn that has a name of its own in the table.
_VALUES = {
    **{("display", each): f"display:{each.removeprefix('inline-')}" for each in ("flex", "inline-flex")},
    **{("display", each): f"display:{each.removeprefix('inline-')}" for each in ("grid", "inline-grid")},
    ("display", "none"): "display:none",
    **{("width", each): each for each in ("fit-content", "min-content", "max-content")},
}
#: Media features that every program knows which knows @media: the row "@media" is about them.
_PLAIN_MEDIA = frozenset({"width", "min-width", "max-width"})
_MAY_HIDE_SEMICOLONS = re.compile(r"""["'(\[{\\/@]""")


class Feature(NamedTuple):
    """One thing that a mail may use: *kind* is property, value, function, at-rule, pseudo or unit."""

    kind: str
    name: str


@dataclass(frozen=True)
class Unsupported:
    """A feature that some clients leave out; no *clients*: the table does not know it at all."""

    feature: Feature
    clients: tuple[str, ...]

    def __str__(self) -> str:
        """As a check's detail says it."""
        missing = ", ".join(self.clients)
        return f"{self.feature.name} ({f'not in {missing}' if missing else 'the table does not know it'})"


#: What our mails use knowingly although some clients leave it out, each with why that harms nobody.
BASELINE: dict[Feature, str] = {
    Feature("at-rule", "@media"): (
        "The styles outside are the phone's and the desk's alike: without it columns keep their width and "
        "the gutters theirs, and nothing runs off the side."
    ),
    Feature("at-rule", "@media (prefers-color-scheme)"): (
        "The letter stays light, or is inverted by the program; both pairs of colours have their contrast."
    ),
    Feature("property", "-ms-interpolation-mode"): "Smoother images in old Windows programs.",
    Feature("property", "-ms-text-size-adjust"): (
        "Keeps old Windows phones from enlarging text; elsewhere it means nothing."
    ),
    Feature("property", "-webkit-text-size-adjust"): (
        "Keeps phones from enlarging text by themselves; elsewhere it means nothing."
    ),
    Feature("property", "border-radius"): "Corners are square.",
    Feature("property", "color"): "Not in the data: every program draws it (CSS 1).",
    Feature(
        "property", "color-scheme"
    ): "Says that there are dark colours; without it the letter stays light.",
    Feature("property", "cursor"): "A link is a link, whatever the pointer looks like.",
    Feature("property", "font-family"): "Not in the data: every program draws it (CSS 1), or its own type.",
    Feature("property", "font-style"): "Not in the data: every program draws it (CSS 1).",
    Feature("property", "height"): "Yahoo makes it min-height; nothing of ours is lower than its content.",
    Feature("property", "outline"): "Takes a frame away from images that are links; a frame harms nobody.",
    Feature("property", "supported-color-schemes"): "The old name of color-scheme.",
    Feature("property", "word-break"): "A very long address is cut anywhere else, or makes its cell wider.",
    Feature("property", "word-spacing"): "Set to what it is anyway, by MJML.",
}


@dataclass(frozen=True)
class SupportTable:
    """The table: its clients in order, and their support by feature."""

    source: str
    clients: tuple[str, ...]
    rows: dict[Feature, tuple[Support, ...]]


@cache
def support_table() -> SupportTable:
    """The table that is shipped, read once."""
    said = resources.files("newsletter.rendering").joinpath("css_support.tsv").read_text(encoding="utf-8")
    return read_table(said)


def read_table(said: str) -> SupportTable:
    """Read the form that css_support.tsv has: a line on the source, the column names, the rows."""
    source, header, *lines = said.splitlines()
    rows: dict[Feature, tuple[Support, ...]] = {}
    for line in lines:
        kind, name, *support = line.split("\t")
        rows[Feature(kind, name)] = tuple(_support(one) for one in support)
    return SupportTable(source.removeprefix("# "), tuple(header.split("\t")[2:]), rows)


def _support(word: str) -> Support:
    known: dict[str, Support] = {"y": "y", "partial": "partial", "n": "n"}
    return known.get(word, "unknown")


def unsupported_css(html: str) -> tuple[Unsupported, ...]:
    """What *html* uses that a client is known to leave out, and BASELINE does not excuse, by name.

    Partial support is no finding: the data calls a property partial for values that nobody uses.
    """
    table = support_table()
    found = []
    for feature in sorted(used_css(html)):
        support = table.rows.get(feature)
        missing = tuple(
            client for client, one in zip(table.clients, support or (), strict=False) if one == "n"
        )
        if (missing or support is None) and not is_excused(feature):
            found.append(Unsupported(feature, missing))
    return tuple(found)


def is_excused(feature: Feature) -> bool:
    """Whether BASELINE says why the feature's absence harms nobody."""
    # Properties of Outlook's own, which nobody else reads.
    return feature in BASELINE or feature.name.startswith("mso-")


def used_css(html: str) -> frozenset[Feature]:
    """Every feature in the style attributes and style elements of *html*, those inside at-rules included."""
    tree = LexborHTMLParser(html)
    used: set[Feature] = set()
    styles = {node.attributes.get("style") or "" for node in tree.css("[style]")}
    for declarations in {part for style in styles for part in _parts(style)}:
        used |= _in_attribute(declarations)
    for node in tree.css("style"):
        media = node.attributes.get("media")
        if media:
            used |= _in_sheet(f"@media {media} {{}}")
        used |= _in_sheet(node.text())
    return frozenset(used)


def _parts(style: str) -> list[str]:
    """The declarations of a style; whole where a semicolon may stand in a string, a bracket or a comment."""
    return [style] if _MAY_HIDE_SEMICOLONS.search(style) else style.split(";")


@lru_cache(maxsize=4096)
def _in_attribute(declarations: str) -> frozenset[Feature]:
    """A mail repeats few declarations many times, and so do the mails of a newsletter."""
    return frozenset(_in_block(tinycss2.parse_blocks_contents(declarations)))


@lru_cache(maxsize=64)
def _in_sheet(sheet: str) -> frozenset[Feature]:
    return frozenset(_in_block(tinycss2.parse_stylesheet(sheet)))


def _in_block(nodes: Sequence[Node]) -> Iterator[Feature]:
    """What *nodes* and the blocks in them use, however deep: a stack of our own has no limit."""
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Declaration):
            yield from _in_declaration(node)
        elif isinstance(node, QualifiedRule):
            yield from _in_selector(node.prelude)
            waiting += tinycss2.parse_blocks_contents(node.content)
        elif isinstance(node, AtRule):
            yield from _in_at_rule(node)
            # The lines of @font-face describe a font; they style nothing.
            if node.content and node.lower_at_keyword != "font-face":
                waiting += tinycss2.parse_blocks_contents(node.content)


def _in_at_rule(rule: AtRule) -> Iterator[Feature]:
    name = f"@{rule.lower_at_keyword}"
    yield Feature("at-rule", name)
    if name == "@media":
        for block in rule.prelude:
            words = block.content if isinstance(block, ParenthesesBlock) else []
            feature = next((one.lower_value for one in words if isinstance(one, IdentToken)), "")
            if feature and feature not in _PLAIN_MEDIA:
                yield Feature("at-rule", f"@media ({feature})")


def _in_selector(tokens: Sequence[Node]) -> Iterator[Feature]:
    waiting = [tokens]
    while waiting:
        colons = ""
        for token in waiting.pop():
            if isinstance(token, LiteralToken) and token.value == ":":
                colons += ":"
                continue
            name = ""
            if isinstance(token, IdentToken):
                name = token.lower_value
            elif isinstance(token, FunctionBlock):
                name = token.lower_name
                waiting.append(token.arguments)
            # ":root" is what "html" is, and matches wherever style elements are read.
            if colons and name and name != "root":
                yield Feature("pseudo", f"{colons}{name}")
            colons = ""


def _in_declaration(declaration: Declaration) -> Iterator[Feature]:
    name = declaration.lower_name
    yield Feature("function", "var()") if name.startswith("--") else Feature("property", name)
    for token in _all_tokens(declaration.value):
        if isinstance(token, FunctionBlock):
            # An address in quotes is one without: the property says what it is for.
            if token.lower_name != "url":
                yield Feature("function", f"{token.lower_name}()")
        elif isinstance(token, DimensionToken):
            yield Feature("unit", token.lower_unit)
        elif isinstance(token, IdentToken) and (name, token.lower_value) in _VALUES:
            yield Feature("value", _VALUES[name, token.lower_value])


def _all_tokens(tokens: Sequence[Node]) -> Iterator[Node]:
    """*tokens* and those in their functions, however deep."""
    waiting = list(tokens)
    while waiting:
        token = waiting.pop()
        yield token
        if isinstance(token, FunctionBlock):
            waiting += token.arguments
