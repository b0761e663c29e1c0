"""The text part says all that the HTML part says, over a whole library of articles (MedQuAD)."""

from __future__ import annotations

import gzip
import json
import re

import pytest

from newsletter.content.article import block_html
from newsletter.content.sources.markdown import parse_markdown
from newsletter.rendering.checks.parity import parity_gaps
from newsletter.rendering.plain_text import Links, block_text
from tests.acceptance.score_medquad import data_file


@pytest.mark.skipif(not data_file().is_file(), reason="needs the reference data (NEWSLETTER_REFERENCE_DATA)")
def test_every_number_item_and_link_of_the_reference_articles_is_in_the_text() -> None:
    lost: dict[str, tuple[str, ...]] = {}
    sections = items = numbers = 0
    with gzip.open(data_file(), "rt", encoding="utf-8") as lines:
        for line in lines:
            article = json.loads(line)
            said = [f"## {one['question']}\n\n{one['text']}" for one in article["sections"] if one["text"]]
            if not said:
                continue
            front = f"---\ntitle: {json.dumps(article['title'] or 'Article')}\n---\n\n"
            for section in parse_markdown(front + "\n\n".join(said), name="a.md").sections:
                html = "".join(block_html(block) for block in section.blocks)
                links = Links()
                text = "\n\n".join(block_text(block, links) for block in section.blocks)
                gaps = parity_gaps(html, text)
                if gaps:
                    lost[f"{article['id']} {section.heading}"] = gaps
                sections += 1
                items += html.count("<li>")
                numbers += len(re.findall(r"\d+", section.text))
    print(f"{sections} sections, {items} list items, {numbers} numbers compared")
    assert not lost, dict(list(lost.items())[:5])
    assert min(sections, items, numbers) > 500
