"""Lines that a page shows apart reach a reader apart; boxes with a dose or warning reach them at all."""

from __future__ import annotations

import pytest

from newsletter.content.article import ListBlock
from newsletter.content.sources.fragment import drafts_of


def lines_of(html: str) -> list[str]:
    return [block.plain() for draft in drafts_of(html, title="Gout").drafts for block in draft.blocks]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (
            "<span>Call 999</span><span>Say that someone is not breathing.</span>",
            "Call 999 Say that someone is not breathing.",
        ),
        ("<span>Rest the joint.</span><span>Ice it.</span>", "Rest the joint. Ice it."),
        ("<b>When to rest:</b><span>Always.</span>", "When to rest: Always."),
        ("<span>Go to A&amp;E</span><!-- x --><b>Take your list.</b>", "Go to A&E Take your list."),
        ("<span>Na</span><span>Cl</span> is salt", "NaCl is salt"),
        ("<i>p</i><i>H</i> of blood", "pH of blood"),
        ("<span>T</span><span>SH</span> and CO<sub>2</sub>", "TSH and CO2"),
        ("<span class='cap'>A</span><span>sthma is common.</span>", "Asthma is common."),
        ("<span>Mc</span><span>Ardle disease is rare.</span>", "McArdle disease is rare."),
        ("Take 0.<b>5 mg</b><i>/day</i>", "Take 0.5 mg/day"),
    ],
)
def test_elements_that_touch_are_apart_where_each_is_a_line(html: str, text: str) -> None:
    assert lines_of(f"<p>{html}</p>") == [text]


def test_a_bold_label_after_a_line_break_begins_a_line_of_its_own() -> None:
    labels = "<strong>Adults:</strong> 5 mg<br><strong>Children</strong>: 2.5 mg<br>once a day<br>"
    assert lines_of(f"<p>{labels}</p>") == ["Adults: 5 mg", "Children: 2.5 mg once a day"]
    assert lines_of(f"<p>The dose<br>{labels}</p>")[0] == "The dose"
    (listed,) = drafts_of(f"<ul><li>{labels}</li><li>More</li></ul>", title="Gout").drafts[0].blocks
    assert isinstance(listed, ListBlock)
    assert (listed.items[0].label, listed.items[0].html) == ("Adults", "5 mg")
    assert [block.plain() for block in listed.items[0].blocks] == ["Children: 2.5 mg once a day"]


DOSE = "<p>Related medicines: do not take aspirin 300 mg with it.</p>"


def test_no_class_name_costs_a_dose_in_a_sentence() -> None:
    for box in (f'<div class="related">{DOSE}</div>', f'<aside class="related-content">{DOSE}</aside>'):
        assert "Related medicines: do not take aspirin 300 mg with it." in lines_of(f"<p>Rest.</p>{box}")


@pytest.mark.parametrize(
    "box",
    [
        '<div class="related"><h3><a href="/a">Aspirin</a></h3><p>Do not take aspirin with gout.</p></div>',
        '<div class="related"><a href="/a">Do not take aspirin 300 mg with it.</a></div>',
        '<div class="related"><p>Gout in the toe</p></div>',
        '<div class="comments"><p>I took 20 mg of it twice a day.</p></div>',
    ],
)
def test_what_teases_other_pages_goes(box: str) -> None:
    assert lines_of(f"<p>Rest.</p>{box}") == ["Rest."]
