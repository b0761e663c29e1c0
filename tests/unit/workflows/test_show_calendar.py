"""The calendar: the days ahead as they are kept, decided and forecast; leads that move; quiet dates."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from newsletter.errors import RefusedError
from newsletter.issues.decision import Act, Decision
from newsletter.issues.issue import State
from newsletter.operators import audit
from newsletter.workflows.compose import compose
from newsletter.workflows.decide import decide, undo
from newsletter.workflows.look_ahead import Asked, in_another_process, look_ahead, made_here
from newsletter.workflows.move_lead import Seen, make_quiet, move_lead
from newsletter.workflows.show_calendar import Calendar, CalendarDay, Sort, show_calendar
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import fill
from tests.unit.workflows.outlooks import later, outlook

TODAY = date(2026, 3, 3)
NAMES = tuple(f"{name}{number}" for name in ("lupus", "angina", "acne") for number in range(6))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def stocked(workplace: Workplace) -> Workplace:
    fill(workplace.settings.content_path, names=NAMES)
    return workplace


def shown(workplace: Workplace) -> Calendar:
    """The calendar once the forecast is as things are now."""
    outlook(workplace)
    return show_calendar(workplace, workplace.settings.newsletter(), make=made_here)


def on(calendar: Calendar, ahead: int) -> CalendarDay:
    found = calendar.on(TODAY + timedelta(days=ahead))
    assert found is not None
    return found


def seen(day: CalendarDay) -> Seen:
    return Seen(day.day, day.lead, day.version)


def move(workplace: Workplace, source: CalendarDay, target: CalendarDay) -> list[int]:
    newsletter = workplace.settings.newsletter()
    return move_lead(workplace, newsletter, seen(source), seen(target), actor="ada")


def test_before_the_forecast_is_made_it_says_so_and_shows_what_is_known(stocked):
    newsletter = stocked.settings.newsletter()

    def never(_asked):
        time.sleep(0.3)
        yield from ()

    calendar = show_calendar(stocked, newsletter, make=never)
    assert calendar.is_being_made
    assert calendar.made_at is None
    assert len(calendar.days) == 90
    assert {day.sort for day in calendar.days} == {Sort.UNKNOWN}
    assert (
        "World Kidney Day" in next(day for day in calendar.days if day.day == date(2026, 3, 12)).observances
    )


def test_each_day_says_what_leads_it_and_where_it_stands(stocked):
    newsletter = stocked.settings.newsletter()
    stored = compose(stocked, newsletter, TODAY)
    calendar = shown(stocked)
    assert [day.day for day in calendar.days] == [TODAY + timedelta(days=ahead) for ahead in range(90)]
    today, tomorrow = on(calendar, 0), on(calendar, 1)
    assert (today.state, today.lead) == (State.APPROVED, stored.issue.lead.article_id)
    assert (tomorrow.state, tomorrow.sort) == (State.PLANNED, Sort.LETTER)
    assert tomorrow.title
    assert not calendar.is_being_made
    assert any("World Kidney Day: no article is about it" in said for said in calendar.warnings)


def test_days_without_letters_are_quiet_or_off_and_gaps_say_why(stocked):
    own = stocked.settings.newsletter().model_copy(
        update={"weekdays": ("tue", "wed"), "quiet_dates": (TODAY + timedelta(days=1),)}
    )
    workplace = replace(stocked, settings=stocked.settings.model_copy(update={"newsletters": (own,)}))
    calendar = shown(workplace)
    assert [on(calendar, ahead).sort for ahead in (0, 1, 2, 7)] == [
        Sort.LETTER, Sort.QUIET, Sort.OFF, Sort.LETTER
    ]  # fmt: skip


def test_a_day_for_which_nothing_fits_is_a_gap_with_its_reason(workplace):
    fill(workplace.settings.content_path, names=("gout",))
    newsletter = workplace.settings.newsletter()
    decide(workplace, newsletter, Decision(act=Act.BAN, article_id="gout", text="wrong"), actor="ada")
    calendar = shown(workplace)
    assert calendar.gaps
    assert calendar.gaps[0].why


def test_an_empty_store_is_told_and_not_taken_for_a_forecast(workplace):
    calendar = shown(workplace)
    assert "the content store is empty" in calendar.fault
    assert calendar.made_at is None


def test_two_days_exchange_their_leads_and_the_forecast_agrees_afterwards(stocked):
    before = shown(stocked)
    first, third = on(before, 1), on(before, 3)
    assert len(move(stocked, first, third)) == 2
    at_once = show_calendar(stocked, stocked.settings.newsletter(), make=made_here)
    assert (on(at_once, 1).lead, on(at_once, 3).lead) == (third.lead, first.lead)
    assert on(at_once, 3).title == first.title
    after = shown(later(stocked, MINUTE))
    assert (on(after, 1).lead, on(after, 3).lead) == (third.lead, first.lead)
    assert not on(after, 1).is_stale
    assert compose(stocked, stocked.settings.newsletter(), third.day).issue.lead.article_id == first.lead


def test_a_composed_issue_that_is_not_out_is_made_anew_with_the_lead_that_came(stocked):
    newsletter = stocked.settings.newsletter()
    compose(stocked, newsletter, TODAY)
    before = shown(stocked)
    move(stocked, on(before, 2), on(before, 0))
    assert compose(stocked, newsletter, TODAY).issue.lead.article_id == on(before, 2).lead


def test_who_moves_what_somebody_else_has_changed_is_told_and_nothing_is_overwritten(stocked):
    calendar = shown(stocked)
    move(stocked, on(calendar, 1), on(calendar, 3))
    with pytest.raises(RefusedError, match="changed by somebody since you opened the page"):
        move(stocked, on(calendar, 3), on(calendar, 5))
    now = shown(later(stocked, MINUTE))
    assert on(now, 3).lead == on(calendar, 1).lead
    assert on(now, 5).by_hand == ()


def test_composing_a_day_meanwhile_is_no_change_by_somebody(stocked):
    calendar = shown(stocked)
    compose(stocked, stocked.settings.newsletter(), on(calendar, 1).day)
    assert move(stocked, on(calendar, 1), on(calendar, 2))


def test_a_quiet_date_gets_no_letter_until_that_is_taken_back(stocked):
    newsletter = stocked.settings.newsletter()
    calendar = shown(stocked)
    number = make_quiet(stocked, newsletter, on(calendar, 4).day, on(calendar, 4).version, actor="ada")
    quiet = on(shown(stocked), 4)
    assert (quiet.sort, quiet.state) == (Sort.QUIET, State.SKIPPED)
    assert quiet.skip is not None
    assert quiet.skip.id == number
    assert not quiet.takes_lead
    with pytest.raises(RefusedError, match="changed by somebody"):
        make_quiet(stocked, newsletter, on(calendar, 4).day, on(calendar, 4).version, actor="bob")
    undo(stocked, newsletter, number, actor="ada")
    assert on(shown(stocked), 4).sort is Sort.LETTER
    with stocked.database.read() as connection:
        assert [line.actor.name for line in audit.page(connection)] == ["ada", "ada"]


@pytest.mark.parametrize(
    ("source", "target", "why"),
    [(1, 1, "on that day already"), (1, -1, "is over"), (-2, 1, "is over")],
)
def test_a_lead_goes_only_where_a_letter_goes(stocked, source, target, why):
    version = on(shown(stocked), 1).version
    days = [Seen(TODAY + timedelta(days=ahead), "lupus0", version) for ahead in (source, target)]
    with pytest.raises(RefusedError, match=why):
        move_lead(stocked, stocked.settings.newsletter(), *days, actor="ada")


def test_a_day_on_which_the_newsletter_rests_takes_no_lead(stocked):
    weekly = stocked.settings.newsletter("weekly")
    with pytest.raises(RefusedError, match="rests on that day"):
        make_quiet(stocked, weekly, TODAY, "", actor="ada")


def test_the_forecast_is_made_once_and_again_only_when_something_changes(stocked):
    made = []

    def counting(asked):
        made.append(asked.today)
        yield from made_here(asked)

    newsletter = stocked.settings.newsletter()
    outlook(stocked)
    for _ in range(3):
        found, is_being_made = look_ahead(stocked, newsletter, make=counting)
        assert (found is not None, is_being_made) == (True, False)
    assert made == []
    fill(stocked.settings.content_path, names=("scabies",))
    _, is_being_made = look_ahead(stocked, newsletter, make=counting)
    assert is_being_made
    outlook(stocked)
    assert made == [TODAY]


def test_a_process_of_its_own_finds_the_same(stocked):
    newsletter = stocked.settings.newsletter()
    deadline, is_being_made = time.monotonic() + 60, True
    found = None
    while is_being_made and time.monotonic() < deadline:
        found, is_being_made = look_ahead(stocked, newsletter, make=in_another_process)
        time.sleep(0.1)
    assert found is not None
    assert found.days[1].lead == on(shown(stocked), 1).lead


@pytest.mark.parametrize("wait_s", [0, 0.3, 1.0])
def test_a_server_that_ends_meanwhile_leaves_neither_trace_nor_process(
    stocked: Workplace, tmp_path: Path, wait_s: float
) -> None:
    asked = Asked(settings=stocked.settings, newsletter="daily", today=TODAY, next_day=TODAY)
    question = tmp_path / "asked"
    question.write_bytes(pickle.dumps(asked))
    code = (
        "import pickle, sys, threading, time, pathlib\n"
        "from newsletter.workflows.look_ahead import Asked, in_another_process\n"
        "asked = pickle.loads(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "threading.Thread(target=lambda: list(in_another_process(asked)), daemon=True).start()\n"
        "time.sleep(float(sys.argv[2]))\n"
    )
    command = [sys.executable, "-c", code, str(question), str(wait_s)]
    # Reads to the end of what every process that it began says: it would wait for one that goes on.
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert (ended.stdout, ended.stderr) == ("", "")


def test_what_fails_in_the_background_is_said_on_the_page(stocked):
    def broken(_asked):
        raise MemoryError
        yield  # a generator

    newsletter = stocked.settings.newsletter()
    while show_calendar(stocked, newsletter, make=broken).is_being_made:
        time.sleep(0.02)
    assert show_calendar(stocked, newsletter, make=broken).fault == "MemoryError"
