"""Layouts: the three that ship, and one's own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.content.article import Flag, Kind, Myth
from newsletter.errors import PickError, SettingsError
from newsletter.issues.issue import Issue
from newsletter.issues.layout import DAILY, LAYOUTS, layout_of
from newsletter.issues.store import uses_of
from newsletter.settings import NewsletterSettings
from tests.unit.factory import DAY, article, bullets, desk, paragraph, picked, section

MONDAY = DAY - timedelta(days=DAY.weekday())
WEEK_KINDS = (
    *(Kind.OVERVIEW, Kind.CAUSES, Kind.SYMPTOMS, Kind.DIAGNOSIS),
    *(Kind.TREATMENT, Kind.WHEN_TO_SEEK_HELP, Kind.SELF_CARE),
)
SERIES = desk(layout="series", weekdays=("mon", "tue", "wed", "thu", "fri", "sat", "sun"))


def told(name: str):
    """An article with a sentence of its own in every section of a week."""
    sections = tuple(
        section(kind, paragraph(f"This is what {name} says on {kind.value}. It goes on."), paragraph(20))
        for kind in WEEK_KINDS
    )
    return article(name, sections=sections)


def week_of(articles, first=MONDAY, days=7) -> list[Issue]:
    """The issues of a week, each made after those before it."""
    made: list[Issue] = []
    for ahead in range(days):
        used = [one for issue in made for one in uses_of(issue)]
        made.append(picked(articles, used, day=first + timedelta(days=ahead), at=SERIES, week=made))
    return made


def test_the_daily_layout_leads_with_overview_signs_and_what_helps_and_goes_on_to_other_topics():
    lead = [slot.name for slot in DAILY.slots if slot.from_lead]
    assert lead == ["overview", "signs", "what_helps", "seek_help", "myth"]
    assert [slot.name for slot in DAILY.slots if not slot.from_lead] == ["also_today", "prevention"]
    assert [slot.name for slot in DAILY.slots if slot.required] == ["overview", "signs", "what_helps"]


def test_a_series_tells_one_condition_a_week_day_by_day():
    made = week_of([told("gout"), told("eczema")])
    lead = made[0].lead.article_id
    assert [issue.lead.article_id for issue in made[:6]] == [lead] * 6
    assert [issue.lead.slot for issue in made[:6]] == [
        "overview", "causes", "signs", "diagnosis", "what_helps", "recap",
    ]  # fmt: skip
    assert [pick.kind for pick in made[4].picks] == [Kind.TREATMENT, Kind.WHEN_TO_SEEK_HELP]
    assert [pick.slot for pick in made[6].picks] == ["living", "also_today"]


def test_the_lines_on_yesterday_and_tomorrow_are_true():
    made = week_of([told("gout"), told("eczema")])
    weeks = [issue.week for issue in made]
    assert all(weeks)
    assert [(week.before, week.next_slot) for week in weeks if week] == [
        ("", "causes"),
        ("Overview", "signs"),
        ("Causes", "diagnosis"),
        ("Symptoms", "what_helps"),
        ("Diagnosis", "recap"),
        ("Treatment", ""),
        ("Overview", ""),
    ]
    assert weeks[1] is not None
    assert weeks[1].before_on == MONDAY


def test_the_recap_says_again_what_was_sent_and_nothing_else():
    made = week_of([told("gout")])
    sent = [(pick.heading, pick.article_url) for issue in made[:5] for pick in issue.picks]
    assert [(pick.heading, pick.article_url) for pick in made[5].picks] == sent
    first = made[5].picks[0]
    assert [block.plain() for block in first.blocks] == ["This is what gout says on overview."]
    help_again = made[5].picks[-1]
    assert (help_again.kind, help_again.cut) == (Kind.WHEN_TO_SEEK_HELP, False)
    assert help_again.blocks == made[4].picks[-1].blocks
    # A treatment is named and linked, never told by one sentence of it.
    treatment = next(pick for pick in made[5].picks if pick.kind is Kind.TREATMENT)
    assert (treatment.blocks, treatment.cut) == ((), True)


def test_a_week_is_one_appearance_for_every_gap():
    articles = [told("gout"), told("eczema"), told("angina")]
    first = week_of(articles)
    used = [one for issue in first for one in uses_of(issue)]
    second = picked(articles, used, day=MONDAY + timedelta(days=7), at=SERIES)
    assert second.lead.article_id != first[0].lead.article_id
    assert second.trace is not None
    assert second.trace.rung == 0


def test_a_series_that_begins_on_a_wednesday_introduces_its_condition_first():
    made = picked([told("gout")], day=MONDAY + timedelta(days=2), at=SERIES)
    assert [pick.slot for pick in made.picks] == ["overview", "signs"]


def test_when_the_weeks_condition_is_withdrawn_another_takes_over():
    made = week_of([told("gout"), told("eczema")], days=2)
    used = [one for issue in made for one in uses_of(issue)]
    left = [one for one in (told("gout"), told("eczema")) if one.id != made[0].lead.article_id]
    third = picked(left, used, day=MONDAY + timedelta(days=2), at=SERIES, week=made)
    assert third.lead.article_id == left[0].id
    # Nobody is sent back to a letter on what was withdrawn.
    assert third.week is not None
    assert (third.week.before, third.week.before_on) == ("", None)
    saturday = picked(left, used, day=MONDAY + timedelta(days=5), at=SERIES, week=made)
    assert saturday.lead.article_id == left[0].id


def test_a_section_with_a_dose_brings_its_when_to_seek_help_on_any_day_of_the_week():
    sections = tuple(section(kind, flags=(Flag.DOSE,) if kind is Kind.CAUSES else ()) for kind in WEEK_KINDS)
    made = week_of([article("gout", sections=sections)], days=5)
    assert [pick.slot for pick in made[1].picks] == ["causes", "seek_help"]
    assert [pick.slot for pick in made[4].picks] == ["what_helps", "seek_help"]


def test_an_article_that_does_not_last_the_week_leads_no_series():
    short = article("eczema", sections=(section(Kind.OVERVIEW), section(Kind.TREATMENT)))
    assert picked([short, told("gout")], day=MONDAY, at=SERIES).lead.article_id == "gout"


def test_a_digest_is_the_best_of_several_topics():
    names = ("gout", "eczema", "angina", "asthma", "lupus", "measles")
    articles = [article(name, myth=Myth(claim=f"{name}?", fact="No.")) for name in names]
    made = picked(articles, at=desk(layout="digest"))
    assert [pick.slot for pick in made.picks] == ["story"] * 4 + ["prevention", "myth"]
    assert len({pick.article_id for pick in made.picks}) == 5
    assert made.picks[-1].article_id == made.lead.article_id
    with pytest.raises(PickError):
        picked([], at=desk(layout="digest"))


def test_a_layout_of_ones_own_takes_what_it_says():
    slots = [
        {"name": "what", "kinds": ["overview"], "words": 60},
        {"name": "why", "kinds": ["causes", "risk_factors"], "words": 60, "needs": ["what"]},
        {"name": "others", "kinds": ["symptoms"], "article": "other", "count": 2, "required": False},
        {"name": "myth", "kinds": ["myth"], "required": False},
    ]
    at = desk(slots=slots)
    long = section(Kind.CAUSES, bullets(*["a word"] * 60))
    articles = [
        article("gout", sections=(section(Kind.OVERVIEW), section(Kind.CAUSES))),
        article("eczema", sections=(section(Kind.OVERVIEW), long, section(Kind.SYMPTOMS))),
        article("angina", sections=(section(Kind.SYMPTOMS),)),
    ]
    made = picked(articles, at=at)
    assert made.lead.article_id == "gout"
    assert [pick.slot for pick in made.picks] == ["what", "why", "others", "others"]


@pytest.mark.parametrize(
    ("slots", "said"),
    [
        ([{"name": "a", "kinds": ["symptom"]}], "kinds: found 'symptom'"),
        ([{"name": "a", "kinds": ["myth", "faq"]}], "a myth stands alone"),
        ([{"name": "a", "kinds": ["faq"], "needs": ["b"]}], "needs: found 'b'"),
        ([{"name": "a", "kinds": ["faq"], "required": False}], "no slot of the layout is required"),
        ([{"name": "a", "kinds": ["treatment", "medications"]}], "treatments need “when to seek help”"),
    ],
)
def test_a_slot_that_cannot_be_is_an_error_that_names_it(slots, said):
    with pytest.raises(SettingsError) as caught:
        layout_of(NewsletterSettings.model_validate({"slots": slots}))
    assert said in str(caught.value)
    assert "slot a" in str(caught.value)


def test_every_shipped_layout_is_what_a_newsletter_names():
    named = {name: layout_of(NewsletterSettings.model_validate({"layout": name})) for name in LAYOUTS}
    assert named == LAYOUTS
