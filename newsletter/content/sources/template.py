"""Marks of site generators that were never run: Hugo's shortcodes, Liquid's tags, attributes of headings.

``{{< alert >}}Call 999{{< /alert >}}`` keeps its words and loses its marks; what a mark itself says of
doses and emergencies stays, too. Shapes: Hugo (gohugo.io, shortcodes), Liquid (Jekyll), kramdown and
Goldmark (attribute lists).
"""

from __future__ import annotations

import re

from newsletter.content.article import Flag, LeftOut
from newsletter.content.cleaning import clean_title
from newsletter.content.flag import find_flags

MAX_LINE = 200

#: What a mark is, and how it is written. A tag of Liquid that hides what it encloses comes first.
MARKS: tuple[tuple[str, str], ...] = (
    (
        "a site generator's comment",
        r"\{%-?\s*comment\s*-?%\}(?:(?!\{%).){0,5000}\{%-?\s*endcomment\s*-?%\}",
    ),
    ("a shortcode of Hugo", r"\{\{<(?:(?!>\}\}|\{\{<).){1,2000}>\}\}|\{\{%(?:(?!%\}\}|\{\{%).){1,2000}%\}\}"),
    ("a tag of Liquid", r"\{%-?\s*\w(?:(?!%\}|\{%).){0,2000}%\}"),
    (
        "a value that a site generator fills in",
        r"\{\{-?(?:\s+[\w.$\"'/][^{}\n]{0,300}?\s+-?|[a-z]\w*\.[^{}\s]{1,200}|[^{}\n|]{1,200}\|[^{}\n]{1,200})\}\}",
    ),
)
_ANY_MARK = "|".join(f"({pattern})" for _, pattern in MARKS)
_MARK = re.compile(rf"(?:{_ANY_MARK})(?P<gap>[ \t]*)", re.DOTALL)
#: The title, as a page names it itself.
_TITLE = re.compile(r"\{\{-?\s*(?:page\.title|\.Title|\$?\.?Page\.Title)\s*-?\}\}")
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)+)\"|'((?:[^'\\]|\\.)+)'|`([^`]+)`")
_VALUE = re.compile(r"^\{\{-?|-?\}\}$")
_ATTRIBUTES = r"\{(?::[^{}\n]{1,200}|[ \t]*[#.][\w-][^{}\n]{0,200})\}"
_WORDS = r"(?:[^\n{]|\{(?![ \t]*[:#.]))*+"
_HEADING = re.compile(
    rf"^(?P<atx> {{0,3}}#{{1,6}}[ \t]{_WORDS})(?P<marks>{_ATTRIBUTES})(?P<end>[ \t]*#*[ \t]*)$|"
    rf"^(?P<setext> {{0,3}}[^\s#>|-]{_WORDS})(?P<own>{_ATTRIBUTES})[ \t]*(?=\n {{0,3}}(?:=+|-+)[ \t]*$)",
    re.MULTILINE,
)
#: kramdown's attributes on a line of their own.
_OWN_LINE = re.compile(r"^[ \t]*(?P<own>\{:[^{}\n]{1,200}\})[ \t]*$", re.MULTILINE)
_MEDICAL = frozenset(Flag) - {Flag.SENSITIVE}


def drop_template_marks(body: str, *, title: str = "") -> tuple[str, list[LeftOut]]:
    r"""The Markdown *body* of the document called *title* without such marks, and what was left out.

    >>> drop_template_marks('## Treatment {#t}\n\n{{< alert >}} Call 999. {{< /alert >}}')[0]
    '## Treatment\n\nCall 999. '
    """
    if "{" not in body:
        return body, []
    left_out: list[LeftOut] = []

    def note(line: str, why: str, text: str, at: int) -> None:
        number = text.count("\n", 0, at) + 1
        left_out.append(LeftOut(line=clean_title(line)[:MAX_LINE], why=why, number=number))

    def without_mark(match: re.Match[str]) -> str:
        why = next(why for group, (why, _) in enumerate(MARKS, 1) if match[group])
        note(match[0], why, body, match.start())
        said = _said(match[0].strip())
        begins = body[max(0, match.start() - 1) : match.start()] in ("", " ", "\t", "\n")
        return said + "\n" * match[0].count("\n") + ("" if begins and not said else match["gap"])

    def without_attributes(match: re.Match[str]) -> str:
        groups = match.groupdict(default="")
        note(groups.get("marks") or groups["own"], "attributes for a site generator", body, match.start())
        words = groups.get("atx") or groups.get("setext") or ""
        return f"{words.rstrip()}{groups.get('end', '')}"

    if title:
        body = _TITLE.sub(lambda _: title, body)
    body = _HEADING.sub(without_attributes, body)
    body = _OWN_LINE.sub(without_attributes, body)
    lines = _MARK.sub(without_mark, body)
    return lines, sorted(left_out, key=lambda left: left.number)


def _said(mark: str) -> str:
    """What a mark says itself that must not be lost: the values with doses, warnings and emergencies."""
    if mark.startswith("{{") and mark[2:3] not in "<%":
        values = [_VALUE.sub("", mark)]
    else:
        values = [one or two or three for one, two, three in _QUOTED.findall(mark)]
    kept = (" ".join(value.split()) for value in values if _MEDICAL.intersection(find_flags(value)))
    return " ".join(kept)
