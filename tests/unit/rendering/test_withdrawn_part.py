"""Taking withdrawn parts out of letters that were sent."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.article import Reference
from newsletter.rendering.mark import withdrawal_class
from newsletter.rendering.withdrawn_part import Told, WithdrawnPart, without_withdrawn
from tests.unit.factory import LEAD_KINDS, article, desk, edition, issue, paragraph, picked, section

ON = date(2026, 3, 5)
SHARED = Reference(text="A book on both", url="https://guide.example/both")


def worded(name: str):
    """An article whose words are its own, with small print and a source that another cites as well."""
    sections = tuple(section(kind, paragraph(f"{name} {kind.value} words")) for kind in LEAD_KINDS)
    own = Reference(text=f"Guide to {name}", url=f"https://guide.example/{name}")
    return article(name, sections=sections, disclaimer=f"Small print of {name}.", references=(own, SHARED))


MADE = issue(worded("gout"), worded("eczema"))
SENT = edition(MADE)


def part(name: str, *, title: str = "") -> WithdrawnPart:
    used = sum(pick.article_id == name for pick in MADE.picks)
    return WithdrawnPart(name, title, used, MADE.lead.article_id == name, ON)


def cut(*names: str, html: str = SENT.html) -> str | None:
    parts = [part(name) for name in names]
    told = Told(
        SENT.subject,
        SENT.preheader,
        title="Daily Health, 3 March 2026",
        heading="Daily Health, 3 March",
        is_lead_gone=any(one.is_lead for one in parts),
    )

    def notice(gone, heading):
        heading = f"<h1>{heading}</h1>" if heading else ""
        return f"<div>{heading}GONE {' '.join(one.article_id[:3] for one in gone)}</div>"

    return without_withdrawn(html, parts, told=told, notice=notice)


class Balance(HTMLParser):
    """Refuses tags that do not close in order; *mso*: read what only Outlook reads."""

    def __init__(self, html: str, *, mso: bool) -> None:
        super().__init__()
        html = html[html.index("<body") : html.index("</html>")]
        if mso:
            html = re.sub(r"<!--\[if mso[^\]]*\]>|<!\[endif\]-->", "", html)
        self.open: list[str] = []
        self.seen: Counter[str] = Counter()
        self.feed(html)

    def handle_startendtag(self, tag, attrs):
        self.seen[tag] += 1

    def handle_starttag(self, tag, attrs):
        self.seen[tag] += 1
        if tag not in ("meta", "br", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def words(html: str | None) -> str:
    assert html is not None
    return re.sub(r"<!--.*?-->|<style.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL)


def test_of_a_withdrawn_lead_no_word_is_left_anywhere():
    html = cut("gout")
    assert html is not None
    assert "gout" not in html.lower()
    assert "eczema prevention words" in html
    assert "Small print of eczema." in html
    assert "Guide to eczema" in html
    assert "<title>Daily Health, 3 March 2026</title>" in html
    assert 'aria-label="Daily Health, 3 March 2026"' in html
    assert SENT.preheader not in html


def test_one_notice_stands_for_blocks_that_stood_together_and_has_the_heading():
    html = cut("gout")
    assert html is not None
    assert html.count("GONE gou") == 1
    assert html.count("<h1") == html.count("<h1>Daily Health, 3 March</h1>GONE gou") == 1


def test_what_stands_beside_the_lead_goes_alone():
    html = cut("eczema")
    assert html is not None
    assert html.count("GONE ecz") == 1
    assert "eczema" not in html.lower()
    assert "gout treatment words" in html
    assert ">Gout</h1>" in html


def test_a_source_goes_with_the_last_article_that_cites_it_and_the_list_with_its_last_source():
    for name, other in (("gout", "eczema"), ("eczema", "gout")):
        assert "A book on both" in words(cut(name))
        assert f"Guide to {other}" in words(cut(name))
    assert "References" in words(cut("gout"))
    nothing = words(cut("gout", "eczema"))
    assert "A book on both" not in nothing
    assert "References" not in nothing
    assert "General information" in nothing or "general information" in nothing


@pytest.mark.parametrize("names", [("gout",), ("eczema",), ("gout", "eczema")])
@pytest.mark.parametrize("mso", [False, True])
def test_tags_stay_balanced_for_browsers_and_for_outlook(names, mso):
    html = cut(*names)
    assert html is not None
    assert Balance(html, mso=mso).open == Balance(SENT.html, mso=mso).open == []
    assert html.count("<!--[if") == html.count("<![endif]-->")


def test_what_stays_stays_byte_for_byte():
    html = cut("eczema")
    assert html is not None
    rest = SENT.html[SENT.html.index(">Gout</h1>") : SENT.html.index(f'<div class="surface gutter {mark()}')]
    assert rest in html
    assert html.endswith(SENT.html[SENT.html.index("You get this letter because") :])


def mark(name: str = "eczema") -> str:
    return withdrawal_class(name)


@pytest.mark.parametrize("count", [2, 99])
def test_a_letter_whose_parts_are_not_all_marked_is_not_cut(count):
    """Frozen before marks were made, or by a template that forgot one."""
    assert cut("gout", html=SENT.html.replace(mark("gout"), "", count)) is None


@given(st.text(alphabet="<>&\"' ab→é\n\r", min_size=1, max_size=40))
def test_hostile_words_of_what_stays_come_through(said):
    escaped = said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;")
    changed = SENT.html.replace("gout symptoms words", f"start{escaped}end")
    html = cut("eczema", html=changed)
    assert html is not None
    assert f"start{escaped}end" in html


@pytest.mark.parametrize("layout", ["daily", "series", "digest"])
def test_in_every_layout_any_article_can_be_taken_out_and_the_rest_stays(layout):
    made = picked([worded(name) for name in ("gout", "eczema", "asthma", "migraine")], at=desk(layout=layout))
    sent = edition(made, layout=layout)
    for name in {pick.article_id for pick in made.picks}:
        used = sum(pick.article_id == name for pick in made.picks)
        is_lead = made.lead.article_id == name
        gone = WithdrawnPart(name, "", used, is_lead, ON)
        told = Told(sent.subject, sent.preheader, title="A letter", heading="A day", is_lead_gone=is_lead)
        html = without_withdrawn(sent.html, [gone], told=told, notice=lambda _, heading: f"<i>{heading}</i>")
        assert name not in words(html).lower()
        assert html is not None
        assert Balance(html, mso=False).open == Balance(html, mso=True).open == []
        for pick in made.picks:
            said = pick.blocks[0].plain()
            assert (said in html) is (pick.article_id != name)


def test_a_preheader_goes_however_it_is_escaped_or_padded():
    said = 'Today’s "what\'s what" & more <here>'
    padded = "Today’s &#34;what&#39;s what&#34; &amp; more &lt;here&gt;\u200c\u00a0\u034f \u200c"
    html = SENT.html.replace(SENT.preheader, padded)
    told = Told(SENT.subject, said, title="A letter", heading="A day", is_lead_gone=False)
    made = without_withdrawn(html, [part("eczema")], told=told, notice=lambda *_: "")
    assert "Today’s &#34;" in html
    assert made is not None
    assert "what&#39;s what" not in made
    assert ">Gout</h1>" in made
