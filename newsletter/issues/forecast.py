"""The forecast: the coming issues as if each were sent, and what they show of the catalogue. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from newsletter.content.article import Article
from newsletter.errors import PickError
from newsletter.issues.assembly import Setting, assemble
from newsletter.issues.decision import Decision
from newsletter.issues.desk import Desk
from newsletter.issues.history import SECTION_GAP, History, Used
from newsletter.issues.issue import Issue, State, empty_issue
from newsletter.issues.observance import Observance
from newsletter.issues.picker import choose
from newsletter.issues.ranking import Index
from newsletter.issues.selection import Brief
from newsletter.issues.store import uses_of


@dataclass(frozen=True)
class Coverage:
    """How the catalogue is used: by *sent* issues, those of the forecast among them.

    *never*: articles that no issue has used; *most*: those used most, with how often.
    """

    articles: int
    never: tuple[str, ...]
    most: tuple[tuple[str, int], ...]


def forecast(
    desk: Desk,
    index: Index,
    history: History,
    days: Iterable[date],
    *,
    load: Callable[[str], Article],
    stored: Mapping[date, Issue] | None = None,
    decisions: Mapping[date, Sequence[Decision]] | None = None,
    week: Sequence[Issue] = (),
) -> Iterator[Issue]:
    """The issues of *days*, in order, each made as if those before it had been sent.

    An issue that is *stored* stands as it is. A day for which none can be made gives one that is held, with
    the reason. *decisions* are those of single days; *load* gives the article of an id; *week* are issues of
    the first day's week that were sent before it.
    """
    stored, decisions = stored or {}, decisions or {}
    for day in days:
        week = [issue for issue in week if same_week(issue.issued_on, day)]
        issue = stored.get(day)
        if issue is None:
            brief = desk.brief(day, decisions.get(day, ()))
            issue = _make(desk, index, history, brief, week=week, load=load)
        yield issue
        if issue.picks:
            week = [*week, issue]
            history = after(history, issue)


def after(history: History, *issues: Issue) -> History:
    """*history* once *issues* were sent, oldest first. What is too old for any rule is let go."""
    if not issues:
        return history
    days = {issue.issued_on for issue in issues}
    last = max(days)
    recent = tuple(
        one for one in history.used if abs((last - one.issued_on).days) < _REACH and one.issued_on not in days
    )
    return replace(
        history,
        used=(*recent, *(use for issue in issues for use in uses_of(issue))),
        ever_used=history.ever_used | {pick.article_id for issue in issues for pick in issue.picks},
        forms={**history.forms, **{issue.issued_on: issue.form for issue in issues}},
        begun_on=min(history.begun_on or last, *days),
    )


_REACH = 190


def same_week(first: date, second: date) -> bool:
    """Whether two days lie in one week, from Monday on."""
    return first - timedelta(days=first.weekday()) == second - timedelta(days=second.weekday())


def _make(
    desk: Desk,
    index: Index,
    history: History,
    brief: Brief,
    *,
    week: Sequence[Issue],
    load: Callable[[str], Article],
) -> Issue:
    day = brief.day
    if brief.hand.is_skipped:
        return empty_issue(desk.newsletter, day, state=State.SKIPPED, reason="skipped by an operator")
    ranking = desk.ranking(index, history, day)
    setting = Setting(
        settings_hash=desk.hash,
        last_form=history.last_form(day),
        week=tuple(week),
        period=desk.period,
        wording=desk.wording,
    )
    try:
        selection = choose(ranking, brief)
        articles = {chosen.candidate.id: load(chosen.candidate.id) for chosen in selection.chosen}
        return assemble(selection, articles, brief=brief, ranking=ranking, setting=setting)
    except PickError as error:
        return empty_issue(desk.newsletter, day, state=State.HELD, reason=str(error))


def warnings(
    issues: Sequence[Issue],
    index: Index,
    observances: Sequence[Observance],
    *,
    region: str,
    before: Sequence[Used] = (),
) -> list[str]:
    """What an operator should know of the *issues* ahead, after what was used *before*, soonest first."""
    found = [
        *_from_issues(issues),
        *_thin_topics(issues, index, before),
        *_unmet_observances(issues, index, observances, region),
    ]
    return [said for _, said in sorted(found)]


def _from_issues(issues: Sequence[Issue]) -> Iterator[tuple[date, str]]:
    """Days without an issue, and runs of days for which the ladder relaxed a rule."""
    run: list[Issue] = []
    for issue in [*issues, None]:
        rung = issue.trace.rung if issue is not None and issue.trace and issue.picks else 0
        if run and (issue is None or not run[0].trace or rung != run[0].trace.rung):
            first, last, trace = run[0].issued_on, run[-1].issued_on, run[0].trace
            when = f"{first}" if first == last else f"{first} to {last}"
            if trace and trace.relaxed:
                yield first, f"{when}: too little fits; {trace.relaxed[-1]}"
            run = []
        if issue is not None and rung:
            run.append(issue)
        if issue is not None and issue.state is State.HELD and not issue.picks:
            yield (
                issue.issued_on,
                f"{issue.issued_on}: no issue: {issue.trace.notes[0] if issue.trace else ''}",
            )


def _thin_topics(issues: Sequence[Issue], index: Index, before: Sequence[Used]) -> Iterator[tuple[date, str]]:
    """The first day by which every article of a topic (of two or more) has led within the section gap."""
    led: dict[str, list[date]] = {}
    for one in before:
        if one.is_lead and not one.edition:
            led.setdefault(one.article_id, []).append(one.issued_on)
    for issue in issues:
        if issue.picks:
            led.setdefault(issue.lead.article_id, []).append(issue.issued_on)
    by_topic: dict[str, list[str]] = {}
    for candidate in index.candidates:
        for topic in candidate.topics:
            by_topic.setdefault(topic, []).append(candidate.id)
    for topic, ids in sorted(by_topic.items()):
        if len(ids) < 2 or not all(one in led for one in ids):
            continue
        days = (issue.issued_on for issue in issues if issue.picks and issue.lead.article_id in ids)
        over = next((day for day in days if all(_led_lately(led[one], day) for one in ids)), None)
        if over:
            yield over, f"{over}: {topic} runs out: all {len(ids)} of its articles have led by then"


def _led_lately(days: Sequence[date], day: date) -> bool:
    return any(timedelta(0) <= day - one < SECTION_GAP for one in days)


def _unmet_observances(
    issues: Sequence[Issue], index: Index, observances: Sequence[Observance], region: str
) -> Iterator[tuple[date, str]]:
    """Observances in the days ahead that no article in the store is about."""
    if not issues:
        return
    first, last = issues[0].issued_on, issues[-1].issued_on
    topics = {topic for one in index.candidates for topic in one.topics}
    for one in observances:
        if one.regions and region not in one.regions:
            continue
        starts = [start for year in range(first.year, last.year + 1) for start, _ in [one.days(year)]]
        due = next((start for start in starts if first <= start <= last), None)
        if due and topics.isdisjoint(one.topics) and not index.named(one):
            yield due, f"{due}: {one.name}: no article is about it"


def coverage(issues: Iterable[Issue], index: Index, before: Mapping[str, int], *, most: int = 5) -> Coverage:
    """How *index* is used by *issues*, and by those *before* (how often each article was)."""
    uses = Counter(before)
    for issue in issues:
        uses.update({pick.article_id for pick in issue.picks})
    never = tuple(one.id for one in index.candidates if not uses[one.id])
    top = sorted(uses.items(), key=lambda entry: (-entry[1], entry[0]))[:most]
    return Coverage(len(index.candidates), never, tuple(top))
