from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from newsletter.content.sources.document import read_document
from newsletter.content.sources.front_matter import read_front_matter
from newsletter.errors import ParseError


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("reviewed_on", "2026-13-01"),
        ("reviewed_on", "2026-02-30"),
        ("modified_at", "2026-02-03T24:61:00Z"),
        ("published_at", "2026-02-03 10:00:00 +99:00"),
    ],
)
def test_a_date_that_no_calendar_has_is_named_with_key_line_and_what_was_found(key: str, value: str) -> None:
    with pytest.raises(ParseError) as error:
        read_front_matter(f"---\ntitle: Gout\ntopics: [toe]\n{key}: {value}\n---\nText.\n", name="gout.md")
    said = str(error.value)
    assert f"front matter, {key}: found '{value}' (line 4)" in said
    assert "2026-05-14" in said
    assert "YAML" not in said


def test_what_looks_like_a_date_may_be_a_title() -> None:
    about, body = read_front_matter("---\ntitle: 2026-13-01\n---\nText.\n", name="gout.md")
    assert (about.title, body) == ("2026-13-01", "Text.\n")


def test_what_is_not_yaml_is_still_called_so() -> None:
    with pytest.raises(ParseError, match=r"not YAML.*line 3"):
        read_front_matter("---\ntitle: Gout\nslug: a: b\n---\n", name="gout.md")


def test_an_empty_block_says_nothing() -> None:
    about, body = read_front_matter("---\n---\nText.", name="gout.md")
    assert (about.title, body) == ("", "Text.")


HUGO = """\
title: Gout
date: 2026-01-02T09:00:00+01:00
lastmod: 2026-02-03
draft: false
author: Joe Bloggs
description: All of it.
layout: post
tags: [Joints, Uric Acid]
categories: [Blog, Respiratory System]
language: en-GB
reviewed_on: 2026-01-05
"""


def test_what_other_programs_write_is_read() -> None:
    about, body = read_front_matter(f"---\n{HUGO}---\nText.", name="gout.md")
    assert (about.title, about.lang, body) == ("Gout", "en-GB", "Text.")
    assert about.published_at == datetime(2026, 1, 2, 8, tzinfo=UTC)
    assert about.modified_at == datetime(2026, 2, 3, tzinfo=UTC)
    assert about.reviewed_on == date(2026, 1, 5)
    assert about.topics[:2] == ("joints", "uric acid")
    assert "lungs" in about.topics
    assert "blog" not in about.topics
    assert about.reviewer == ""
    assert [(left.line, left.why, left.number) for left in about.left_out] == [
        ("draft: False", "front matter key that is not used", 5),
        ("author: Joe Bloggs", "front matter key that is not used", 6),
        ("description: All of it.", "front matter key that is not used", 7),
        ("layout: post", "front matter key that is not used", 8),
    ]


def test_front_matter_in_toml_is_read_the_same_way(tmp_path: Path) -> None:
    path = tmp_path / "gout.md"
    path.write_text(
        '+++\ntitle = "Gout"\ndate = 2026-01-02T09:00:00+01:00\nlastmod = 2026-02-03\ntags = ["Joints"]\n'
        'reviewed_on = 2026-01-05\nreviewer = "Dr A. Example"\nweight = 10\n[params]\nhero = "x"\n+++\n'
        "Text.\n",
        encoding="utf-8",
    )
    article = read_document(path)
    assert (article.title, article.reviewer) == ("Gout", "Dr A. Example")
    assert article.published_at == datetime(2026, 1, 2, 8, tzinfo=UTC)
    assert article.modified_at == datetime(2026, 2, 3, tzinfo=UTC)
    assert article.reviewed_on == date(2026, 1, 5)
    assert article.topics[0] == "joints"
    assert [(left.line, left.number) for left in article.left_out] == [
        ("weight: 10", 8),
        ("params: {'hero': 'x'}", 0),
    ]


@pytest.mark.parametrize(
    ("block", "named"),
    [
        ("---\ntitle: Gout\ndraft: true\n---\n", "is a draft"),
        ("---\ntitle: Gout\npublished: false\n---\n", "is a draft"),
        ('+++\ntitle = "Gout"\ndraft = true\n+++\n', "is a draft"),
        ("---\nreviewd_on: 2026-01-01\n---\n", "Did you mean reviewed_on?"),
        ("---\nReviewed_On: 2026-01-01\n---\n", "Did you mean reviewed_on?"),
        ("---\nrefrences: [x]\n---\n", "Did you mean references?"),
        ('+++\nreviewd_on = "2026-01-01"\n+++\n', "Did you mean reviewed_on?"),
        ("---\nlast_reviewed: soon\n---\n", "found 'soon' (line 2)"),
        ('+++\nreviewed_on = "soon"\n+++\n', "found 'soon' (line 2)"),
        ("+++\ntitle = Gout\n+++\n", "not TOML"),
        ('+++\nx = 1\ntitle = "Gout\n+++\n', "(line 3)"),
        ('+++\ntitle = "Gout"\n', "three pluses"),
        ("+++\nx = " + "[" * 5000 + "\n+++\n", "not TOML"),
    ],
)
def test_drafts_slips_and_what_is_not_toml_are_refused(block: str, named: str) -> None:
    with pytest.raises(ParseError) as error:
        read_front_matter(f"{block}Text.\n", name="gout.md")
    assert named in str(error.value)


def test_ours_wins_and_what_of_theirs_cannot_be_read_is_named() -> None:
    about, _ = read_front_matter(
        "---\ntitle: Gout\ntopics: [toe]\ntags: [x]\npublished_at: 2026-01-01\ndate: 2025-01-01\n"
        "updated: soon\npublished: true\npreview: yes\n---\n",
        name="gout.md",
    )
    assert (about.topics, about.published_at) == (("toe",), datetime(2026, 1, 1, tzinfo=UTC))
    assert about.modified_at is None
    assert [(left.line, left.why) for left in about.left_out] == [
        ("date: 2025-01-01", "front matter says it as published_at, too"),
        (
            "updated: soon",
            "front matter, not a date or time such as 2026-05-14 or 2026-05-14T09:30:00Z",
        ),
        ("published: True", "front matter says it as published_at, too"),
        ("preview: True", "front matter key that is not used"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        *(
            "reviewed: 2024-03-01",
            "last_reviewed: 2024-03-01T09:30:00Z",
            "reviewed_at: '2024-03-01 09:30:00'",
        ),
        *("medically_reviewed_on: 1 March 2024", "Last-Reviewed: March 1, 2024", "reviewed_on: 2024-03-01"),
    ],
)
def test_a_review_date_is_read_under_every_usual_key(line: str) -> None:
    about, _ = read_front_matter(f"---\ntitle: Gout\n{line}\n---\nText.\n", name="gout.md")
    assert about.reviewed_on == date(2024, 3, 1)
    assert about.left_out == ()


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("reviewed_by: Dr A. Lee", "reviewer", "Dr A. Lee"),
        ("reviewers: [Dr A. Lee, Dr B. Roe]", "reviewer", "Dr A. Lee, Dr B. Roe"),
        ("reviewers: [{name: Dr A. Lee, role: GP}]", "reviewer", "Dr A. Lee"),
        ("license: CC BY 4.0", "licence", "CC BY 4.0"),
        ("licences: [CC BY 4.0]", "licence", "CC BY 4.0"),
        ("region: GB", "regions", ("GB",)),
    ],
)
def test_what_others_call_it_is_read_as_ours(line: str, key: str, value: object) -> None:
    about, _ = read_front_matter(f"---\ntitle: Gout\n{line}\n---\nText.\n", name="gout.md")
    assert getattr(about, key) == value
    assert about.left_out == ()


def test_references_are_read_under_other_names() -> None:
    about, _ = read_front_matter(
        "---\ntitle: Gout\nsources:\n- {text: Guide, url: https://example.org/g}\n---\n", name="gout.md"
    )
    assert [(one.text, one.url) for one in about.references] == [("Guide", "https://example.org/g")]
    about, _ = read_front_matter("---\ntitle: Gout\nreference: A guide to gout\n---\n", name="gout.md")
    assert [one.text for one in about.references] == ["A guide to gout"]


@pytest.mark.parametrize(
    "line",
    [
        *(
            "reviewed: 'yes, twice'",
            "reviewed: true",
            "region: Wales",
            "sources: [{who: me}]",
            "review: 5 stars",
        ),
        *("reviewers: []", "preferences: [x]", "published_by: Us"),
    ],
)
def test_what_cannot_be_read_so_costs_no_post_and_is_named(line: str) -> None:
    about, body = read_front_matter(f"---\ntitle: Gout\n{line}\n---\nText.", name="gout.md")
    assert (body, about.reviewed_on, about.reviewer) == ("Text.", None, "")
    assert [left.number for left in about.left_out] == [3]


def test_a_change_is_no_review() -> None:
    about, _ = read_front_matter("---\ntitle: Gout\nupdated: 2024-03-01\n---\n", name="gout.md")
    assert about.reviewed_on is None
