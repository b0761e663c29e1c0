"""Questions about single nodes of an HTML tree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from newsletter.content.sources.inline import BLOCKS

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
