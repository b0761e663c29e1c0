"""Change an issue as it was seen: acts that are refused where somebody else has changed it since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from newsletter.errors import NewsletterError, RefusedError, SettingsError
from newsletter.issues import decision as decision_store
from newsletter.issues.approval import Approver
from newsletter.issues.decision import Act, Decision
from newsletter.issues.issue import Issue
from newsletter.settings import NewsletterSettings
from newsletter.workflows import decide as decide_workflow
from newsletter.workflows.approve import approve
from newsletter.workflows.compose import compose
from newsletter.workflows.decide import Within, decide
from newsletter.workflows.show_issue import changes_since, differences, show_issue
from newsletter.workflows.workplace import Workplace


class OutdatedError(RefusedError):
    """The issue is not what the operator saw. *changes* says who did what since, a line each."""

    def __init__(self, day: date, changes: list[str]) -> None:
        """Nothing was done."""
        self.changes = changes
        said = "; ".join(changes) or "the articles it is made of"
        step = "Nothing of either change was lost or overwritten. Look at it as it is now, and decide again."
        super().__init__(f"issue of {day}", f"was changed while you looked at it: {said}", step)


@dataclass(frozen=True)
class Hand:
    """An operator at one issue: *version* is that of what they saw."""

    workplace: Workplace
    newsletter: NewsletterSettings
    day: date
    actor: str
    version: str


def change(hand: Hand, decision: Decision) -> list[str]:
    """Decide, and say what that changed, a line each; where the letter reads as before, what was decided.

    Raises:
        OutdatedError: somebody has changed the issue since it was seen.
        NewsletterError: as decide.
    """
    before = _seen(hand)
    number = decide(hand.workplace, hand.newsletter, decision, actor=hand.actor, within=_within(hand))
    return _after(hand, before, decision) or [_decided(hand, number)]


def to_runner_up(hand: Hand, slot: str) -> list[str]:
    """Put the runner-up into *slot*, and say what that changed.

    Raises:
        SettingsError: the slot has none.
        OutdatedError, NewsletterError: as change.
    """
    issue = _seen(hand)
    traced = next((one for one in issue.trace.slots if one.slot == slot), None) if issue.trace else None
    if traced is None or not traced.runner_up_article:
        raise SettingsError(f"slot {slot!r}", "has no runner-up", "Choose another candidate.")
    return change(hand, decide_workflow.for_runner_up(traced, hand.day, issue.lead.article_id))


def refuse_outdated(hand: Hand) -> None:
    """Nothing, if the issue is what was seen.

    Raises:
        OutdatedError: it is not.
    """
    _seen(hand)


def take_back(hand: Hand, number: int) -> list[str]:
    """Undo decision *number*, and say what that changed.

    Raises:
        OutdatedError, NewsletterError: as change.
    """
    before = _seen(hand)
    undone = decide_workflow.undo(
        hand.workplace, hand.newsletter, number, actor=hand.actor, within=_within(hand)
    )
    if undone.act is Act.SKIP:
        # What was kept in its place says "skipped" until it is made again.
        _clear_skipped(hand)
    return _after(hand, before, undone)


def let_go(hand: Hand, by: Approver, *, seen: str) -> list[str]:
    """Approve exactly what was *seen* (the hash of the general edition).

    Raises:
        OutdatedError, NewsletterError: as change and approve.
    """
    _seen(hand)
    stored = approve(
        hand.workplace,
        hand.newsletter,
        hand.day,
        actor=hand.actor,
        by=by,
        seen=seen,
        within=_within(hand),
    )
    return [f"The issue is {stored.issue.state.value}."]


def _seen(hand: Hand) -> Issue:
    """The issue, if it is the one that was seen."""
    shown = show_issue(hand.workplace, hand.newsletter, hand.day)
    if shown.version != hand.version:
        with hand.workplace.database.read() as connection:
            changes = changes_since(connection, hand.newsletter, hand.day, hand.version)
        raise OutdatedError(hand.day, changes)
    return shown.issue


def _within(hand: Hand) -> Within:
    """Refuses the act in its own transaction: two may have looked in the same moment."""

    def check(connection: Connection) -> None:
        changes = changes_since(connection, hand.newsletter, hand.day, hand.version)
        if changes:
            raise OutdatedError(hand.day, changes)

    return check


def _after(hand: Hand, before: Issue, decision: Decision) -> list[str]:
    if decision.act in (Act.SKIP, Act.HOLD):
        # Kept at once, so that nobody sends it in between.
        compose(hand.workplace, hand.newsletter, hand.day)
    shown = show_issue(hand.workplace, hand.newsletter, hand.day)
    # That there is no letter, or one again, is said by what was decided.
    changed = differences(before, shown.issue) if before.picks and shown.issue.picks else []
    notes = shown.issue.trace.notes if shown.issue.trace else ()
    return [*changed, *(note for note in notes if "as decided" in note)]


def _decided(hand: Hand, number: int) -> str:
    with hand.workplace.database.read() as connection:
        noted = decision_store.decided(connection, hand.newsletter.name, hand.day)
    return next(one.decision.said for one in noted if one.id == number)


def _clear_skipped(hand: Hand) -> None:
    try:
        compose(hand.workplace, hand.newsletter, hand.day)
    except NewsletterError:
        return  # the page says what is wrong with it
