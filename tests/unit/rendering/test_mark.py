"""What ties the parts of a letter to their articles."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from newsletter.content.article import Flag, Kind, Reference
from newsletter.issues.issue import Issue
from newsletter.rendering.edition import render_edition
from newsletter.rendering.mark import PREFIX, withdrawal_class
from newsletter.settings import NewsletterSettings, Settings
from tests.unit.factory import LEAD_KINDS, article, desk, issue, paragraph, picked, section

SHARED = Reference(text="A book on both", url="https://guide.example/both")


class Marked(HTMLParser):
    """The words below each mark."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: dict[str, str] = {}
        self._open: list[list[str]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag not in ("br", "meta"):
            marks = [one for one in (dict(attrs).get("class") or "").split() if one.startswith(PREFIX)]
            self._open.append(marks)

    def handle_endtag(self, tag):
        if tag not in ("br", "meta"):
            self._open.pop()

    def handle_data(self, data):
        for mark in {one for marks in self._open for one in marks}:
            self.words[mark] = f"{self.words.get(mark, '')} {data}"


def html_of(made: Issue, **newsletter) -> str:
    return render_edition(made, settings=Settings(), newsletter=NewsletterSettings(**newsletter)).html


def worded(name: str, **overrides):
    """An article every word of which is its own."""
    sections = tuple(
        section(kind, paragraph(f"{name}-{kind.value}"), heading=f"{kind.value} of {name}")
        for kind in LEAD_KINDS
    )
    return article(name, sections=sections, disclaimer=f"The small print of {name}.", **overrides)


@pytest.mark.parametrize("layout", ["daily", "series", "digest"])
def test_every_word_of_an_article_stands_below_its_mark(layout):
    articles = [worded(name) for name in ("gout", "eczema", "asthma", "migraine")]
    made = picked(articles, at=desk(layout=layout))
    html = html_of(made, layout=layout)
    words = Marked(html).words
    for pick in made.picks:
        below = words[withdrawal_class(pick.article_id)]
        said = pick.blocks[0].plain()
        assert said in below
        assert pick.article_disclaimer in below
        assert pick.references[0].text in below
        assert html.count(f">{said}<") == 1


def test_a_warning_and_the_box_of_an_emergency_are_marked_as_well():
    treatment = section(Kind.TREATMENT, paragraph("Take it with care."), flags=(Flag.WARNING,))
    sections = tuple(treatment if kind is Kind.TREATMENT else section(kind) for kind in LEAD_KINDS)
    made = issue(article("stroke", sections=sections))
    below = Marked(html_of(made)).words[withdrawal_class("stroke")]
    assert "Some of this is not safe for everyone" in below
    assert "if you think this is happening to you" in below


def test_a_source_of_two_articles_carries_the_marks_of_both():
    both = [article(name, references=(SHARED,)) for name in ("gout", "eczema")]
    words = Marked(html_of(issue(*both))).words
    for name in ("gout", "eczema"):
        assert "A book on both" in words[withdrawal_class(name)]


def test_a_mark_does_not_tell_the_article():
    assert "clinic" not in withdrawal_class("https://clinic.example/gout")
    assert withdrawal_class("a") != withdrawal_class("b")
