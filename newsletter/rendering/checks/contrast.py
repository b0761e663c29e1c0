"""Whether every word can be told from what it stands on, in light and in dark (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborNode

from newsletter.rendering.checks.check import Finding, Proof
from newsletter.rendering.checks.mail import Mail
from newsletter.rendering.checks.style import Colour, cascade, colour, declarations, matched, over, ratio

MINIMUM = 4.5
#: Large text: from 24 px (18 pt), or bold from 18.66 px (14 pt).
MINIMUM_LARGE = 3.0
LARGE_PX, LARGE_BOLD_PX = 24.0, 18.66

#: Nothing in our mails is set smaller than 14 px (standards, section 3).
#: Under ten px, words are not meant to be read.
SMALLEST_PX, HIDDEN_PX = 13.5, 10.0

_UNSEEN = frozenset({"head", "script", "style", "title", "template", "-comment"})
_BOLD = frozenset({"b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"})
#: Tags that look otherwise without any style.
_SPEAKING = _BOLD | {"a"}
_SIZE = re.compile(r"([\d.]+)(px|pt|em|rem|%)?")
_HEADING_EM = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h5": 0.83, "h6": 0.67}
_LINK: dict[bool, Colour] = {False: (0, 0, 238), True: (158, 158, 255)}
#: Deeper than any mail: what is nested further is not looked at.
_DEEPEST = 400


@dataclass(frozen=True)
class _Look:
    """What a node hands down to what stands in it. *size* in px."""

    ink: Colour
    ground: Colour
    size: float
    is_bold: bool
    is_hidden: bool = False


def hidden_words(proof: Proof) -> Iterator[Finding]:
    """Words that are in the mail and not to be seen, and words that are too small to be read."""
    for dark in (False, True):
        for words, look in _shown(proof.mail, dark=dark):
            if look.is_hidden or look.size < HIDDEN_PX:
                yield Finding(f"hidden: “{words[:60]}”", "fail")
            elif look.size < SMALLEST_PX:
                yield Finding(f"{look.size:g} px: “{words[:60]}”", "warn")


def faint_words(proof: Proof) -> Iterator[Finding]:
    """Words that are hard to see in light."""
    return _findings(proof.mail, dark=False)


def faint_words_in_dark(proof: Proof) -> Iterator[Finding]:
    """Words that are hard to see where the mail's own rules for the dark apply."""
    return _findings(proof.mail, dark=True)


def faint(mail: Mail, *, dark: bool) -> Iterator[tuple[str, float, float]]:
    """Words with less contrast than they need: the words, their ratio, the ratio needed."""
    for words, look in _shown(mail, dark=dark):
        shown, needed = ratio(look.ink, look.ground), _needed(look)
        if not look.is_hidden and look.size > 0 and shown < needed:
            yield words, shown, needed


def _shown(mail: Mail, *, dark: bool) -> Iterator[tuple[str, _Look]]:
    """Every text of the mail with how it looks."""
    body = mail.tree.body
    if body is None:
        return
    sheet = matched(mail.tree, dark=dark)
    blank = _Look((0, 0, 0), (255, 255, 255), 16.0, is_bold=False)
    if dark and any(rule.is_dark for rules in sheet.values() for rule, _ in rules):
        blank = replace(blank, ink=(255, 255, 255), ground=(18, 18, 18))
    waiting: list[tuple[LexborNode, _Look, int]] = [(body, blank, 0)]
    while waiting:
        node, handed, depth = waiting.pop()
        if depth > _DEEPEST:
            continue
        attributes = node.attributes
        applied = cascade(sheet.get(node.mem_id, []), declarations(attributes.get("style") or ""))
        look = _look(node.tag or "", attributes, applied, handed, dark=dark)
        if "hidden" in attributes or _hides(applied):
            look = replace(look, is_hidden=True)
        children: list[tuple[LexborNode, _Look, int]] = []
        child = node.child
        while child is not None:
            if child.tag == "-text":
                words = " ".join((child.text_content or "").split())
                if words:
                    yield words, look
            elif child.tag not in _UNSEEN:
                children.append((child, look, depth + 1))
            child = child.next
        waiting += reversed(children)


def _hides(applied: Mapping[str, str]) -> bool:
    """Whether an element's own style takes it, and all that is in it, out of sight."""
    opacity = applied.get("opacity", "1").rstrip("%")
    return (
        applied.get("display") == "none"
        or applied.get("visibility") in ("hidden", "collapse")
        or applied.get("mso-hide") == "all"
        or any(re.fullmatch(r"0(?:\.0*)?(?:px)?", applied.get(name, "")) for name in ("max-height", "height"))
        or (re.fullmatch(r"0?\.[0-4]\d*|0", opacity) is not None)
    )


def _findings(mail: Mail, *, dark: bool) -> Iterator[Finding]:
    for words, shown, needed in faint(mail, dark=dark):
        # Rounded down: 4.49 is not enough, and must not read as if it were.
        yield Finding(f"“{words[:60]}” has {int(shown * 100) / 100:g}:1, and needs {needed:g}:1")


def _look(
    tag: str,
    attributes: Mapping[str, str | None],
    applied: Mapping[str, str],
    handed: _Look,
    *,
    dark: bool,
) -> _Look:
    if not applied and tag not in _SPEAKING and "bgcolor" not in attributes:
        return handed
    ground = handed.ground
    said = applied.get("background-color") or attributes.get("bgcolor") or ""
    found = colour(said) if said else None
    if found:
        ground = over(*found, ground)
    ink = handed.ink
    if tag == "a" and "href" in attributes:
        ink = _LINK[dark]
    given = applied.get("color") or ""
    found = colour(given) if given else None
    if found:
        ink = over(*found, ground)
    elif given == "inherit":
        ink = handed.ink
    weight = applied.get("font-weight", "")
    is_bold = handed.is_bold or tag in _BOLD
    if weight:
        is_bold = weight in ("bold", "bolder") or (weight.isdecimal() and int(weight[:4]) >= 600)
    size = _size(tag, applied.get("font-size", ""), handed.size)
    return _Look(ink, ground, size, is_bold, handed.is_hidden)


def _size(tag: str, said: str, handed: float) -> float:
    match = _SIZE.fullmatch(said)
    if not match:
        return handed * _HEADING_EM.get(tag, 1.0)
    try:
        number = float(match[1])
    except ValueError:
        return handed
    unit = match[2] or "px"
    return number * {"px": 1.0, "pt": 4 / 3, "em": handed, "rem": 16.0, "%": handed / 100}[unit]


def _needed(look: _Look) -> float:
    is_large = look.size >= LARGE_PX or (look.is_bold and look.size >= LARGE_BOLD_PX)
    return MINIMUM_LARGE if is_large else MINIMUM
