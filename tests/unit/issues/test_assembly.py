"""From a selection to an issue: whole sentences only, and texts that are still what was picked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.content.article import Flag, Kind
from newsletter.errors import PickError
from newsletter.issues.assembly import Setting, _told_again, assemble
from newsletter.issues.history import History
from newsletter.issues.picker import choose
from tests.unit.factory import DAY, article, desk, index, issue, issue_with, paragraph, pick_in, section


def told(text: str, **changes) -> list[str]:
    made = issue_with(issue(), slot="signs", blocks=(paragraph(text),), **changes)
    return [block.plain() for block in _told_again(pick_in(made, "signs"), DAY).blocks]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Gout hurts a good deal at night. It passes.", ["Gout hurts a good deal at night."]),
        ("Does it hurt when you walk about? Then rest.", ["Does it hurt when you walk about?"]),
        ("Some people take the herb St. John's wort for it. Ask first.", []),
        ("It comes on after approx. 5 days of rest. Then it goes.", []),
        ("About 1.5 in 100 people have this sort of pain. It passes.", []),
        ("Common signs are these:", []),
        (
            "It is <b>not catching</b> in any way, doctors agree. So hug.",
            ["It is not catching in any way, doctors agree."],
        ),
        ("There are 10<sup>9</sup> cells in every litre of blood. Good.", []),
    ],
)
def test_a_recap_says_a_whole_sentence_or_none(text, said):
    assert told(text) == said


@pytest.mark.parametrize("flag", [Flag.DOSE, Flag.WARNING, Flag.EMERGENCY])
def test_a_recap_takes_no_sentence_out_of_a_dose_or_a_warning(flag):
    assert told("Take two tablets with plenty of water. Then rest.", flags=(flag,)) == []


def test_when_to_seek_help_is_told_again_whole():
    pick = next(one for one in issue().picks if one.kind is Kind.WHEN_TO_SEEK_HELP)
    again = _told_again(pick, DAY)
    assert (again.blocks, again.cut, again.reasons) == (pick.blocks, False, ("told on 2026-03-03",))


def test_an_article_that_changed_while_it_was_picked_is_not_sent_as_something_else():
    articles = [article("gout"), article("eczema")]
    at = desk()
    ranking = at.ranking(index(articles, at), History(), DAY)
    brief = at.brief(DAY)
    selection = choose(ranking, brief)
    changed = {one.id: article(one.id, sections=(section(Kind.OVERVIEW, paragraph(33)),)) for one in articles}
    with pytest.raises(PickError, match="changed while it was picked"):
        assemble(selection, changed, brief=brief, ranking=ranking, setting=Setting(at.hash))


def test_a_trace_holds_all_that_it_takes_to_make_the_issue_again():
    made = issue()
    assert made.trace is not None
    assert made.trace.settings == desk().hash
    assert made.trace.settings != desk(layout="digest").hash
    assert (made.trace.seed, made.trace.snapshot) == (made.seed, made.snapshot)
    assert [one.score for one in made.trace.slots] == [sum(one.parts.values()) for one in made.trace.slots]
    assert made.trace.candidates == 2
    assert issue(day=DAY + timedelta(days=1)).trace != made.trace
