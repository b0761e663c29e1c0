"""The style of a mail as far as contrast goes: its rules, in light and in dark, and what they make of a node.

Only what our mails use is read: rules at the top of a style sheet, and those within
``@media (prefers-color-scheme: dark)``. Rules for widths, print and single mail programs are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser

Colour = tuple[float, float, float]

_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
_DARK = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)", re.IGNORECASE)
_HEX = re.compile(r"#(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})(?![0-9a-z])", re.IGNORECASE)
_RGB = re.compile(
    r"rgba?\(\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*(?:[,/]\s*([\d.]+%?)\s*)?\)", re.IGNORECASE
)
_ANY_COLOUR = re.compile(rf"{_HEX.pattern}|{_RGB.pattern}|\b[a-z]+\b", re.IGNORECASE)
_NAMES: dict[str, Colour] = {
    "black": (0, 0, 0), "silver": (192, 192, 192), "gray": (128, 128, 128), "grey": (128, 128, 128),
    "white": (255, 255, 255), "maroon": (128, 0, 0), "red": (255, 0, 0), "purple": (128, 0, 128),
    "green": (0, 128, 0), "lime": (0, 255, 0), "olive": (128, 128, 0), "yellow": (255, 255, 0),
    "navy": (0, 0, 128), "blue": (0, 0, 255), "teal": (0, 128, 128), "aqua": (0, 255, 255),
    "orange": (255, 165, 0), "pink": (255, 192, 203), "lightgray": (211, 211, 211),
    "lightgrey": (211, 211, 211), "darkgray": (169, 169, 169), "darkgrey": (169, 169, 169),
}  # fmt: skip
_READ = frozenset({"color", "background", "background-color", "font-size", "font-weight", "display"})


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
    for match in _ANY_COLOUR.finditer(said):
        word = match[0].lower()
        if word == "transparent":
            return (0, 0, 0), 0.0
        if word in _NAMES:
            return _NAMES[word], 1.0
        if word.startswith("#"):
            digits = word[1:] if len(word) > 5 else "".join(letter * 2 for letter in word[1:])
            channels = [int(digits[place : place + 2], 16) for place in range(0, len(digits), 2)]
            return (channels[0], channels[1], channels[2]), (channels[3] / 255 if len(channels) > 3 else 1.0)
        rgb = _RGB.fullmatch(match[0])
        if rgb:
            channels = [min(255, int(part)) for part in rgb.groups()[:3]]
            return (channels[0], channels[1], channels[2]), _alpha(rgb[4])
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


def _alpha(said: str | None) -> float:
    if not said:
        return 1.0
    try:
        value = float(said.rstrip("%")) / (100 if said.endswith("%") else 1)
    except ValueError:
        return 1.0
    return min(1.0, max(0.0, value))


def _specificity(selector: str) -> tuple[int, int, int]:
    ids = len(re.findall(r"#[\w-]+", selector))
    classes = len(re.findall(r"\.[\w-]+|\[[^\]]*\]|(?<!:):(?!:)[\w-]+", selector))
    tags = len(re.findall(r"(?:^|[\s>+~(])[a-zA-Z][\w-]*", selector))
    return ids, classes, tags


def _blocks(sheet: str, *, is_dark: bool) -> Iterator[tuple[str, str, bool]]:
    """(selectors, declarations, is dark) of each rule; what stands in any other at-rule is passed over."""
    place = 0
    while (opening := sheet.find("{", place)) >= 0:
        head = sheet[place:opening].rsplit(";", 1)[-1].strip()
        closing = _closing(sheet, opening)
        inside = sheet[opening + 1 : closing]
        if not head.startswith("@"):
            yield head, inside, is_dark
        elif head.lower().startswith("@media") and _DARK.search(head):
            yield from _blocks(inside, is_dark=True)
        place = closing + 1


def _closing(sheet: str, opening: int) -> int:
    depth = 0
    for match in re.finditer(r"[{}]", sheet[opening:]):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return opening + match.start()
    return len(sheet)
