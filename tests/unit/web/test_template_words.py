"""No word of a page stands in its template: every one goes through the catalogues."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from newsletter.overrides import template_root

#: For operators at their own desk, whom commands and reports speak to in English as well.
_OF_OPERATORS = {"watch.html.j2"}
TEMPLATES = [
    path for path in sorted((template_root() / "web").glob("*.j2")) if path.name not in _OF_OPERATORS
]
_SPOKEN = ("aria-label", "alt", "title", "placeholder", "content")
#: For machines.
_ALLOWED = {"full-width", "noindex", "width=device-width, initial-scale=1", "light dark"}
_TRANSLATES = {"_", "gettext", "ngettext", "pgettext", "npgettext"}


class _Literals(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._is_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_style = tag in ("style", "script")
        self.found += [value for name, value in attrs if name in _SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self._is_style = False

    def handle_data(self, data: str) -> None:
        if not self._is_style:
            self.found.append(data)


def untranslated(source: str) -> list[str]:
    """What *source* (a template) says in words of its own."""
    tree = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)
    parts = list(_parts(tree))
    reader = _Literals()
    reader.feed("".join(part for part, is_literal in parts if is_literal))
    said = [text.strip() for text in reader.found]
    said += [part for part, is_literal in parts if not is_literal and " " in part]
    return [text for text in said if re.search(r"[^\W\d_]{2,}", text) and text not in _ALLOWED]


def _parts(node: nodes.Node) -> Iterator[tuple[str, bool]]:
    """Literal text, and strings in expressions that nothing translates, in their order."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in _TRANSLATES:
        yield " ", True
        return
    if isinstance(node, nodes.Macro) and node.name == "colours":  # CSS, for a <style> element further on
        return
    if isinstance(node, nodes.TemplateData):
        yield node.data, True
    elif isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value, False
    for child in node.iter_child_nodes():
        yield from _parts(child)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_word_of_a_page_can_be_translated(path: Path) -> None:
    assert untranslated(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Read on</p>",
        '<nav aria-label="Pages">{{ _("Read") }}</nav>',
        "<p>{% if one %}Read {{ one }}{% endif %}</p>",
        '<p>{{ "Read on" if one else _("Stop") }}</p>',
        "<button>Speichern</button>",
    ],
)
def test_a_word_that_was_forgotten_is_found(source: str) -> None:
    assert untranslated(source) != []


def test_translated_words_and_styles_are_no_fault() -> None:
    source = (
        '<style>.a b { color: red }</style>{% trans name=one %}Dear {{ name }}{% endtrans %}{{ _("Read") }}'
    )
    assert untranslated(source) == []
