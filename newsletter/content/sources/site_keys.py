"""The front matter keys of other programs (Hugo, Jekyll and their like): what each means here.

Compared in lower case, hyphens as underscores. A key that is neither ours nor in these tables is not used;
but one that is nearly ours, and says how far an article can be trusted, is a slip that must be mended.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

#: Their key and ours. Ours wins where a document has both.
ALIASES: dict[str, str] = {
    **dict.fromkeys(
        ("date", "publishdate", "publish_date", "pubdate", "published", "published_on", "date_published"),
        "published_at",
    ),
    **dict.fromkeys(
        (
            *("lastmod", "updated", "updated_at", "updated_on", "last_updated", "last_update"),
            *("modified", "modified_on", "last_modified", "last_modified_at", "date_modified"),
        ),
        "modified_at",
    ),
    **dict.fromkeys(("language", "locale"), "lang"),
    **dict.fromkeys(("canonical", "canonicalurl", "canonical_url"), "url"),
    **dict.fromkeys(
        ("reviewed_by", "reviewers", "medically_reviewed_by", "medical_reviewer", "medical_reviewers"),
        "reviewer",
    ),
    **dict.fromkeys(
        (
            *("reviewed", "reviewed_at", "reviewed_date", "date_reviewed", "medically_reviewed"),
            *("last_reviewed", "last_reviewed_on", "last_reviewed_at", "lastreviewed", "last_review"),
            *("medically_reviewed_on", "medically_reviewed_at"),
        ),
        "reviewed_on",
    ),
    **dict.fromkeys(("license", "licenses", "licences"), "licence"),
    "region": "regions",
    **dict.fromkeys(("reference", "sources"), "references"),
}
#: Theirs that need not hold the date of a review: whatever else they say is named, and refuses nothing.
LOOSE = frozenset({"reviewed", "medically_reviewed"})
#: Words of their own, and no slips for a key of ours that they are like.
NO_SLIPS = frozenset(
    {"review", "reviews", "preference", "preferences", "referenced", "regional", "licensed", "published_by"}
)
#: Words for what the article is about, as its site sorts it.
CATEGORIES = ("categories", "category", "tags", "tag", "keywords")
#: Ours of which a near miss does no harm: nobody is misled by a missing slug.
HARMLESS = frozenset({"title", "url", "slug", "lang", "topics"})
#: How alike a slip of the pen is ("preview" is not "reviewer").
ALIKE = 0.82
NEARLY_TITLE = 0.8


def folded(key: object) -> str:
    """*key* as the tables have it."""
    return str(key).strip().lower().replace("-", "_")


def is_draft(key: object, value: object) -> bool:
    """Whether a key says that the document is not to be published yet."""
    said = str(value).strip().lower()
    if folded(key) == "draft":
        return said in ("true", "yes", "on", "1")
    return folded(key) == "published" and said in ("false", "no", "off", "0")


def meant_key(key: object, ours: Iterable[str], *, titled: bool) -> str:
    """Which of *ours* a wrongly written *key* is meant to be, where that matters; else empty.

    Of a document that is *titled*, no key is a slip for the title.
    """
    name = folded(key)
    if name in NO_SLIPS:
        return ""
    watched = [one for one in ours if one not in HARMLESS]
    if name in watched:
        return name
    if near := difflib.get_close_matches(name, watched, n=1, cutoff=ALIKE):
        return near[0]
    return "title" if not titled and difflib.get_close_matches(name, ["title"], cutoff=NEARLY_TITLE) else ""
