"""Subjects: short, true, in turns, and silent about what many keep private."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.content.article import Flag, Kind
from newsletter.issues.decision import Act, Decision
from newsletter.issues.headline import SUBJECT_LIMIT
from newsletter.issues.issue import Issue
from tests.unit.factory import DAY, LEAD_KINDS, article, desk, issue, picked, section

PRIVATE = tuple(section(kind, flags=(Flag.SENSITIVE,)) for kind in LEAD_KINDS)


def test_a_title_over_two_lines_makes_a_subject_of_one():
    assert issue(article("gout", title="Gout\r\nBcc: x")).subject.startswith("Gout Bcc: x")


def test_a_title_that_is_too_long_for_a_subject_is_left_out_whole():
    made = issue(article("gout", title="A condition with a name of more than fifty letters"))
    assert made.subject == "A condition with a name of more than fifty letters"
    assert "x" * 20 not in issue(article("gout", title="x" * 51)).subject


@pytest.mark.parametrize("layout", ["daily", "digest"])
@pytest.mark.parametrize("sections", [(), PRIVATE])
def test_no_form_comes_twice_in_a_row(layout, sections):
    last = ""
    for ahead in range(40):
        day = DAY + timedelta(days=ahead)
        articles = [
            article(f"a{ahead}", sections=sections, reviewed_on=day),
            *(article(f"b{number}", reviewed_on=day) for number in range(4)),
        ]
        made = picked(articles, day=day, at=desk(layout=layout), last_form=last)
        assert made.form
        assert made.form != last
        assert 0 < len(made.subject) <= SUBJECT_LIMIT
        last = made.form


def test_a_subject_promises_only_what_is_there():
    kinds = (Kind.OVERVIEW, Kind.SYMPTOMS, Kind.TREATMENT)
    for ahead in range(20):
        day = DAY + timedelta(days=ahead)
        bare = article("gout", sections=tuple(section(kind) for kind in kinds), reviewed_on=day)
        assert "seek help" not in picked([bare], day=day).subject


def subjects(made: list[Issue]) -> str:
    return " ".join(f"{one.subject} {one.preheader}" for one in made)


def test_a_private_condition_is_named_nowhere_on_a_lock_screen():
    private = article("chlamydia", sections=PRIVATE)
    made = [picked([private], day=DAY + timedelta(days=ahead)) for ahead in range(10)]
    assert "hlamydia" not in subjects(made)


def test_a_private_name_is_kept_off_even_where_no_section_is_flagged():
    made = issue(article("gout"), article("miscarriage"))
    assert "miscarriage" in {pick.article_id for pick in made.picks}
    assert "iscarriage" not in f"{made.subject} {made.preheader}"
    lead = issue(article("miscarriage"), article("gout", sections=(section(Kind.PREVENTION),)))
    assert lead.lead.article_id == "miscarriage"
    assert "iscarriage" not in f"{lead.subject} {lead.preheader}"


def test_what_an_operator_writes_is_taken_as_it_is():
    rewritten = [
        Decision(act=Act.SUBJECT, issued_on=DAY, text="Gout, plainly"),
        Decision(act=Act.PREHEADER, issued_on=DAY, text="With care."),
    ]
    made = picked([article("gout")], decisions=rewritten)
    assert (made.subject, made.preheader) == ("Gout, plainly", "With care.")
    assert made.trace is not None
    assert made.trace.decisions == ("the subject was rewritten", "the preheader was rewritten")
