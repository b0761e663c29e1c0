"""Editions of a day: the same bytes whether one process makes them or several."""

from __future__ import annotations

from newsletter.content.article import Flag
from newsletter.settings import NewsletterSettings, Settings
from newsletter.workflows.draft_editions import MANY, Bench, Order, draft_editions
from tests.unit.factory import DAY, article, issue, issue_with, paragraph


def bench() -> Bench:
    return Bench(Settings(), NewsletterSettings(), DAY, {})


def orders(count: int) -> list[Order]:
    """The general edition, and further ones with a path each."""
    made = issue()
    return [Order(made), *(Order(made, f"topic-{number}", 50, f"p{number}") for number in range(1, count))]


def test_many_editions_made_by_several_processes_are_those_that_one_makes_in_order():
    wanted = orders(MANY + 5)
    shared = list(draft_editions(bench(), wanted))
    alone = [one for order in wanted for one in draft_editions(bench(), [order])]
    assert [one.order.path for one in shared] == [order.path for order in wanted]
    assert [one.packed for one in shared] == [one.packed for one in alone]
    assert all(one.packed for one in shared)


def test_an_edition_that_a_check_holds_is_not_packed():
    broken = issue_with(blocks=(paragraph("Left over: {{ name }}"),))
    [held] = draft_editions(bench(), [Order(broken)])
    assert held.packed is None
    assert "placeholders" in {one.name for one in held.checks if one.level == "fail"}


def test_a_topic_edition_is_told_from_the_general_one_by_its_address_and_its_words():
    general, chosen = (bench().draft(one).edition for one in orders(2))
    assert "/issues/daily/2026-03-03/p1" in chosen.html
    assert "You told us what you like to read about" in chosen.text
    assert "You told us" not in general.text


def test_what_is_private_is_still_known_of_the_packed_edition():
    made = issue_with(issue(article("gout")), flags=(Flag.SENSITIVE,), private=("mental health",))
    [draft] = draft_editions(bench(), [Order(made)])
    assert draft.issue.private == {"mental health"}
