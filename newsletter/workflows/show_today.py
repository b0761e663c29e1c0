"""Show today: the next issue of each newsletter, what needs a person, and what became of the last ones."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, func, select

from newsletter.clock import local_date
from newsletter.delivery.issue_count import issue_count
from newsletter.delivery.slow_domain import slow_domains
from newsletter.feedback.schema import feedback_tray
from newsletter.issues.decision import Act, Noted, holds
from newsletter.issues.glance import Glance, glances, in_force_between, last_begun
from newsletter.issues.issue import State
from newsletter.settings import Audience, NewsletterSettings
from newsletter.subscribers.breaker import find_breaker
from newsletter.subscribers.count import audience_size
from newsletter.workflows.compose import send_time
from newsletter.workflows.hold_back import BREAKER as CONFIRMATIONS
from newsletter.workflows.look_ahead import Make, look_ahead, next_day, next_look
from newsletter.workflows.outlook import NextLook
from newsletter.workflows.workplace import Workplace

#: So many of the last issues are drawn.
ISSUES = 14
#: A paused or held issue is looked for so far back.
_LOOK_BACK = timedelta(days=14)
#: What will not be said, for the calendar says it better.
_GAPS_WITHIN = timedelta(days=14)

#: How many readers a letter goes to, from counts that are kept.
CountAudience = Callable[[Connection, Audience], int]


class Need(StrEnum):
    """Why a person is needed, the most pressing first."""

    STUCK = "stuck"
    PAUSED = "paused"
    FAILED = "failed"
    HELD = "held"
    WAITING = "waiting"
    BREAKER = "breaker"
    GAP = "gap"
    WARNED = "warned"
    SLOW = "slow"
    TRAY = "tray"
    OVERDUE = "overdue"


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing for a person. *said*: what it is about, in words that are data; *day*: whose issue."""

    need: Need
    newsletter: str = ""
    day: date | None = None
    number: int = 0
    said: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Past:
    """An issue that went out, in figures."""

    day: date
    title: str
    state: State
    accepted: int
    failed: int
    complained: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Front:
    """One newsletter on the start page. *day* None: no letter comes within two months.

    *look*: what preflight says; None while that is worked out. *wait_s*: until it leaves.
    """

    newsletter: NewsletterSettings
    day: date | None
    state: State
    title: str
    audience: int
    send_at: datetime | None
    wait_s: float
    look: NextLook | None
    by_hand: tuple[Noted, ...]
    past: tuple[Past, ...]
    is_being_made: bool

    @property
    def subject(self) -> str:
        """As a person wrote it last, or as it was when the issue was looked at."""
        written = [one.decision.text for one in self.by_hand if one.decision.act is Act.SUBJECT]
        return written[-1] if written else self.look.subject if self.look else ""

    @property
    def last(self) -> Past | None:
        """The issue before."""
        return self.past[-1] if self.past else None


@dataclass(frozen=True, kw_only=True)
class Today:
    """The start page."""

    fronts: tuple[Front, ...]
    tasks: tuple[Task, ...]
    at: datetime


def kept_audience(connection: Connection, audience: Audience) -> int:
    """From the kept counts of readers."""
    return audience_size(connection, audience.newsletter, audience.frequency)


def show_today(
    workplace: Workplace, *, count: CountAudience = kept_audience, make: Make | None = None
) -> Today:
    """What is next, what needs a person, and what was. No query in it grows with the list."""
    fronts, tasks = [], []
    for newsletter in workplace.settings.publications:
        front, needed = _front(workplace, newsletter, count, make)
        fronts.append(front)
        tasks += needed
    with workplace.database.read() as connection:
        tasks += _common(connection, workplace)
    order = list(Need)
    tasks.sort(key=lambda task: order.index(task.need))
    return Today(fronts=tuple(fronts), tasks=tuple(_once(tasks)), at=workplace.clock.now())


def _front(
    workplace: Workplace, newsletter: NewsletterSettings, count: CountAudience, make: Make | None
) -> tuple[Front, list[Task]]:
    now = workplace.clock.now()
    today = local_date(now, newsletter.timezone)
    outlook, is_being_made = look_ahead(workplace, newsletter, make=make)
    day = next_day(workplace, newsletter)
    with workplace.database.read() as connection:
        kept = glances(connection, newsletter.name, today - _LOOK_BACK, day or today)
        past = _past(connection, newsletter, today, next_day=day)
        audience = count(connection, newsletter.audience)
        decided = in_force_between(connection, newsletter.name, day, day) if day else {}
    found = kept.get(day) if day else None
    look = next_look(workplace, newsletter, day) if day else None
    send_at = send_time(newsletter, day) if day else None
    front = Front(
        newsletter=newsletter,
        day=day,
        state=_state(found, decided.get(day, ()) if day else ()),
        title=found.title if found and found.title else look.title if look else "",
        audience=audience,
        send_at=send_at,
        wait_s=(send_at - now).total_seconds() if send_at else 0,
        look=look,
        by_hand=_last_of_each(decided.get(day, ())) if day else (),
        past=past,
        is_being_made=is_being_made,
    )
    tasks = [*_of_issues(newsletter, kept, today), *_of_look(newsletter, look, found)]
    if found is None and front.state is State.HELD:
        tasks.append(Task(need=Need.HELD, newsletter=newsletter.name, day=day))
    if outlook is not None:
        soon = [one.day for one in outlook.days if one.is_gap and one.state is State.HELD]
        soon = [one for one in soon if today < one <= today + _GAPS_WITHIN]
        if soon:
            said = (f"{soon[0]}",)
            tasks.append(
                Task(need=Need.GAP, newsletter=newsletter.name, day=soon[0], number=len(soon), said=said)
            )
        if outlook.overdue:
            tasks.append(Task(need=Need.OVERDUE, number=outlook.overdue))
    return front, tasks


def _state(found: Glance | None, decided: tuple[Noted, ...]) -> State:
    if found is not None:
        return found.state
    # What was decided holds as soon as the issue is made.
    return State.HELD if holds(decided, Act.HOLD) else State.PLANNED


def _last_of_each(decided: tuple[Noted, ...]) -> tuple[Noted, ...]:
    """Without those that a later one of the same kind has taken the place of."""
    kept: dict[Hashable, Noted] = {}
    for one in decided:
        said = one.decision
        key = (said.act, said.slot, said.article_id, said.position)
        kept.pop(key, None)
        kept[key] = one
    return tuple(kept.values())


def _of_issues(newsletter: NewsletterSettings, kept: dict[date, Glance], today: date) -> Iterator[Task]:
    needs = {State.PAUSED: Need.PAUSED, State.HELD: Need.HELD, State.WAITING: Need.WAITING}
    for day, one in sorted(kept.items()):
        need = needs.get(one.state)
        # An old issue that never began will not go any more, whatever anybody does.
        if need is not None and (day >= today or one.started_at is not None):
            said = (one.reason,) if one.reason else ()
            yield Task(need=need, newsletter=newsletter.name, day=day, said=said)
        elif one.state is State.SENDING and one.reason:
            yield Task(need=Need.STUCK, newsletter=newsletter.name, day=day, said=(one.reason,))


def _of_look(newsletter: NewsletterSettings, look: NextLook | None, found: Glance | None) -> Iterator[Task]:
    has_begun = found is not None and found.started_at is not None
    if look is None or has_begun:
        return
    if look.fault:
        yield Task(need=Need.FAILED, newsletter=newsletter.name, day=look.day, said=(look.fault,))
    if look.failed:
        yield Task(need=Need.FAILED, newsletter=newsletter.name, day=look.day, said=look.failed)
    if look.warned:
        number = len(look.warned)
        yield Task(
            need=Need.WARNED, newsletter=newsletter.name, day=look.day, number=number, said=look.warned
        )


def _common(connection: Connection, workplace: Workplace) -> Iterator[Task]:
    breaker = find_breaker(connection, CONFIRMATIONS)
    if breaker is not None and breaker.is_open:
        yield Task(need=Need.BREAKER, said=(breaker.reason,))
    now = workplace.clock.now()
    held = [one.domain for one in slow_domains(connection) if one.is_held(now)]
    if held:
        yield Task(need=Need.SLOW, number=len(held), said=tuple(held[:5]))
    # The tray is bounded (feedback.tray.forget_items), and no list of readers.
    waiting = connection.scalar(select(func.count()).select_from(feedback_tray)) or 0
    if waiting:
        yield Task(need=Need.TRAY, number=waiting)


def _past(
    connection: Connection, newsletter: NewsletterSettings, today: date, *, next_day: date | None
) -> tuple[Past, ...]:
    # A person may have sent some before their day.
    tomorrow = today + timedelta(days=1)
    before = max(tomorrow, next_day or tomorrow)
    begun = last_begun(connection, newsletter.name, before=before, most=ISSUES + 1)
    ended = [one for one in begun if one.finished_at is not None or one.issued_on < today]
    found = []
    for one in ended[-ISSUES:]:
        counts = issue_count(connection, one.id)
        found.append(
            Past(
                day=one.issued_on,
                title=one.title,
                state=one.state,
                accepted=counts["accepted"] + counts["complained"],
                failed=counts["rejected"] + counts["bounced"],
                complained=counts["complained"],
                total=sum(counts.values()),
            )
        )
    return tuple(found)


def _once(tasks: list[Task]) -> Iterator[Task]:
    """Articles whose review is over are the store's, and each newsletter has counted them."""
    seen = set()
    for one in tasks:
        if one.need is Need.OVERDUE:
            if Need.OVERDUE in seen:
                continue
            seen.add(Need.OVERDUE)
        yield one
