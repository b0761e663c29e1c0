"""What a letter's page tells machines about itself, in the words of schema.org.

An Article in a Periodical, on a MedicalWebPage that says when its oldest part was reviewed. Only what is
known: no author, no rating, and no MedicalCondition, for a title does not prove which one it is about.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from newsletter.issues.issue import Issue


@dataclass(frozen=True)
class Publication:
    """Who publishes what: the newsletter's title and language, the publisher, and where the letters are."""

    title: str
    language: str
    publisher: str
    archive_url: str


def letter_data(
    issue: Issue,
    *,
    url: str,
    sent_at: datetime,
    publication: Publication,
    title: str = "",
    withdrawn: Collection[str] = (),
    changed_at: datetime | None = None,
) -> dict[str, object]:
    """JSON-LD for the letter of *issue* at *url*.

    *title*: the headline where its own may not be told. *withdrawn*: ids of the articles of which nothing is
    told, since *changed_at*.
    """
    picks = [pick for pick in issue.picks if pick.article_id not in withdrawn]
    page: dict[str, object] = {"@type": "MedicalWebPage", "@id": url, "url": url}
    if picks:
        page["lastReviewed"] = min(pick.reviewed_on for pick in picks).isoformat()
    data: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": title or issue.subject,
        "datePublished": _moment(sent_at),
        "dateModified": _moment(max(sent_at, changed_at or sent_at)),
        "inLanguage": publication.language,
        "isAccessibleForFree": True,
        "publisher": {"@type": "Organization", "name": publication.publisher},
        "isPartOf": {
            "@type": "Periodical",
            "name": publication.title,
            "url": publication.archive_url,
        },
        "mainEntityOfPage": page,
    }
    if not withdrawn:
        data["description"] = issue.preheader
    cited = dict.fromkeys(entry for pick in picks for entry in pick.references)
    if cited:
        data["citation"] = [
            {"@type": "CreativeWork", "name": entry.text, **({"url": entry.url} if entry.url else {})}
            for entry in cited
        ]
    return data


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
