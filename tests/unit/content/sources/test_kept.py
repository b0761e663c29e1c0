"""What pages hide, set off or write oddly, and what must not be lost of it."""

from __future__ import annotations

import time

import pytest

from newsletter.content.article import Kind, Paragraph, Table
from newsletter.content.sources.fragment import Fragment, drafts_of
from newsletter.content.sources.guard import safe_markup
from newsletter.content.sources.html import parse_html


def text_of(markup: str) -> str:
    """The text of all drafts, blocks apart by a bar."""
    return " | ".join(block.plain() for draft in drafts_of(markup).drafts for block in draft.blocks)


def reasons(fragment: Fragment) -> dict[str, str]:
    return {left.line: left.why for left in fragment.left_out}


def sections(markup: str) -> list[tuple[str, str]]:
    return [
        (draft.heading, " | ".join(block.plain() for block in draft.blocks))
        for draft in drafts_of(markup).drafts
        if draft.blocks
    ]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ('SpO2 <i aria-hidden="true">≤</i><i class="sr-only">at most</i> 92', "SpO2 ≤ 92"),
        ('SpO2 <i aria-hidden="true">&#xe012;</i><i class="sr-only">at most</i> 92', "SpO2 at most 92"),
        ('SpO2 <i class="visually-hidden">less than</i> 92', "SpO2 less than 92"),
        ('Take <span aria-hidden="true">2 tablets</span> daily', "Take 2 tablets daily"),
        ('5<span aria-hidden="true">×</span>10 cells', "5×10 cells"),
        ('Rest <i class="fa-plus" aria-hidden="true">+</i> well', "Rest well"),
        ('Rest <i class="material-icons" aria-hidden="true">expand_more</i> well', "Rest well"),
        ('<a href="https://a.example/">Guide</a> <span class="sr-only">(opens in a new tab)</span>', "Guide"),
        ('Rest <a aria-hidden="true" href="#rest">Link to it</a> well', "Rest well"),
        ('Rest <b aria-hidden="true" style="display:none">9</b> well', "Rest well"),
    ],
)
def test_signs_and_the_words_for_them_are_never_both_lost(markup: str, text: str) -> None:
    assert text_of(f"<p>{markup}</p>") == text


def test_asides_of_the_article_stay_and_those_of_the_site_go() -> None:
    fragment = drafts_of(
        "<p>Rest the wrist.</p><aside class=warning><p>No more than 8 tablets.</p></aside>"
        "<aside><p>Children heal faster than adults do.</p></aside>"
        "<aside class=related-posts><p>Ten ways to rest well.</p></aside>"
        "<aside role=complementary><p>Our centre is open now.</p></aside>"
        "<aside><a href='https://a.example/'>Wrist braces, tested at length.</a></aside>"
        "<aside><h3>Related articles</h3><p>Elbows are not wrists.</p></aside><p>Then move it.</p>"
    )
    assert [block.plain() for block in fragment.drafts[0].blocks] == [
        "Rest the wrist.",
        "No more than 8 tablets.",
        "Children heal faster than adults do.",
        "Then move it.",
    ]
    assert reasons(fragment) == {
        "Ten ways to rest well.": "related posts",
        "Our centre is open now.": "beside the article",
        "Wrist braces, tested at length.": "beside the article",
        "Related articles Elbows are not wrists.": "beside the article",
    }


@pytest.mark.parametrize(
    "folded",
    [
        '<h3><button aria-controls="p">Prevention</button></h3><div id="p" hidden>Wash 6 times</div>',
        '<button aria-controls="p">Prevention</button><div id="p" hidden>Wash 6 times</div>',
        '<div class="popup-content"><h3>Prevention</h3><p>Wash 6 times</p></div>',
        '<div class="accordion-body" style="display: none"><h4>Prevention</h4>Wash 6 times</div>',
        "<details><summary>Prevention</summary><p>Wash 6 times</p></details>",
        "<details><summary>Prevention</summary><p hidden>Wash 6 times</p></details>",
        (
            "<ul role=tablist><li role=tab id=t aria-controls=p>Prevention</li></ul>"
            "<div role=tabpanel id=p aria-labelledby=t hidden><p>Wash 6 times</p></div>"
        ),
        (
            "<div role=tablist><button role=tab id=t>Prevention</button></div>"
            "<div role=tabpanel aria-labelledby=t hidden><h3>Prevention</h3><p>Wash 6 times</p></div>"
        ),
    ],
)
def test_what_folds_out_is_part_of_the_article(folded: str) -> None:
    assert sections(f"<p>A cold.</p>{folded}") == [("", "A cold."), ("Prevention", "Wash 6 times")]


def test_hidden_text_of_several_sentences_stays_and_hidden_chrome_goes() -> None:
    fragment = drafts_of(
        "<p>Drink water.</p><div hidden>Most people are well in 5 days. A few need a drip.</div>"
        "<div hidden>tracker 17</div><div class=cookie-bar hidden>It is us who ask. Say yes to it.</div>"
        "<div class=modal hidden role=dialog aria-labelledby=x>Send it to me weekly.<input></div>"
        "<template><p>One row of it. Another row of it.</p></template>"
    )
    assert [block.plain() for block in fragment.drafts[0].blocks] == [
        "Drink water.",
        "Most people are well in 5 days. A few need a drip.",
    ]
    assert reasons(fragment)["tracker 17"] == "hidden on the page"
    assert reasons(fragment)["It is us who ask. Say yes to it."] == "cookie notice"
    assert "Send it to me weekly." in reasons(fragment)


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("3/4", "3/4"),
        ("<mfrac><mn>3</mn><mn>4</mn></mfrac>", "3/4"),
        ("<mn>1</mn><mfrac><mn>3</mn><mn>4</mn></mfrac>", "1 3/4"),
        ("<msup><mn>10</mn><mrow><mo>-</mo><mn>3</mn></mrow></msup>", "10^-3"),
        ("<msub><mi>H</mi><mn>2</mn></msub><mi>O</mi>", "H_2O"),
        ("<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac>", "(a+b)/2"),
        ("<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup>", "x_1^2"),
        ("<msqrt><mn>9</mn></msqrt><mo>&lt;</mo><mroot><mn>8</mn><mn>3</mn></mroot>", "√9<8^(1/3)"),
        ("<semantics><mi>x</mi><annotation encoding='tex'>\\x</annotation></semantics><style>z</style>", "x"),
    ],
)
def test_formulas_are_plain_text(formula: str, text: str) -> None:
    assert text_of(f"<p>Take <math>{formula}</math> tablet</p>") == f"Take {text} tablet"


def test_formulas_stand_apart_from_figures_and_are_not_said_twice() -> None:
    half = "<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>"
    assert text_of(f"<p>1{half}tablets</p>") == "1 1/2 tablets"
    assert text_of(f"<p>Take <i>{half}</i><i aria-hidden=true>1/2</i> tablet</p>") == "Take 1/2 tablet"
    assert text_of(f"<p>Take <i style='display:none'>{half}</i> tablet</p>") == "Take 1/2 tablet"


def test_pictures_that_say_something_are_reported() -> None:
    fragment = drafts_of(
        "<p>Rest.</p><img alt='Give 2.5 ml by day'><figure><img alt='Never shake it'></figure>"
        "<picture><img alt='Below 90 %'></picture><img alt='A knee'>"
    )
    assert reasons(fragment) == {
        "Give 2.5 ml by day": "a picture whose description holds a number: say it in words",
        "Never shake it": "a picture whose description holds a warning: say it in words",
        "Below 90 %": "a picture whose description holds a number: say it in words",
        "A knee": "a picture: mails carry none",
    }


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Call if a<c and pulse <50/min.</p><p>Rest.</p>", "Call if a<c and pulse <50/min. | Rest."),
        ("Call if a<c and it lasts", "Call if a<c and it lasts"),
        ("Call if a <b and pulse <50/min.<p>Rest.</p>", "Call if a <b and pulse <50/min. | Rest."),
        ("<p>Call if a<b and it lasts", "Call if a<b and it lasts"),
        ("<p>Range x<y>z here</p>", "Range x<y>z here"),
        ("<p>Mail <help@a.example> or see <https://a.example/b></p>", None),
        ("<p>a <b>bold</b> <foo>word</foo> <my-box x>kept</my-box> <o:p>so</o:p></p>", "a bold word kept so"),
        ("<p>Rest.</p><img src='https://a.example", "Rest."),
        ("<p>Rest.</p><!-- a<c and so --><script>a<c</script>", "Rest."),
    ],
)
def test_signs_that_are_not_escaped_lose_nothing(markup: str, text: str | None) -> None:
    expected = "Mail <help@a.example> or see <https://a.example/b>" if text is None else text
    assert text_of(markup) == expected


def test_real_markup_passes_the_guard_as_it_is() -> None:
    page = "<div class='a' hidden><p>1 &lt; 2</p><svg><lineargradient/></svg><input disabled></div>"
    assert safe_markup(page, name="a") == page.replace("svg", "x-svg")


def test_items_that_are_parts_of_the_article_start_sections_where_all_are() -> None:
    item = "<li><div class=head><h4>{}</h4></div><p>{}</p></li>"
    both = item.format("Diagnosis", "A blood test.") + item.format("Treatment", "Rest.")
    assert sections(f"<h2>Prevention</h2><p>Soap.</p><h3>At work</h3><p>Gloves.</p><ul>{both}</ul>") == [
        ("Prevention", "Soap."),
        ("At work", "Gloves."),
        ("Diagnosis", "A blood test."),
        ("Treatment", "Rest."),
    ]
    mixed = f"<h2>Prevention</h2><p>Soap.</p><ul><li>Gloves</li>{both}</ul>"
    assert [heading for heading, _ in sections(mixed)] == ["Prevention"]


def test_a_summary_of_a_known_kind_starts_a_section_after_others() -> None:
    assert sections(
        "<h2>Prevention</h2><p>Soap.</p><details><summary>Green soap</summary><p>It is good.</p></details>"
        "<details><summary>When should I call an ambulance?</summary><p>At once.</p></details>"
    ) == [
        ("Prevention", "Soap. | Green soap | It is good."),
        ("When should I call an ambulance?", "At once."),
    ]


def test_what_spans_rows_is_said_in_each_row_of_its_group_only() -> None:
    (draft,) = drafts_of(
        "<table><thead><tr><th rowspan=3>Weight<th>Dose</thead><tbody><tr><td rowspan=2>5 kg<td>1 mg"
        "<tr><td>2 mg<tr><td>9 kg<td>4 mg</table>"
    ).drafts
    assert draft.blocks == [
        Table(header=("Weight", "Dose"), rows=(("5 kg", "1 mg"), ("5 kg", "2 mg"), ("9 kg", "4 mg")))
    ]


def test_lines_of_preformatted_text_stay_apart_and_raised_figures_raised() -> None:
    (draft,) = drafts_of(
        "<pre>Day 1  2 mg\n\nDay 2  4 mg</pre><p>10<span style='vertical-align: super'>6</span> and "
        "H<b style='vertical-align:sub'>2</b></p>"
    ).drafts
    assert draft.blocks == [
        Paragraph(html="<code>Day 1 2 mg</code>"),
        Paragraph(html="<code>Day 2 4 mg</code>"),
        Paragraph(html="10<sup>6</sup> and H<b><sub>2</sub></b>"),
    ]


def test_a_whole_page_keeps_its_warning_and_its_folded_parts() -> None:
    article = parse_html(
        "<main><h1>Croup</h1><p>A cough that barks, mostly at night.</p><aside class=note><p>Call at once if "
        "x<y and the lips turn blue.</p></aside><div class='tab-pane' style='display:none'><h3>Outlook</h3>"
        "<p>99 % are well in a week.</p></div></main><aside>Popular now.</aside>",
        name="croup",
    )
    assert [(section.heading, section.kind) for section in article.sections] == [
        ("Croup", Kind.OVERVIEW),
        ("Outlook", Kind.PROGNOSIS),
    ]
    assert "x<y and the lips turn blue." in article.sections[0].text
    assert any(left.line == "Popular now." for left in article.left_out)


@pytest.mark.parametrize(
    "markup",
    [
        "<y " * 100_000 + ">",
        "<y '" * 50_000,
        "<p " * 100_000 + "<>",
        "".join(f"<n{number}q>" for number in range(20_000)),
        "<b x " * 50_000,
        "<aside><p>Never do it. </p>" * 200 + "word " * 100_000,
        "<div hidden>" * 200 + "Word goes on here. " * 50_000,
        "<button aria-controls=a>x</button><div id=a hidden>Hello there you.</div>" * 5_000,
        "<table>" + ("<tr>" + "<td rowspan=200>x" * 59) * 10 + "<tr><td>y" * 5_000 + "</table>",
    ],
    ids=["text", "quotes", "bare", "names", "unended", "asides", "hidden", "controls", "spans"],
)
def test_a_second_look_takes_linear_time(markup: str) -> None:
    before = time.process_time()
    try:
        drafts_of(markup)
    finally:
        assert time.process_time() - before < 20
