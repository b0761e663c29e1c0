"""`make css-support`: the table of what mail clients understand, from caniemail's data, and its page in docs.

The data is found through NEWSLETTER_REFERENCE_DATA (default ../shared/data); without it the table stays as
it is, and only the page is made anew.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from newsletter.rendering.css_support import BASELINE, Feature, SupportTable, support_table, used_css
from tests.browser.mails import sample_mails

ROOT = Path(__file__).parent.parent.parent
TABLE = ROOT / "newsletter/rendering/css_support.tsv"
PAGE = ROOT / "docs/reference/css-support.md"
DATA = Path(os.environ.get("NEWSLETTER_REFERENCE_DATA", "../shared/data")) / "email-html/caniemail.json"

#: Our clients, each made of the data's (family, platform); of several the one that does least counts.
CLIENTS: dict[str, tuple[tuple[str, str], ...]] = {
    "Gmail web": (("gmail", "desktop-webmail"),),
    "Gmail Android": (("gmail", "android"),),
    "Gmail iOS": (("gmail", "ios"),),
    "Apple Mail macOS": (("apple-mail", "macos"),),
    "Apple Mail iOS": (("apple-mail", "ios"),),
    "Outlook classic": (("outlook", "windows"),),
    "Outlook new/web": (("outlook", "outlook-com"),),
    "Outlook macOS": (("outlook", "macos"),),
    "Outlook mobile": (("outlook", "ios"), ("outlook", "android")),
    "Yahoo": (("yahoo", "desktop-webmail"), ("yahoo", "ios"), ("yahoo", "android")),
    "Thunderbird": (("thunderbird", "macos"), ("thunderbird", "windows")),
    "Samsung Email": (("samsung-email", "android"),),
}
_WORDS = {"y": "y", "a": "partial", "n": "n"}
_ORDER = ("n", "partial", "y", "unknown")
_SIDES = ("top", "right", "bottom", "left")
_CORNERS = ("top-left", "top-right", "bottom-right", "bottom-left")
_HEADINGS = tuple(f"h{level}" for level in range(1, 7))

#: Features whose titles do not name what they are about as CSS and HTML do. No names: not a thing one uses.
_NAMES: dict[str, tuple[str, tuple[str, ...]]] = {
    "css-border-radius": ("property", ("border-radius", *(f"border-{each}-radius" for each in _CORNERS))),
    "css-block-inline-size": ("property", ("block-size",)),
    "css-border-radius-logical": ("property", ()),
    "css-color-scheme": ("property", ("color-scheme",)),
    "css-column-layout-properties": ("property", ("columns",)),
    "css-comments": ("", ()),
    "css-flex-direction": ("property", ("flex-direction",)),
    "css-flex-wrap": ("property", ("flex-wrap",)),
    "css-font": ("property", ("font",)),
    "css-grid-template": ("property", ("grid-template",)),
    "css-important": ("value", ("!important",)),
    "css-inset": ("property", ("inset",)),
    "css-intrinsic-size": ("value", ("fit-content", "min-content", "max-content")),
    "css-left-right-top-bottom": ("property", _SIDES),
    "css-modern-color": ("function", ("lch()", "oklch()", "lab()", "oklab()")),
    "css-nesting": ("selector", ("nesting",)),
    "css-padding": ("property", ("padding", *(f"padding-{side}" for side in _SIDES))),
    "css-pseudo-class-lang": ("pseudo", (":lang",)),
    "css-scroll-snap": ("property", ("scroll-snap-type", "scroll-snap-align")),
    "css-selector-universal": ("selector", ("*",)),
    "css-sytem-ui": ("value", ("system-ui", "ui-serif", "ui-sans-serif", "ui-rounded", "ui-monospace")),
    "css-unit-calc": ("function", ("calc()",)),
    "css-unit-initial": ("value", ("initial",)),
    "css-variables": ("function", ("var()",)),
    "html-address": ("element", ("address",)),
    "html-anchor-links": ("attribute", ('href="#…"',)),
    "html-comments": ("", ()),
    "html-doctype": ("element", ("!doctype",)),
    "html-h1-h6": ("element", _HEADINGS),
    "html-image-maps": ("element", ("map", "area")),
    "html-lists": ("element", ("ul", "ol", "li", "dl", "dt", "dd")),
    "html-mailto-links": ("attribute", ('href="mailto:…"',)),
    "html-meta-color-scheme": ("element", ('meta name="color-scheme"',)),
    "html-semantics": (
        "element",
        (
            *("article", "aside", "details", "figcaption", "figure", "footer", "header", "main", "mark"),
            *("nav", "section", "summary", "time"),
        ),
    ),
    "html-srcset": ("attribute", ("srcset", "sizes")),
}
#: Properties of these families that the data keeps as keywords of one feature.
_LONGHANDS_IN_KEYWORDS = re.compile(
    r"css-(border|margin|padding|inset|overflow|column-layout-properties|grid-template|block-inline-size"
    r"|border-inline-block.*|border-radius-logical)$"
)
_PROPERTY = re.compile(r"[a-z]+(-[a-z]+)*")


def main() -> int:
    """Write the table, where the data is there, and the page."""
    if DATA.is_file():
        TABLE.write_text(table_of(json.loads(DATA.read_text(encoding="utf-8"))), encoding="utf-8")
        print(TABLE.relative_to(ROOT))
    else:
        print(f"No reference data at {DATA.parent}: the table stays as it is. Set NEWSLETTER_REFERENCE_DATA.")
    PAGE.write_text(page_of(support_table(), sample_mails()), encoding="utf-8")
    print(PAGE.relative_to(ROOT))
    return 0


def table_of(data: Mapping[str, Any]) -> str:
    """css_support.tsv from caniemail's *data*; where features share a name the strictest counts."""
    rows: dict[Feature, tuple[str, ...]] = {}
    for feature in data["data"]:
        support = tuple(_support(feature["stats"], parts) for parts in CLIENTS.values())
        for name in _features(feature):
            known = rows.get(name, support)
            rows[name] = tuple(min(pair, key=_ORDER.index) for pair in zip(known, support, strict=True))
    day = data["last_update_date"][:10]
    lines = [
        f"# Computed by `make css-support` from the data of caniemail.com (MIT licence, {day}).",
        "\t".join(("kind", "name", *CLIENTS)),
        *("\t".join((*feature, *rows[feature])) for feature in sorted(rows)),
    ]
    return "\n".join(lines) + "\n"


def _support(stats: Mapping[str, Any], parts: Sequence[tuple[str, str]]) -> str:
    words = [_WORDS.get(_newest(stats.get(family, {}).get(one)), "unknown") for family, one in parts]
    if parts[0][0] == "thunderbird":  # the same engine everywhere: where one system was tested, that counts
        words = [word for word in words if word != "unknown"] or words
    return min(words, key=_ORDER.index)


def _newest(versions: Mapping[str, str] | None) -> str:
    """The mark ("y", "a", "n", "u") of the newest version.

    Versions are numbers or dates. The data lists them oldest first, but for some of one sort: those are
    compared. Outlook for Mac has both sorts; there the last one listed is the newest.
    """
    if not versions:
        return "u"
    numbers = {version: tuple(int(part) for part in re.findall(r"\d+", version)) for version in versions}
    sorts = {number[0] >= 2000 for number in numbers.values() if number}
    newest = max(numbers, key=lambda each: numbers[each]) if len(sorts) == 1 else list(versions)[-1]
    return versions[newest].split()[0]


def _features(feature: Mapping[str, Any]) -> Iterator[Feature]:
    """What a feature of the data is about."""
    if feature["category"] not in ("css", "html"):
        return
    kind, names = _NAMES.get(feature["slug"]) or _named(feature["title"])
    if _LONGHANDS_IN_KEYWORDS.match(feature["slug"]):
        keywords = [each.strip() for each in (feature["keywords"] or "").split(",")]
        names = (*names, *(each for each in keywords if _PROPERTY.fullmatch(each)))
    yield from (Feature(kind, name) for name in dict.fromkeys(names))


#: What other titles are about: the kind, and the names in them. The first that matches counts.
_TITLES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"<([^>]+)>"), "element"),
    (re.compile(r"^([\w-]+) attribute$"), "attribute"),
    (re.compile(r"^(\S+) unit$"), "unit"),
    (re.compile(r"(@[^,]+)"), "at-rule"),
    (re.compile(r"^(:[^()]+)"), "pseudo"),
    (re.compile(r"^(.*(?:selector|combinator).*)$"), "selector"),
    (re.compile(r"^(\S+:.*)$"), "value"),
    (re.compile(r"([\w-]+\(\))"), "function"),
    (re.compile(r"(?:^|, | & )([\w-]+)"), "property"),
)


def _named(title: str) -> tuple[str, tuple[str, ...]]:
    kind, names = next((kind, found) for title_of, kind in _TITLES if (found := title_of.findall(title)))
    if kind in ("selector", "value"):
        names = [name.lower().replace(": ", ":") for name in names]
    return kind, tuple(name.strip() for name in names)


_MARKS = {"y": "yes", "partial": "partly", "n": "**no**", "unknown": "?"}


def page_of(table: SupportTable, mails: Mapping[str, str]) -> str:
    """docs/reference/css-support.md: what *mails* use of CSS, by client, and why the gaps harm nobody."""
    used = sorted(set().union(*(used_css(html) for html in mails.values())))
    lines = [
        *_PREFACE.format(source=table.source).splitlines(),
        f"| what | {' | '.join(table.clients)} |",
        f"|---|{'---|' * len(table.clients)}",
    ]
    for feature in used:
        support = table.rows.get(feature, ("unknown",) * len(table.clients))
        lines.append(f"| {shown(feature)} | {' | '.join(_MARKS[one] for one in support)} |")
    lines += [*_BASELINE_PREFACE.splitlines(), "| what | why its absence harms nobody |", "|---|---|"]
    lines += [f"| {shown(feature)} | {reason} |" for feature, reason in sorted(BASELINE.items())]
    return "\n".join(lines) + "\n"


def shown(feature: Feature) -> str:
    """A feature as the page names it."""
    return (
        f"`{feature.name}`"
        if feature.kind in ("property", "at-rule", "value")
        else (f"`{feature.name}` ({feature.kind})")
    )


_PREFACE = """\
# CSS in our mails, and who understands it

{source} Do not edit.

The whole table is `newsletter/rendering/css_support.tsv`: computed data that is shipped with the program, not
a dependency. This page has what the letters and other mails use of it. *partly*: not for every value, or not
for every kind of account. *?*: not in the data. Styles in conditional comments, which classic Outlook alone
reads, are left out. "Outlook mobile" and "Yahoo" are several programs; the one that does least counts.

"""
_BASELINE_PREFACE = """
## What some clients leave out, knowingly

The preflight names every property, value, function, at-rule, pseudo-class and unit of a mail that a client
above leaves out (or that the table does not know), unless it is one of these. Properties that begin with
`mso-` are read by Outlook alone and always pass.

"""

if __name__ == "__main__":
    sys.exit(main())
