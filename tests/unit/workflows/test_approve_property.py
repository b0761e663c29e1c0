"""No sequence of events sends an issue whose bytes are not the ones that enough people approved."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from newsletter.clock import FixedClock
from newsletter.errors import NewsletterError
from newsletter.issues import store as issue_store
from newsletter.issues.approval import Approver, Asked
from newsletter.issues.decision import Act, Decision, decided
from newsletter.rendering.store import editions
from newsletter.settings import NewsletterSettings
from newsletter.workflows.approve import approve
from newsletter.workflows.compose import compose
from newsletter.workflows.decide import decide, hold, skip, undo
from newsletter.workflows.deliver import deliver
from newsletter.workflows.due import run_due
from newsletter.workflows.pause_issue import pause_issue
from newsletter.workflows.resume_issue import resume_issue
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import add_readers, fill

FIRST = date(2026, 3, 3)
EDITOR = Approver("grace", 1, ("editor",))
CLINICIAN = Approver("mary", 2, ("clinician",))
_days = count()
ASKED: tuple[Asked, ...] = ("one", "two")


@dataclass
class Desk:
    """One issue, and what the test itself knows of who has looked at which bytes."""

    workplace: Workplace
    day: date
    asked: Asked
    looked_at: set[tuple[str, str]] = field(default_factory=set)

    @property
    def newsletter(self) -> NewsletterSettings:
        return self.workplace.settings.newsletter()

    def stored(self) -> issue_store.StoredIssue | None:
        with self.workplace.database.read() as connection:
            return issue_store.find(connection, "daily", self.day)

    def bytes(self) -> str:
        """Of all that readers would get, whatever hashes the database holds."""
        stored = self.stored()
        if stored is None:
            return ""
        wanted = select(editions.c.subject, editions.c.preheader, editions.c.html, editions.c.text)
        with self.workplace.database.read() as connection:
            rows = connection.execute(wanted.where(editions.c.issue_id == stored.id)).all()
        return hashlib.sha256(repr(sorted(map(tuple, rows))).encode()).hexdigest()

    def approve(self, by: Approver) -> None:
        approve(self.workplace, self.newsletter, self.day, by=by, actor=by.name)
        self.looked_at.add((by.name, self.bytes()))

    def is_approved(self) -> bool:
        names = {name for name, seen in self.looked_at if seen == self.bytes()}
        return len(names) >= {"off": 0, "one": 1, "two": 2}[self.asked]

    def say(self, text: str) -> None:
        self.decide(Decision(act=Act.SUBJECT, issued_on=self.day, text=text))

    def decide(self, decision: Decision) -> None:
        decide(self.workplace, self.newsletter, decision, actor="ada")

    def ban_lead(self) -> None:
        issue = compose(self.workplace, self.newsletter, self.day).issue
        if issue.picks:
            ban = Decision(act=Act.BAN, issued_on=self.day, article_id=issue.lead.article_id)
            self.decide(ban)

    def undo(self) -> None:
        with self.workplace.database.read() as connection:
            kept = [one.id for one in decided(connection, "daily", self.day) if not one.undone_at]
        if kept:
            undo(self.workplace, self.newsletter, kept[-1], actor="ada")

    def tamper(self) -> None:
        stored = self.stored()
        if stored is not None and not stored.begun:
            mine = editions.c.issue_id == stored.id
            with self.workplace.database.write() as connection:
                connection.execute(update(editions).where(mine).values(subject="x", sha256="x" * 64))

    def clock(self) -> None:
        noon = datetime(self.day.year, self.day.month, self.day.day, 12, tzinfo=UTC)
        run_due(replace(self.workplace, clock=FixedClock(noon)))


EVENTS: dict[str, Callable[[Desk], object]] = {
    "compose": lambda desk: compose(desk.workplace, desk.newsletter, desk.day),
    "editor": lambda desk: desk.approve(EDITOR),
    "clinician": lambda desk: desk.approve(CLINICIAN),
    "subject": lambda desk: desk.say("In plain words"),
    "another": lambda desk: desk.say("In other words"),
    "ban": lambda desk: desk.ban_lead(),
    "undo": lambda desk: desk.undo(),
    "hold": lambda desk: hold(desk.workplace, desk.newsletter, desk.day, actor="ada"),
    "skip": lambda desk: skip(desk.workplace, desk.newsletter, desk.day, actor="ada"),
    "pause": lambda desk: pause_issue(desk.workplace, desk.newsletter, desk.day, actor="ada"),
    "resume": lambda desk: resume_issue(desk.workplace, desk.newsletter, desk.day, actor="ada"),
    "tamper": lambda desk: desk.tamper(),
    "deliver": lambda desk: deliver(desk.workplace, desk.newsletter, desk.day),
    "clock": lambda desk: desk.clock(),
}


@pytest.fixture
def ready(connected: Workplace) -> Workplace:
    fill(connected.settings.content_path)
    add_readers(connected, "ada@example.org")
    return connected


def test_nothing_is_sent_that_was_not_approved_as_it_is(ready, smtp_server):
    @settings(max_examples=25, deadline=None)
    @given(asked=st.sampled_from(ASKED), events=st.lists(st.sampled_from(sorted(EVENTS)), max_size=9))
    def hold_for(asked: Asked, events: list[str]) -> None:
        newsletter = NewsletterSettings(approval=asked)
        update = {"newsletters": (newsletter,)}
        workplace = replace(ready, settings=ready.settings.model_copy(update=update))
        desk = Desk(workplace, FIRST + timedelta(days=next(_days)), asked)
        for name in [*events, "deliver"]:
            received = len(smtp_server.received)
            was_approved, held = desk.is_approved(), desk.bytes()
            with suppress(NewsletterError):
                EVENTS[name](desk)
            if len(smtp_server.received) > received:
                assert was_approved, name
                assert desk.bytes() == held, name

    hold_for()
