"""The text part says all that the HTML part says, over a whole library of articles (MedQuAD).

Every article becomes whole letters, of up to six of its sections each, rendered as they would be sent.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from itertools import islice

import pytest

from newsletter.content.article import Article, block_html
from newsletter.content.sources.markdown import parse_markdown
from newsletter.issues.issue import Issue
from newsletter.rendering.checks.check import Proof
from newsletter.rendering.checks.parity import lost_sections, parity_gaps
from newsletter.settings import NewsletterSettings, Settings
from tests.acceptance.score_medquad import data_file
from tests.unit.factory import edition, issue

SECTIONS = 6


def articles() -> Iterator[Article]:
    """Every reference article that carries text."""
    with gzip.open(data_file(), "rt", encoding="utf-8") as lines:
        for line in lines:
            article = json.loads(line)
            said = [f"## {one['question']}\n\n{one['text']}" for one in article["sections"] if one["text"]]
            if said:
                front = f"---\ntitle: {json.dumps(article['title'] or 'Article')}\n---\n\n"
                yield parse_markdown(front + "\n\n".join(said), name="a.md")


def letters(article: Article, base: Issue) -> Iterator[Issue]:
    """Letters that tell all of *article*."""
    sections = iter(article.sections)
    while some := list(islice(sections, SECTIONS)):
        yield base.model_copy(
            update={
                "picks": tuple(
                    base.lead.model_copy(
                        update={
                            "article_title": article.title,
                            "heading": one.heading,
                            "kind": one.kind,
                            "blocks": one.blocks,
                            "flags": one.flags,
                        }
                    )
                    for one in some
                )
            }
        )


@pytest.mark.skipif(not data_file().is_file(), reason="needs the reference data (NEWSLETTER_REFERENCE_DATA)")
@pytest.mark.long
def test_every_number_item_and_link_of_a_letter_is_in_its_text_part() -> None:
    lost: dict[str, tuple[str, ...]] = {}
    sent = items = numbers = 0
    base = issue()
    for article in articles():
        for letter in letters(article, base):
            made = edition(letter)
            if any("over 95" not in error for error in made.errors):
                lost[letter.lead.heading] = made.errors
            proof = Proof(letter, made, Settings(), NewsletterSettings())
            lacking = tuple(one.detail for one in lost_sections(proof))
            gaps = (*parity_gaps(made.html, made.text), *lacking)
            if gaps:
                lost[f"{article.title}: {letter.lead.heading}"] = gaps
            sent += 1
            items += sum(block_html(one).count("<li") for pick in letter.picks for one in pick.blocks)
            numbers += len(re.findall(r"\d+", made.text))
    print(f"{sent} letters, {items} list items, {numbers} numbers compared")
    assert not lost, dict(list(lost.items())[:5])
    assert min(sent, items, numbers) > 500
