"""The MJML that our mails may be made of: which tags, where, with which attributes, how deep.

mrml says nothing about what it does not know; so everything that is not on these lists is an error, with
the line it stands in. A template is read as XML: ``<br />``, quoted attributes, every tag closed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.entities import html5
from xml.parsers import expat

#: Which parents each MJML tag may have; tags that are not here are not used by our templates.
PARENTS: dict[str, frozenset[str]] = {
    "mjml": frozenset({""}),
    "mj-head": frozenset({"mjml"}),
    "mj-title": frozenset({"mj-head"}),
    "mj-attributes": frozenset({"mj-head"}),
    "mj-all": frozenset({"mj-attributes"}),
    "mj-class": frozenset({"mj-attributes"}),
    "mj-breakpoint": frozenset({"mj-head"}),
    "mj-style": frozenset({"mj-head"}),
    "mj-body": frozenset({"mjml"}),
    "mj-wrapper": frozenset({"mj-body"}),
    "mj-section": frozenset({"mj-body", "mj-wrapper", "mj-attributes"}),
    "mj-column": frozenset({"mj-section", "mj-attributes"}),
    "mj-text": frozenset({"mj-column", "mj-attributes"}),
    "mj-button": frozenset({"mj-column", "mj-attributes"}),
    "mj-divider": frozenset({"mj-column", "mj-attributes"}),
    "mj-image": frozenset({"mj-column", "mj-attributes"}),
    "mj-spacer": frozenset({"mj-column", "mj-attributes"}),
    "mj-table": frozenset({"mj-column", "mj-attributes"}),
}

_BOX = frozenset(
    {
        *("padding", "padding-top", "padding-right", "padding-bottom", "padding-left"),
        *("background-color", "border", "border-top", "border-right", "border-bottom", "border-left"),
        *("border-radius", "css-class", "mj-class"),
    }
)
_TYPE = frozenset(
    {
        *("align", "color", "font-family", "font-size", "font-style", "font-weight", "line-height"),
        *("letter-spacing", "text-decoration", "text-transform"),
    }
)
_BUTTON = frozenset({"href", "inner-padding", "width", "height", "text-align", "vertical-align"})
#: What each tag may say. mrml drops the rest without a word: role, aria-*, data-*, inline styles …
ATTRIBUTES: dict[str, frozenset[str]] = {
    "mjml": frozenset({"lang", "dir"}),
    "mj-head": frozenset(),
    "mj-title": frozenset(),
    "mj-attributes": frozenset(),
    "mj-all": _BOX | _TYPE,
    "mj-class": _BOX | _TYPE | _BUTTON | {"name", "direction", "inner-background-color"},
    "mj-breakpoint": frozenset({"width"}),
    "mj-style": frozenset(),
    "mj-body": frozenset({"background-color", "width", "css-class"}),
    "mj-wrapper": _BOX | {"text-align", "full-width"},
    "mj-section": _BOX | {"direction", "full-width", "text-align"},
    "mj-column": _BOX | {"direction", "width", "vertical-align", "inner-background-color"},
    "mj-text": _BOX | _TYPE | {"height"},
    "mj-button": _BOX | _TYPE | _BUTTON,
    "mj-divider": _BOX | {"align", "border-color", "border-style", "border-width", "width"},
    "mj-image": _BOX | {"align", "alt", "src", "width", "height", "href", "title"},
    "mj-spacer": _BOX | {"height"},
    "mj-table": _BOX | _TYPE | {"cellpadding", "cellspacing", "width", "table-layout"},
}
#: Where text and HTML may stand; anywhere else they are dropped, or come out in front of the mail.
CONTENT = frozenset({"mj-text", "mj-button", "mj-table", "mj-style", "mj-title"})
#: The HTML that may stand there, and what each tag may say besides _EVERYWHERE. The rest runs, asks, loads,
#: hides, or is passed over by mail programs.
HTML: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        (
            *("p", "br", "hr", "div", "span", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"),
            *("strong", "b", "em", "i", "u", "s", "small", "sup", "sub", "code", "q", "cite", "abbr", "mark"),
            *("bdi", "bdo", "ul", "dl", "dt", "dd", "thead", "tbody", "tfoot", "caption", "center"),
        ),
        frozenset[str](),
    ),
    "a": frozenset({"href", "rel", "name"}),
    "ol": frozenset({"start", "type", "reversed"}),
    "li": frozenset({"value"}),
    "time": frozenset({"datetime"}),
    "img": frozenset({"src", "alt", "width", "height", "border"}),
    "table": frozenset({"width", "border", "cellpadding", "cellspacing", "align", "bgcolor"}),
    "tr": frozenset({"align", "valign", "bgcolor"}),
    "td": frozenset({"align", "valign", "bgcolor", "width", "height", "colspan", "rowspan", "headers"}),
    "th": frozenset({"align", "valign", "bgcolor", "width", "height", "colspan", "rowspan", "scope", "abbr"}),
}
_EVERYWHERE = frozenset({"style", "class", "id", "title", "lang", "dir", "role", "align", "aria-label"})
#: What a style would fetch from elsewhere, or run.
_FETCHES = re.compile(r"url\s*\(|@import|@font-face|expression\s*\(|image-set\s*\(", re.IGNORECASE)
#: Deeper nesting than any real article; 20,000 levels would kill the process (a stack overflow in mrml).
MAX_DEPTH = 60

_UNSEEN = frozenset({"mj-style", "mj-title"})


@dataclass
class Linted:
    """What a reader would see of some MJML, and what is wrong with it."""

    words: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    errors: tuple[str, ...] = ()


class _LintError(Exception):
    """What is wrong, without its line."""


def read_mjml(source: str) -> Linted:
    """Check *source* against the lists above, and collect its words and links."""
    reader = _Reader()
    try:
        reader.parser.Parse(source, True)
    except expat.ExpatError as error:
        return Linted(errors=(f"line {error.lineno}: {expat.ErrorString(error.code)}",))
    except _LintError as error:
        return Linted(errors=(f"line {reader.parser.CurrentLineNumber}: {error}",))
    return Linted("".join(reader.text).split(), reader.links)


class _Reader:
    def __init__(self) -> None:
        self.text: list[str] = []
        self.links: list[str] = []
        self._open: list[str] = []
        #: The innermost MJML tag that is open, for each tag that is.
        self._parents: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        # Makes expat hand over the names it does not know (&nbsp;) instead of failing on them.
        self.parser.UseForeignDTD(True)
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self.parser.SkippedEntityHandler = self._entity
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        parent = self._parents[-1] if self._parents else ""
        if tag.startswith("mj"):
            self._check(tag, parent, attributes)
            self._parents.append(tag)
        elif parent not in CONTENT:
            raise _LintError(f"<{tag}> in <{parent or 'nothing'}> would be dropped: put it into mj-text")
        else:
            _check_html(tag, attributes)
            self._parents.append(parent)
        self._open.append(tag)
        if len(self._open) > MAX_DEPTH:
            raise _LintError(f"nested deeper than {MAX_DEPTH} levels: flatten the text")
        if "href" in attributes:
            self.links.append(attributes["href"])
        self.text.append(" ")

    def _end(self, tag: str) -> None:
        self._open.pop()
        self._parents.pop()
        self.text.append(" ")

    def _data(self, data: str) -> None:
        parent = self._parents[-1] if self._parents else ""
        if parent in CONTENT:
            _check_style(data if parent == "mj-style" else "")
            if parent not in _UNSEEN:
                self.text.append(data)
        elif data.strip():
            said = data.split(maxsplit=1)[0]
            raise _LintError(f"{said!r} in <{parent or 'nothing'}> would be misplaced: put it into mj-text")

    def _entity(self, name: str, is_parameter: bool) -> None:  # noqa: FBT001 - expat calls it so
        if f"{name};" not in html5:
            raise _LintError(f"&{name}; is no character that HTML names")
        self._data(html5[f"{name};"])

    def _doctype(self, *_given: object) -> None:
        raise _LintError("a mail has no DOCTYPE")

    def _check(self, tag: str, parent: str, attributes: dict[str, str]) -> None:
        if tag not in PARENTS:
            raise _LintError(f"<{tag}> is not a tag our mails use")
        if parent not in PARENTS[tag]:
            raise _LintError(f"<{tag}> may not stand in <{parent or 'nothing'}>")
        # In mj-attributes a tag sets defaults.
        unknown = sorted(set(attributes) - ATTRIBUTES[tag])
        if unknown:
            raise _LintError(f"<{tag}> does not take {unknown[0]}: it would be dropped")
        if tag == "mj-image" and parent != "mj-attributes" and "alt" not in attributes:
            raise _LintError("<mj-image> needs alt, empty if the picture says nothing")


def _check_html(tag: str, attributes: dict[str, str]) -> None:
    if tag not in HTML:
        raise _LintError(f"<{tag}> has no place in a mail")
    unknown = sorted(set(attributes) - HTML[tag] - _EVERYWHERE)
    if unknown:
        raise _LintError(f"<{tag}> may not say {unknown[0]} in a mail")
    if tag == "img" and "alt" not in attributes:
        raise _LintError('<img> needs alt, empty (alt="") if the picture says nothing')
    _check_style(attributes.get("style", ""))


def _check_style(said: str) -> None:
    found = _FETCHES.search(said)
    if found:
        raise _LintError(f"a style with {found[0]} would fetch something when the mail is opened")
