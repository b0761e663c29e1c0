"""Decide: the operator's hand on an issue. A composed issue that has not begun is made anew with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from datetime import date

from sqlalchemy import Connection

from newsletter.clock import local_date
from newsletter.content.article import Article, Kind
from newsletter.content.private_topic import private_topics
from newsletter.content.store import ContentStore
from newsletter.errors import RefusedError, SettingsError
from newsletter.issues import decision as decision_store
from newsletter.issues import store as issue_store
from newsletter.issues.decision import Act, Decision
from newsletter.issues.headline import SUBJECT_LIMIT, one_line
from newsletter.issues.issue import State
from newsletter.issues.layout import layout_of
from newsletter.issues.store import StoredIssue
from newsletter.issues.trace import SlotTrace
from newsletter.issues.withdrawal import uses
from newsletter.rendering import store as edition_store
from newsletter.settings import NewsletterSettings
from newsletter.workflows.compose import compose, make_draft
from newsletter.workflows.next_step import next_step
from newsletter.workflows.resume_issue import let_go_on
from newsletter.workflows.workplace import Workplace

#: The states of an issue that decisions make anew, unless it had begun.
NOT_BEGUN = (State.COMPOSED, State.WAITING, State.APPROVED, State.HELD, State.SKIPPED)
#: How long a subject and a preheader may be (standards: 50; mail programs show some 100 more).
PREHEADER_LIMIT = 120
_MOST = {Act.SUBJECT: SUBJECT_LIMIT, Act.PREHEADER: PREHEADER_LIMIT}
_SHORTEST_ID = 3
_REPLY = re.compile(r"(?:re|fwd?|aw|wg|sv|tr)\s*:", re.IGNORECASE)
#: What no honest subject says.
_LURID = re.compile(
    r"\b(?:breakthrough|miracle|cures?|cured|shocking|deadly|secret|doctors hate|you won['’]t believe|"
    r"act now|urgent|warning|last chance|guaranteed)\b|!!",
    re.IGNORECASE,
)


#: What runs first in an act's own transaction; it may refuse the act.
Within = Callable[[Connection], None]


def decide(
    workplace: Workplace,
    newsletter: NewsletterSettings,
    decision: Decision,
    *,
    actor: str,
    within: Within | None = None,
) -> int:
    """Keep *decision* and return its number; issues that it changes are discarded, to be composed with it.

    An article may be named by the beginning of its id.

    Raises:
        RefusedError: the issue is going out, or has.
        ContentError: there is no such article, or section of it.
        SettingsError: there is no such slot, or the text cannot stand in a header.
    """
    [number] = decide_all(workplace, newsletter, [decision], actor=actor, within=within)
    return number


def decide_all(
    workplace: Workplace,
    newsletter: NewsletterSettings,
    decisions: Sequence[Decision],
    *,
    actor: str,
    within: Within | None = None,
) -> list[int]:
    """As ``decide``, several at once: all of them, or none."""
    every = [_checked(workplace, newsletter, one) for one in decisions]
    now = workplace.clock.now()
    numbers = []
    with workplace.database.write() as connection:
        if within is not None:
            within(connection)
        for one in every:
            _discard_changed(connection, newsletter.name, one)
            number = decision_store.decide(connection, newsletter.name, one, actor=actor, decided_at=now)
            numbers.append(number)
    return numbers


def _discard_changed(connection: Connection, newsletter: str, decision: Decision) -> None:
    """Discard the issues that *decision* changes."""
    if decision.issued_on is not None:
        _reopen(connection, newsletter, decision.issued_on)
        return
    for use in uses(connection, decision.article_id):
        if use.newsletter == newsletter and use.state in NOT_BEGUN:
            _reopen(connection, newsletter, use.issued_on)


def swap(workplace: Workplace, newsletter: NewsletterSettings, day: date, slot: str, *, actor: str) -> int:
    """Decide for the runner-up of *slot*: pinned there, or the lead where the slot is the lead's.

    Raises:
        SettingsError: the issue has no such slot, or no runner-up for it.
        RefusedError: it is going out.
    """
    today = local_date(workplace.clock.now(), newsletter.timezone)
    issue = make_draft(workplace.settings, workplace.database, newsletter, day, since=today).issue
    traced = next((one for one in issue.trace.slots if one.slot == slot), None) if issue.trace else None
    if traced is None or not traced.runner_up_article:
        filled = ", ".join(pick.slot for pick in issue.picks)
        reason = "has no runner-up" if traced else f"is not a slot of this issue ({filled})"
        raise SettingsError(f"slot {slot}", reason, "See them with: newsletter preview DATE --why")
    return decide(workplace, newsletter, for_runner_up(traced, day, issue.lead.article_id), actor=actor)


def undo(
    workplace: Workplace,
    newsletter: NewsletterSettings,
    number: int,
    *,
    actor: str,
    within: Within | None = None,
) -> Decision:
    """Take decision *number* back; where it paused an issue, that one goes on.

    Raises:
        SettingsError: there is none in force.
        RefusedError: its issue is going out.
    """
    with workplace.database.write() as connection:
        if within is not None:
            within(connection)
        kept = {one.id: one for one in decision_store.decided(connection, newsletter.name)}
        if number not in kept or kept[number].undone_at:
            known = ", ".join(str(one.id) for one in kept.values() if not one.undone_at) or "none"
            raise SettingsError(f"decision {number}", "is not in force", f"In force: {known}.")
        taken = kept[number].decision
        if taken.act is Act.WITHDRAWN:
            step = "A withdrawn article is not brought back by this."
            raise SettingsError(f"decision {number}", "is a note of what happened, and no decision", step)
        if taken.act is Act.PAUSE and taken.issued_on is not None:
            stored = issue_store.of_day(connection, newsletter.name, taken.issued_on)
            let_go_on(connection, workplace, stored, actor=actor)
            return taken
        if taken.issued_on is not None:
            states = (State.CANCELLED,) if taken.act is Act.CANCEL else NOT_BEGUN
            _reopen(connection, newsletter.name, taken.issued_on, states=states)
        decision_store.undo(connection, newsletter.name, number, actor=actor, undone_at=workplace.clock.now())
    return taken


def skip(workplace: Workplace, newsletter: NewsletterSettings, day: date, *, actor: str) -> StoredIssue:
    """Send nothing on *day*. RefusedError when it is going out already."""
    decide(workplace, newsletter, Decision(act=Act.SKIP, issued_on=day), actor=actor)
    return compose(workplace, newsletter, day)


def hold(workplace: Workplace, newsletter: NewsletterSettings, day: date, *, actor: str) -> StoredIssue:
    """Compose the issue of *day* and keep it from being sent until it is approved."""
    decide(workplace, newsletter, Decision(act=Act.HOLD, issued_on=day), actor=actor)
    return compose(workplace, newsletter, day)


def _reopen(
    connection: Connection, newsletter: str, day: date, *, states: Collection[State] = NOT_BEGUN
) -> None:
    """Discard the issue of *day* if it is in one of *states* and nobody has got it: it is composed anew."""
    stored = issue_store.find(connection, newsletter, day)
    if stored is None:
        return
    if stored.begun or stored.issue.state not in states:
        raise RefusedError(f"issue of {day}", f"is {stored.issue.state.value}", next_step(stored))
    edition_store.remove(connection, stored.id)
    issue_store.remove(connection, stored.id)


def _checked(workplace: Workplace, newsletter: NewsletterSettings, decision: Decision) -> Decision:
    layout = layout_of(newsletter)
    slots = layout.on(decision.issued_on) if decision.issued_on else layout.slots
    slots = (*slots, *(layout.introduction if layout.by_week else ()))
    names = sorted({slot.name for slot in slots})
    named = decision.text.split() if decision.act is Act.ORDER else [decision.slot] if decision.slot else []
    for slot in named:
        if slot not in names:
            reason = "is not in the layout" + (f" on {decision.issued_on}" if decision.issued_on else "")
            raise SettingsError(f"slot {slot!r}", reason, f"Its slots: {', '.join(names)}.")
    if decision.act in (Act.SUBJECT, Act.PREHEADER):
        return decision.model_copy(update={"text": _headline(decision)})
    if not decision.article_id:
        return decision
    with ContentStore(workplace.settings.content_path) as content:
        article = content.get(decision.article_id)
    if article.id != decision.article_id and len(decision.article_id) < _SHORTEST_ID:
        step = f"Give at least {_SHORTEST_ID} letters of the id: {article.id}"
        raise SettingsError(f"article {decision.article_id!r}", "is too short a beginning", step)
    if decision.position is not None:
        kinds = {kind for slot in slots if slot.name == decision.slot for kind in slot.kinds}
        _check_section(article, decision, kinds)
    section = next((one for one in article.sections if one.position == decision.position), None)
    found = {"article_id": article.id, "title": article.title, "heading": section.heading if section else ""}
    return decision.model_copy(update=found)


def _headline(decision: Decision) -> str:
    """The subject or preheader as it may stand: one line, and the rules of an honest one."""
    name, text = decision.act.value, one_line(decision.text)
    most = _MOST[decision.act]
    faults = {
        "is empty": not text,
        f"is longer than {most} characters": len(text) > most,
        "looks like a reply or a forwarded mail": bool(_REPLY.match(text)),
        "promises or threatens": bool(_LURID.search(text)),
        "names what many keep private, on a lock screen": bool(private_topics(text, ())),
    }
    fault = next((said for said, holds in faults.items() if holds), "")
    if fault:
        is_long = len(text) > most
        quoted = f"{text[:most]}…" if is_long else decision.text
        step = f"Shorten it by {len(text) - most}." if is_long else "Say plainly what the letter is about."
        raise SettingsError(f"{name} {quoted!r}", fault, step)
    return text


def _check_section(article: Article, decision: Decision, kinds: Collection[Kind]) -> None:
    section = next((one for one in article.sections if one.position == decision.position), None)
    told = ", ".join(f"{one.position} {one.heading} ({one.kind.value})" for one in article.sections)
    if section is None:
        raise SettingsError(f"section {decision.position}", f"is not in {article.id}", f"It has: {told}.")
    if decision.slot and section.kind not in kinds:
        reason = f"is of kind {section.kind.value}, and {decision.slot} takes {', '.join(sorted(kinds))}"
        raise SettingsError(f"section {decision.position} of {article.id}", reason, f"It has: {told}.")


def for_runner_up(traced: SlotTrace, day: date, lead: str) -> Decision:
    """What it takes to have the runner-up in its place."""
    if traced.article_id == lead:
        return Decision(act=Act.LEAD, issued_on=day, article_id=traced.runner_up_article)
    return Decision(
        act=Act.PIN,
        issued_on=day,
        slot=traced.slot,
        article_id=traced.runner_up_article,
        position=traced.runner_up_position,
    )
