"""An issue that is too large: what goes, what never does, and what the letter then says of itself."""

from __future__ import annotations

import pytest

from newsletter.content.article import Kind, Myth
from newsletter.errors import RefusedError
from newsletter.issues.issue import Issue
from newsletter.issues.layout import DAILY, DIGEST, SERIES, layout_of
from newsletter.rendering.edition import MAX_HTML_BYTES, Edition
from newsletter.rendering.fit import fitting_edition, optional_slots
from newsletter.settings import NewsletterSettings, Settings
from newsletter.workflows.compose import compose
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import fill
from tests.unit.factory import article, desk, issue, issue_with, paragraph, picked, section

#: Two of these are more than a mail may hold, one is not.
LONG = paragraph(12_000)
#: More than a mail may hold, alone.
TOO_LONG = paragraph(25_000)


def fitted(made: Issue, settings: Settings | None = None, **newsletter: object) -> tuple[Issue, Edition]:
    publication = NewsletterSettings.model_validate(newsletter)
    return fitting_edition(
        made, layout=layout_of(publication), settings=settings or Settings(), newsletter=publication
    )


def slots(made: Issue) -> list[str]:
    return [pick.slot for pick in made.picks]


@pytest.fixture
def whole() -> Issue:
    """Gout, with a section of eczema and a tip on preventing asthma, and a myth."""
    gout = article("gout", myth=Myth(claim="Only the rich get it.", fact="Anybody can."))
    eczema = article("eczema", sections=(section(Kind.CAUSES),))
    asthma = article("asthma", sections=(section(Kind.PREVENTION),))
    made = picked((gout, eczema, asthma))
    assert slots(made) == [
        "overview", "signs", "what_helps", "seek_help", "also_today", "prevention", "myth",
    ]  # fmt: skip
    return made


def test_an_issue_that_fits_is_left_as_it_is(whole: Issue):
    same, edition = fitted(whole)
    assert same is whole
    assert not edition.errors


def test_optional_sections_go_from_the_last_one_up_until_it_fits(whole: Issue):
    wide = issue_with(issue_with(whole, slot="overview", blocks=(LONG,)), slot="prevention", blocks=(LONG,))
    smaller, edition = fitted(wide)
    assert slots(smaller) == ["overview", "signs", "what_helps", "seek_help", "also_today"]
    assert edition.size <= MAX_HTML_BYTES
    assert not edition.errors
    assert "asthma" not in edition.html.lower()
    assert "asthma" not in edition.text.lower()


def test_what_was_left_out_stands_in_the_trace_beside_the_slots_that_stayed(whole: Issue):
    wide = issue_with(issue_with(whole, slot="overview", blocks=(LONG,)), slot="prevention", blocks=(LONG,))
    smaller, _ = fitted(wide)
    assert smaller.trace is not None
    assert whole.trace is not None
    myth, prevention = smaller.trace.notes[len(whole.trace.notes) :]
    assert myth.startswith("myth: ")
    assert prevention == "prevention: “Prevention” was left out, the mail would be too large"
    assert len(smaller.trace.slots) == len(smaller.picks)


def test_the_preheader_promises_nothing_that_is_gone(whole: Issue):
    assert whole.preheader.endswith("Also today: Eczema.")
    wide = issue_with(issue_with(whole, blocks=(LONG,)), slot="also_today", blocks=(LONG,))
    smaller, edition = fitted(wide)
    assert slots(smaller) == ["overview", "signs", "what_helps", "seek_help"]
    assert "Eczema" not in smaller.preheader
    assert smaller.preheader == edition.preheader
    assert smaller.preheader in edition.text.replace("\n", " ")


def test_an_operators_preheader_stays_while_it_is_true(whole: Issue):
    wide = issue_with(issue_with(whole, blocks=(LONG,)), slot="also_today", blocks=(LONG,))
    kept = fitted(wide.model_copy(update={"preheader": "Read this first."}))[0]
    assert kept.preheader == "Read this first."
    rewritten = fitted(wide.model_copy(update={"preheader": "On Gout, and on Eczema."}))[0]
    assert "Eczema" not in rewritten.preheader
    assert rewritten.preheader


def test_disclaimers_references_and_where_to_turn_in_need_are_never_left_out(whole: Issue):
    words = "This letter is general information and knows nothing of you. " * 3
    settings = Settings(disclaimer=words)
    wide = issue_with(issue_with(whole, blocks=(LONG,)), slot="also_today", blocks=(LONG,))
    wide = issue_with(wide, slot="seek_help", article_disclaimer="Gout’s own words.")
    smaller, edition = fitted(wide, settings)
    assert "seek_help" in slots(smaller)
    for part in (edition.html, edition.text):
        said = " ".join(part.split())
        assert words.strip() in said
        assert "Gout’s own words." in said
        assert "https://guide.example/gout" in said
        assert "@@UNSUBSCRIBE@@" in said
    assert "When to seek help" in edition.html


def test_where_to_turn_in_need_stays_though_a_layout_of_ones_own_does_without():
    own = [
        {"name": "overview", "kinds": ["overview"], "words": 200},
        {"name": "seek_help", "kinds": ["when_to_seek_help"], "words": 200, "required": False},
    ]
    made = picked((article("gout"),), at=desk(slots=own))
    assert slots(made) == ["overview", "seek_help"]
    same, edition = fitted(issue_with(made, blocks=(TOO_LONG,)), slots=own)
    assert slots(same) == ["overview", "seek_help"]
    assert edition.errors


def test_what_is_still_too_large_says_so_and_has_lost_all_it_may_do_without(whole: Issue):
    smaller, edition = fitted(issue_with(whole, slot="signs", blocks=(TOO_LONG,)))
    assert slots(smaller) == ["overview", "signs", "what_helps", "seek_help"]
    assert edition.errors == (f"the HTML is {edition.size} bytes, over {MAX_HTML_BYTES}",)


def test_the_lead_never_goes_though_its_slot_is_optional():
    own = [
        {"name": "overview", "kinds": ["overview"], "required": False},
        {"name": "signs", "kinds": ["symptoms"]},
    ]
    made = picked((article("gout"),), at=desk(slots=own))
    smaller, edition = fitted(issue_with(made, blocks=(TOO_LONG,)), slots=own)
    assert slots(smaller) == ["overview", "signs"]
    assert edition.errors


@pytest.mark.parametrize(
    ("layout", "optional"),
    [
        (DAILY, {"also_today", "prevention", "myth"}),
        (SERIES, {"living", "also_today", "myth"}),
        (DIGEST, {"prevention", "myth"}),
    ],
)
def test_required_and_needed_slots_are_never_among_the_optional(layout, optional):
    assert optional_slots(layout) == optional


def test_an_issue_that_cannot_be_made_to_fit_is_not_composed(workplace: Workplace):
    fill(workplace.settings.content_path)
    wordy = workplace.settings.model_copy(update={"disclaimer": "General information. " * 6000})
    with pytest.raises(RefusedError, match=f"edition: the HTML is [0-9]+ bytes, over {MAX_HTML_BYTES}"):
        compose(
            Workplace(wordy, workplace.clock, workplace.database, workplace.keyring),
            wordy.newsletter(),
            issue().issued_on,
        )
