"""The page of a letter: the letter as it was sent, in the frame of a page."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date

from newsletter.rendering.template import html_environment
from newsletter.rendering.tokens import load_tokens
from newsletter.rendering.web_version import Frame, Letter, LetterLink, script_json, web_version
from newsletter.rendering.withdrawn_part import WithdrawnPart
from newsletter.wording import wording_of
from tests.unit.factory import edition, issue

TEMPLATES = html_environment("web")
TOKENS = load_tokens()
FRAME = Frame(
    publication="Daily <Health>",
    title="Daily <Health>, 3 March 2026",
    date="3 March 2026",
    tokens=TOKENS,
    archive_url="https://letter.example/issues/",
    subscribe_url="https://letter.example/subscribe",
)
SENT = edition()
LETTER = Letter(SENT.html, SENT.subject, SENT.preheader)


def page(frame: Frame = FRAME, *withdrawn: WithdrawnPart) -> str:
    made = web_version(LETTER, frame=frame, templates=TEMPLATES, wording=wording_of(), withdrawn=withdrawn)
    assert made is not None
    return made


def test_the_letter_is_in_it_byte_for_byte():
    made = page(replace(FRAME, canonical_url="https://letter.example/1", data={"a": "b"}))
    head, rest = SENT.html.split("</head>")
    body, letter = re.fullmatch(r"(<body[^>]*>)(.*)</body></html>\s*", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    assert made.startswith(head)
    assert f"</head>{body}<header" in made
    assert f"<main>{letter}</main></body></html>" in made


def test_it_has_landmarks_and_ways_to_the_other_letters():
    made = page(
        replace(
            FRAME,
            earlier=LetterLink("https://letter.example/2", "2 March 2026"),
            later=LetterLink("https://letter.example/4", "4 March 2026"),
        )
    )
    assert made.count("<main>") == made.count("<header") == made.count("<nav") == 1
    assert 'aria-label="Daily &lt;Health&gt; on the web"' in made
    assert 'rel="prev" href="https://letter.example/2"' in made
    assert 'rel="next" href="https://letter.example/4"' in made
    assert made.index('href="https://letter.example/issues/"') < made.index("<main>")
    assert made.index('href="https://letter.example/subscribe"') < made.index("<main>")
    assert "rel=" not in page().split("</head>")[1].split("<main>")[0]


def test_head_links_are_there_when_they_are_given():
    full = replace(FRAME, canonical_url="https://c.example/1", feed_url="https://c.example/f", data={"a": 1})
    made = page(full)
    assert '<link rel="canonical" href="https://c.example/1">' in made
    assert 'type="application/atom+xml" title="Daily &lt;Health&gt;" href="https://c.example/f"' in made
    bare = page()
    for absent in ("canonical", "atom+xml", "ld+json", 'name="robots"'):
        assert absent not in bare


def test_a_page_for_no_index_says_so():
    assert '<meta name="robots" content="noindex">' in page(replace(FRAME, is_indexed=False))


def test_structured_data_cannot_end_its_script():
    hostile = {"headline": '</script><script>alert(1)</script><!-- & "'}
    made = page(replace(FRAME, data=hostile))
    said = re.search(r'<script type="application/ld\+json">(.*?)</script>', made, re.DOTALL)
    assert said is not None
    assert json.loads(said[1]) == hostile
    assert made.count("<script") == made.count("</script") == 1
    assert "<" not in script_json(hostile)


def test_a_withdrawn_lead_leaves_a_dated_notice_and_a_heading():
    lead = issue().lead
    used = sum(pick.article_id == lead.article_id for pick in issue().picks)
    gone = WithdrawnPart(lead.article_id, "Gout & <more>", used, is_lead=True, withdrawn_on=date(2026, 3, 5))
    made = page(FRAME, gone)
    assert (
        "This part, from “Gout &amp; &lt;more&gt;”, was withdrawn on <strong>5 March 2026</strong>." in made
    )
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", made) == ["Letter of 3\u00a0March\u00a02026"]
    assert "<title>Daily &lt;Health&gt;, 3 March 2026</title>" in made
    untitled = page(FRAME, replace(gone, title=""))
    assert "This part was withdrawn on" in untitled


def test_a_letter_that_cannot_be_cut_is_no_page():
    gone = WithdrawnPart("never-used", "x", 1, is_lead=False, withdrawn_on=date(2026, 3, 5))
    assert (
        web_version(LETTER, frame=FRAME, templates=TEMPLATES, wording=wording_of(), withdrawn=[gone]) is None
    )
