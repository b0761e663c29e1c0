"""Questions about single nodes of an HTML tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from newsletter.content.sources.inline import BLOCKS

HEADINGS = {f"h{level}": level for level in range(1, 7)}
#: What wraps the heading of an accordion.
_WRAPS = frozenset({"div", "section", "header", "article", "hgroup", "details", "summary", "a", "span"})
#: Signs without which a sentence says something else.
_RELATIONS = frozenset("<>≤≥=≠≈≅~±≪≫⩽⩾≮≯%‰°µμ≦≧")
#: Signs that are icons as often; they count beside a number.
_MAYBE = frozenset("+-−–×÷/→↑↓⁄*x")
#: Words that make a line a warning.
WARNING = re.compile(
    r"\b(?:warning|caution|danger|never|not|don't|don’t|avoid|stop|emergency|urgent|overdose|maximum|minimum|"
    r"important|call|seek|911|999|112)\b",
    re.IGNORECASE,
)
#: A number with a unit or a sign of comparison.
FIGURE = re.compile(
    r"[<>≤≥±≈]\s*\d|\d\s*(?:%|°|[µμ]|(?:mg|mcg|ug|g|kg|ml|l|dl|cl|iu|units?|mmol|mol|mmhg|bpm|cm|mm|m|c|f|"
    r"tablets?|drops?|times|doses?|puffs?|hours?|hrs?|h|min(?:ute)?s?|days?|weeks?|months?|years?|degrees?|"
    r"percent|kcal|calories|teaspoons?|tablespoons?|cups?)\b)",
    re.IGNORECASE,
)
#: What stands beside a heading's words as a link to the heading.
LINK_SIGNS = frozenset("#¶§🔗⚓∞")
#: So far around a list of tabs its panels are looked for.
MAX_AROUND = 4
_NUMBER = re.compile(r"\s*([+-]?\d{1,6})\s*$")


def block_holders(root: LexborNode) -> frozenset[int]:
    """The inline elements that hold block elements, and so are walked as blocks (by mem_id)."""
    found: set[int] = set()
    for node in root.traverse():
        if node.tag not in BLOCKS:
            continue
        above = node.parent
        while above is not None and above.tag not in BLOCKS and above.mem_id not in found:
            found.add(above.mem_id)
            above = above.parent
    return frozenset(found)


def entries_of(node: LexborNode) -> Iterator[LexborNode]:
    """The dt and dd elements of a dl, also within its div groups."""
    for child in node.iter():
        if child.tag == "div":
            yield from child.iter()
        else:
            yield child


def says(node: LexborNode) -> bool:
    """Whether *node* is text that is more than white space."""
    return bool(node.is_text_node and (node.text_content or "").strip())


def number_attribute(node: LexborNode, name: str, default: int) -> int:
    """The whole number in an attribute of *node*, at most six digits long; else *default*."""
    match = _NUMBER.match(node.attributes.get(name) or "")
    return int(match[1]) if match else default


def table_of(cell: LexborNode) -> int:
    """The table (by mem_id) that *cell* belongs to; 0 when it is in none."""
    above = cell.parent
    while above is not None and above.tag != "table":
        above = above.parent
    return above.mem_id if above is not None else 0


def beside(node: LexborNode) -> Iterator[LexborNode]:
    """The elements that stand right before and right after *node*, with no text between."""
    for other, step in ((node.prev, "prev"), (node.next, "next")):
        at = other
        while at is not None and not at.is_element_node and not says(at):
            at = getattr(at, step)
        if at is not None and at.is_element_node:
            yield at


def says_something(node: LexborNode, text: str) -> bool:
    """Whether *text* of *node* is words, numbers or a sign of comparison, and no ornament."""
    if any(letter.isalnum() or letter in _RELATIONS for letter in text):
        return True
    if not any(letter in _MAYBE for letter in text):
        return False
    before = (node.prev.text(deep=True) or "" if node.prev is not None else "").rstrip()
    after = (node.next.text(deep=True) or "" if node.next is not None else "").lstrip()
    return before[-1:].isdigit() or after[:1].isdigit()


def linked_share(node: LexborNode) -> float:
    """Which share of the text in *node* is in links."""
    whole = len("".join(node.text(deep=True).split()))
    linked = sum(len("".join(link.text(deep=True).split())) for link in node.css("a"))
    return linked / whole if whole else 0.0


@dataclass(frozen=True)
class Control:
    """What opens a part of a page: its words, and whether they stand in the text as a heading anyway."""

    words: str
    heads: bool


def controls_of(root: LexborNode) -> dict[str, Control]:
    """What opens the parts of the page around *root*, by their ids; tabs by "#" and their own as well."""
    top = root
    while top.parent is not None and top.parent.is_element_node:
        top = top.parent
    found: dict[str, Control] = {}
    for node in top.css("[aria-controls],[data-target],[data-bs-target],[role=tab]"):
        attributes = node.attributes
        tab, heads = node.tag in ("button", "a") or attributes.get("role") == "tab", in_heading(node)
        control = Control(" ".join(node.text(deep=True).split()) if tab else "", heads)
        names = [
            attributes.get(name) or "" for name in ("aria-controls", "data-target", "data-bs-target", "href")
        ]
        for target in " ".join(names).split():
            found.setdefault(target.lstrip("#"), control)
        if (attributes.get("role") == "tab") and (own := attributes.get("id")):
            found.setdefault(f"#{own}", control)
    return found


def paired_panels(root: LexborNode) -> dict[int, Control]:
    """What opens the tab panels (by mem_id) that no id binds to a tab: as many of each, in their order."""
    found: dict[int, Control] = {}
    for tablist in root.css("[role=tablist]"):
        tabs = tablist.css("[role=tab]")
        around = tablist.parent
        for _ in range(MAX_AROUND):
            if around is None or not tabs:
                break
            panels = around.css("[role=tabpanel]")
            if len(panels) == len(tabs):
                words = (" ".join(tab.text(deep=True).split()) for tab in tabs)
                found |= {
                    panel.mem_id: Control(said, heads=False)
                    for panel, said in zip(panels, words, strict=True)
                }
            if panels or around.mem_id == root.mem_id:
                break
            around = around.parent
    return found


def opener_of(node: LexborNode) -> Control | None:
    """The button right before *node* that says of itself that it opens something; it may be wrapped."""
    at = node.prev
    while at is not None and not at.is_element_node and not says(at):
        at = at.prev
    if at is None or not at.is_element_node:
        return None
    button = at if "aria-expanded" in at.attributes else at.css_first("[aria-expanded]")
    if button is None or button.tag not in ("button", "a", "div", "span"):
        return None
    words = " ".join(button.text(deep=True).split())
    if button.attributes.get("aria-controls") or words != " ".join(at.text(deep=True).split()):
        return None
    return Control(words, heads=in_heading(button))


def is_link_to_itself(node: LexborNode) -> bool:
    """Whether *node* is the sign beside a heading's words that links to the heading."""
    return node.tag == "a" and (node.text(deep=True) or "").strip() in LINK_SIGNS and in_heading(node)


def in_heading(node: LexborNode) -> bool:
    """Whether *node* is a heading or in one, or in what heads a part as headings do."""
    above: LexborNode | None = node
    while above is not None and above.tag in ("button", "a", "span", "div", "b", "strong"):
        above = above.parent
    return above is not None and (above.tag in HEADINGS or above.tag in ("summary", "dt"))


def first_heading(item: LexborNode) -> LexborNode | None:
    """The heading element that a list item begins with, if it does."""
    first: LexborNode | None = item
    while first is not None:
        first = next(
            (child for child in first.iter(include_text=True) if child.is_element_node or says(child)), None
        )
        if first is None or first.tag not in _WRAPS:
            break
    return first if first is not None and first.tag in HEADINGS else None


def why_picture(said: str) -> str:
    """Why a picture is left out whose description is *said*."""
    if FIGURE.search(said):
        return "a picture whose description holds a number: say it in words"
    if WARNING.search(said):
        return "a picture whose description holds a warning: say it in words"
    return "a picture: mails carry none"
