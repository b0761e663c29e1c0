"""Boxes, controls and marks of web pages: what goes with the site, and what must never go with it."""

from __future__ import annotations

import pytest

from newsletter.content.sources.fragment import drafts_of
from newsletter.content.sources.html import parse_html
from newsletter.content.sources.markdown import parse_markdown


def sections(markup: str) -> list[tuple[str, str]]:
    return [
        (draft.heading, " | ".join(block.plain() for block in draft.blocks))
        for draft in drafts_of(markup).drafts
        if draft.blocks
    ]


@pytest.mark.parametrize(
    "name", ["newsletter-article-body", "subscribe-content", "ad-free", "promo", "ads", "widget"]
)
def test_no_class_name_costs_sections(name: str) -> None:
    parts = "<h2>Symptoms</h2><p>Pain.</p><h2>Treatment</h2><p>Rest.</p>"
    markup = f"<p>A toe hurts.</p><div class={name}>{parts}</div>"
    assert sections(markup) == [("", "A toe hurts."), ("Symptoms", "Pain."), ("Treatment", "Rest.")]
    article = parse_html(f"<body><h1>Gout</h1><div class='content {name}'>{markup}</div></body>", name="gout")
    assert [section.heading for section in article.sections] == ["Gout", "Symptoms", "Treatment"]


@pytest.mark.parametrize(
    "said",
    [
        "Max 4 g a day.",
        "Do not take it with alcohol.",
        "Call 999 if your lips turn blue.",
        "Ask your doctor before taking it.",
    ],
)
@pytest.mark.parametrize("name", ["promo", "modal-box", "subscribe-content", "print-only", "cookie-x"])
def test_no_class_name_costs_a_dose_or_a_warning(name: str, said: str) -> None:
    assert said in sections(f"<h2>Treatment</h2><p>Rest.</p><div class={name}>{said}</div>")[0][1]


@pytest.mark.parametrize(
    "box",
    [
        "<div class=newsletter-box>Subscribe to our letter. We never share your address.</div>",
        "<div class=promo>Buy the book now</div>",
        "<div class=related-posts><a href=/x>How to take 400 mg of ibuprofen</a></div>",
        "<div class=comments><p>I take 400 mg a day.</p></div>",
        "<div class=newsletter-signup><h3>Health tips</h3><p>Weekly.</p><input></div>",
        "<div class=cookie-notice>We use cookies. Do not leave before you read this notice.</div>",
        "<div class=widget><h4>Popular posts</h4><ul><li>Ten foods</li></ul></div>",
        "<div class=widget><p class=widget-title>Popular posts</p><ul><li>Ten foods</li></ul></div>",
        "<div class=widget><b>Recent posts</b><ul><li>Ten foods</li></ul></div>",
        "<p>By Joe · 4 min read</p>",
        "<p>By Joe | 4 min read</p>",
    ],
)
def test_boxes_of_the_site_still_go(box: str) -> None:
    assert sections(f"<h2>Treatment</h2><p>Rest.</p>{box}") == [("Treatment", "Rest.")]


def test_a_widget_that_says_something_stays() -> None:
    text = "Drink two litres of water every day."
    assert sections(f"<h2>Treatment</h2><div class=widget><p>{text}</p></div>") == [("Treatment", text)]


@pytest.mark.parametrize("name", ["hidden md:block", "d-none d-md-inline", "hidden lg:inline-flex"])
def test_what_only_small_screens_hide_stays(name: str) -> None:
    assert sections(f"<p>Take <span class='{name}'>7 mg</span> daily</p>") == [("", "Take 7 mg daily")]
    twins = f"<p>Take <i class='md:hidden'>7 mg</i><i class='{name}'>7 mg</i> daily</p>"
    assert sections(twins) == [("", "Take 7 mg daily")]


@pytest.mark.parametrize(
    "folded",
    [
        "<button aria-expanded=false>Treatment</button><div hidden>Zokamab 4 mg</div>",
        "<button aria-expanded=true>Treatment</button><div>Zokamab 4 mg</div>",
        "<div><button aria-expanded=false>Treatment</button></div><div hidden><p>Zokamab 4 mg</p></div>",
        (
            "<ul role=tablist><li role=tab>Treatment</li><li role=tab>Outlook</li></ul>"
            "<div role=tabpanel>Zokamab 4 mg</div><div role=tabpanel hidden>Good.</div>"
        ),
        (
            "<div><div role=tablist><button role=tab>Treatment</button>"
            "<button role=tab>Outlook</button></div></div>"
            "<div><div role=tabpanel>Zokamab 4 mg</div><div role=tabpanel>Good.</div></div>"
        ),
    ],
)
def test_controls_without_ids_head_what_they_open(folded: str) -> None:
    found = sections(f"<h2>Symptoms</h2><p>Pain.</p>{folded}")
    assert found[:2] == [("Symptoms", "Pain."), ("Treatment", "Zokamab 4 mg")]
    assert found[2:] in ([], [("Outlook", "Good.")])


@pytest.mark.parametrize(
    "mark",
    [
        '<a class="anchor">#</a>',
        '<a href="#prevention">#</a>',
        '<a class="x" href="#p">¶</a>',
        '<a href="#p"><span>🔗</span></a>',
    ],
)
def test_a_headings_link_to_itself_is_no_word_of_it(mark: str) -> None:
    assert sections(f"<h2>Prevention{mark}</h2><p>Wash.</p>") == [("Prevention", "Wash.")]
    assert sections(f"<h2>{mark} Prevention</h2><p>Wash.</p>") == [("Prevention", "Wash.")]


def test_a_heading_that_is_a_link_keeps_its_words() -> None:
    assert sections('<h2><a class="anchor" href="#p">Prevention</a></h2><p>Wash.</p>') == [
        ("Prevention", "Wash.")
    ]


def test_links_and_addresses_carry_no_trackers() -> None:
    tracked = "https://a.example/x?utm_source=n&amp;id=7&amp;fbclid=Q&amp;gclid=1&amp;utm_medium=mail#top"
    (draft,) = drafts_of(f"<p>See <a href='{tracked}'>this</a>.</p>").drafts
    assert [block.plain() for block in draft.blocks] == ["See this."]
    assert '<a href="https://a.example/x?id=7#top">this</a>' in str(draft.blocks[0])
    text = "[this](https://a.example/x?fbclid=Q) and [that](https://a.example/?id=7&utm_id=2)"
    section = parse_markdown(f"---\ntitle: Gout\nurl: https://a.example/?utm_source=x\n---\n{text}", name="g")
    assert section.url == "https://a.example/"
    assert section.sections[0].html == (
        '<p><a href="https://a.example/x">this</a> and <a href="https://a.example/?id=7">that</a></p>'
    )
