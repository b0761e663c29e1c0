"""What site generators would have made of their marks: readers get the words, and none of the marks."""

from __future__ import annotations

import pytest

from newsletter.content.article import Article, Kind
from newsletter.content.sources.markdown import parse_markdown


def read(body: str) -> Article:
    return parse_markdown(f"---\ntitle: Gout\n---\n{body}", name="gout")


def text_of(article: Article) -> str:
    return " ".join(block.plain() for section in article.sections for block in section.blocks)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('{{< alert type="warning" >}} Call 999 if it spreads. {{< /alert >}}', "Call 999 if it spreads."),
        ("{{< alert >}}\nCall 999 if it spreads.\n{{< /alert >}}", "Call 999 if it spreads."),
        ("{{< alert >}}     Call 999 if it spreads.\n{{< /alert >}}", "Call 999 if it spreads."),
        ("{{% notice warning %}}\nRest the **joint**.\n{{% /notice %}}", "Rest the joint."),
        ("Rest.\n\n{{< toc >}}", "Rest."),
        ('Rest.\n\n{{< figure src="/a.png" title="A toe" >}}', "Rest."),
        ("Rest.\n\n{% include x.html %}\n\nIce.", "Rest. Ice."),
        ("{% if a %}Rest.{% endif %} Ice.", "Rest. Ice."),
        ("Rest. {% comment %}Ask Joe.{% endcomment %} Ice.", "Rest. Ice."),
        ("Is {{ page.title }} rare?", "Is Gout rare?"),
        ("Rest. {{ site.data.x | markdownify }}", "Rest."),
        ("Rest.\n{: .lead}", "Rest."),
        ('See [ice]({{< ref "ice.md" >}}) and [rest]({% link rest.md %}).', "See ice and rest."),
        ('{{< callout text="Take no more than 20 mg a day." >}}', "Take no more than 20 mg a day."),
        ("Between {a, b} and {{3}} lie {% of them.", "Between {a, b} and {{3}} lie {% of them."),
    ],
)
def test_words_stay_and_marks_go(body: str, text: str) -> None:
    assert text_of(read(body)) == text


def test_headings_lose_their_attributes_and_keep_their_kinds() -> None:
    article = read(
        "## Treatment {#t}\n\nRest.\n\n## Symptoms {#signs .c} ##\n\nPain.\n\n## Causes {: #why}\n\nSugar.\n"
        "\nOutlook {#out}\n-------\n\nGood."
    )
    assert [(section.heading, section.kind) for section in article.sections] == [
        ("Treatment", Kind.TREATMENT),
        ("Symptoms", Kind.SYMPTOMS),
        ("Causes", Kind.CAUSES),
        ("Outlook", Kind.PROGNOSIS),
    ]


def test_what_is_dropped_is_named_with_its_line_and_the_reason() -> None:
    article = read("## Treatment {#t}\n\nRest.\n\n{{< toc >}}\n\n{% include x %}\n\n{{ page.url }}")
    assert [(left.line, left.why, left.number) for left in article.left_out] == [
        ("{#t}", "attributes for a site generator", 1),
        ("{{< toc >}}", "a shortcode of Hugo", 5),
        ("{% include x %}", "a tag of Liquid", 7),
        ("{{ page.url }}", "a value that a site generator fills in", 9),
    ]
