"""What a letter's page tells machines, and what it does not."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from newsletter.content.article import Reference
from newsletter.issues.issue import Issue
from newsletter.rendering.structured_data import Publication, letter_data
from tests.conftest import NOW
from tests.unit.factory import article, issue

HERE = Publication("Daily Health", "en", "The Clinic", archive_url="https://letter.example/issues/")


def tell(made: Issue, **more: Any) -> dict[str, Any]:
    """The data of *made*, as a machine reads it."""
    url = "https://letter.example/issues/daily/2026-03-03"
    said = json.dumps(letter_data(made, url=url, publication=HERE, **more))
    found: dict[str, Any] = json.loads(said)
    return found


def test_it_says_what_the_letter_is_who_publishes_it_and_what_it_cites():
    made = issue()
    data = tell(made, sent_at=NOW)
    assert data["@type"] == "Article"
    assert data["headline"] == made.subject
    assert data["description"] == made.preheader
    assert data["datePublished"] == data["dateModified"] == "2026-03-03T09:30:00Z"
    assert data["inLanguage"] == "en"
    assert data["publisher"] == {"@type": "Organization", "name": "The Clinic"}
    assert data["isPartOf"]["name"] == "Daily Health"
    assert [one["name"] for one in data["citation"]] == ["Guide to gout", "Guide to eczema"]
    assert "about" not in data


def test_the_review_date_is_that_of_its_oldest_part():
    old, new = date(2025, 6, 1), date(2026, 1, 1)
    made = issue(article("gout", reviewed_on=new), article("eczema", reviewed_on=old))
    assert tell(made, sent_at=NOW)["mainEntityOfPage"]["lastReviewed"] == "2025-06-01"


def test_a_source_without_an_address_is_cited_without_one():
    made = issue(article("gout", references=(Reference(text="A book"),)), article("eczema", references=()))
    assert tell(made, sent_at=NOW)["citation"] == [{"@type": "CreativeWork", "name": "A book"}]


def test_of_what_was_withdrawn_nothing_is_told():
    made = issue()
    data = tell(
        made, sent_at=NOW, title="Daily Health, 3 March 2026", withdrawn={"gout"},
        changed_at=NOW + timedelta(days=1),
    )  # fmt: skip
    assert "gout" not in str(data).lower()
    assert data["headline"] == "Daily Health, 3 March 2026"
    assert "description" not in data
    assert data["dateModified"] == "2026-03-04T09:30:00Z"
    nothing = tell(made, sent_at=NOW, title="x", withdrawn={"gout", "eczema"}, changed_at=NOW)
    assert "citation" not in nothing
    assert "lastReviewed" not in nothing["mainEntityOfPage"]
