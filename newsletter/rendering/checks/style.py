"""The style of a mail as far as contrast goes: its rules, in light and in dark, and what they make of a node.

Rules for any screen are taken to apply, whatever its width: somebody has such a one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser
from tinycss2 import parse_component_value_list
from tinycss2.color4 import Color, parse_color

Colour = tuple[float, float, float]

_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
_DARK = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)", re.IGNORECASE)
_READ = frozenset(
    {
        *("color", "background", "background-color", "font-size", "font-weight", "display", "visibility"),
        *("opacity", "max-height", "height", "mso-hide"),
    }
)
#: A style sheet for these is never on a screen.
_NOT_SEEN = re.compile(r"\b(?:print|speech)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Value:
    """What one declaration says."""

    said: str
    is_important: bool


Declarations = Mapping[str, Value]


@dataclass(frozen=True)
class StyleRule:
    """A selector with its declarations; *weight* is its specificity, then its place."""

    selector: str
    declarations: Declarations
    weight: tuple[int, int, int, int]
    is_dark: bool


def rules_of(tree: LexborHTMLParser) -> list[StyleRule]:
    """Every rule of the style elements of *tree* that applies everywhere, or in the dark."""
    found: list[StyleRule] = []
    for node in tree.css("style"):
        if "media" in node.attributes and not _DARK.search(node.attributes["media"] or ""):
            continue
        is_dark = "media" in node.attributes
        for selectors, body, dark in _blocks(_COMMENT.sub(" ", node.text() or ""), is_dark=is_dark):
            declared = declarations(body)
            if not declared:
                continue
            for selector in filter(None, (one.strip() for one in selectors.split(","))):
                found.append(StyleRule(selector, declared, (*_specificity(selector), len(found)), dark))
    return found


def matched(tree: LexborHTMLParser, *, dark: bool) -> dict[int, list[tuple[StyleRule, Declarations]]]:
    """The rules that apply to each node (by its memory id), the strongest last."""
    found: dict[int, list[tuple[StyleRule, Declarations]]] = {}
    for rule in sorted(rules_of(tree), key=lambda one: one.weight):
        if rule.is_dark and not dark:
            continue
        try:
            nodes = tree.css(rule.selector)
        except Exception:  # noqa: BLE001, S112 - selectolax says nothing more of a selector it cannot read
            continue
        for node in nodes:
            found.setdefault(node.mem_id, []).append((rule, rule.declarations))
    return found


def cascade(sheet: list[tuple[StyleRule, Declarations]], inline: Declarations) -> dict[str, str]:
    """What applies to a node: rules by weight, then its own style, then what is important, in that order.

    ``background`` is told as ``background-color``.
    """
    layers = [declared for _, declared in sheet]
    applied: dict[str, str] = {}
    for important in (False, True):
        for declared in (*layers, inline):
            for name, value in declared.items():
                if value.is_important is important:
                    applied["background-color" if name == "background" else name] = value.said
    return applied


@lru_cache(maxsize=2_000)
def declarations(body: str) -> Declarations:
    """The declarations of *body* that contrast depends on."""
    found: dict[str, Value] = {}
    for part in body.split(";"):
        name, _, said = part.partition(":")
        name = name.strip().lower()
        if name in _READ and said.strip():
            value = said.strip().lower()
            bare = re.sub(r"\s*!\s*important$", "", value)
            found[name] = Value(bare, bare != value)
    return found


@lru_cache(maxsize=2_000)
def colour(said: str) -> tuple[Colour, float] | None:
    """A colour of 0 to 255 a channel, and how opaque it is from 0 to 1; None where *said* names none.

    *said* may be a whole ``background``.
    """
    for token in parse_component_value_list(said, skip_comments=True):
        found = parse_color(token.serialize())
        if isinstance(found, Color):
            # A channel may be missing ("none"), which counts as nothing of it.
            red, green, blue, opacity = (float(part or 0) for part in found.to("srgb"))
            return (red * 255, green * 255, blue * 255), opacity
    return None


def over(above: Colour, opacity: float, below: Colour) -> Colour:
    """*above* laid over *below*."""
    red, green, blue = (one * opacity + two * (1 - opacity) for one, two in zip(above, below, strict=True))
    return red, green, blue


def luminance(shown: Colour) -> float:
    """Relative luminance, from 0 to 1 (WCAG 2.2, "relative luminance")."""
    red, green, blue = (
        part / 12.92 if (part := channel / 255) <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for channel in shown
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@lru_cache(maxsize=2_000)
def ratio(one: Colour, two: Colour) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio").

    >>> ratio((0, 0, 0), (255, 255, 255))
    21.0
    """
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def _specificity(selector: str) -> tuple[int, int, int]:
    ids = len(re.findall(r"#[\w-]+", selector))
    classes = len(re.findall(r"\.[\w-]+|\[[^\]]*\]|(?<!:):(?!:)[\w-]+", selector))
    tags = len(re.findall(r"(?:^|[\s>+~(])[a-zA-Z][\w-]*", selector))
    return ids, classes, tags


def _blocks(sheet: str, *, is_dark: bool) -> Iterator[tuple[str, str, bool]]:
    """(selectors, declarations, is dark) of each rule; what is for paper or speech is passed over."""
    place = 0
    while (opening := sheet.find("{", place)) >= 0:
        head = sheet[place:opening].rsplit(";", 1)[-1].strip()
        closing = _closing(sheet, opening)
        inside = sheet[opening + 1 : closing]
        if not head.startswith("@"):
            yield head, inside, is_dark
        elif head.lower().startswith("@media") and not _NOT_SEEN.search(head):
            yield from _blocks(inside, is_dark=is_dark or bool(_DARK.search(head)))
        place = closing + 1


def _closing(sheet: str, opening: int) -> int:
    depth = 0
    for match in re.finditer(r"[{}]", sheet[opening:]):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return opening + match.start()
    return len(sheet)
