"""Compose: from the content store to one frozen issue per newsletter and local date."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from sqlalchemy import Connection

from newsletter.clock import local_date
from newsletter.database import Database
from newsletter.errors import PickError, RefusedError
from newsletter.issues import store as issue_store
from newsletter.issues.decision import hand_of, in_force
from newsletter.issues.issue import Issue, State, empty_issue
from newsletter.issues.store import StoredIssue
from newsletter.issues.topic_set import TopicSet, topic_set_key
from newsletter.issues.withdrawal import withdrawn_articles
from newsletter.rendering import store as edition_store
from newsletter.rendering.checks.check import Check
from newsletter.rendering.preflight import failures
from newsletter.settings import NewsletterSettings, Settings
from newsletter.workflows.compare_pins import compare_pins
from newsletter.workflows.draft_editions import Bench, Draft, EditionDraft, Order, draft_editions
from newsletter.workflows.drafting import Drafting, drafting
from newsletter.workflows.let_go import settle
from newsletter.workflows.plan import expected
from newsletter.workflows.topic_editions import edition_path, wanted_editions
from newsletter.workflows.workplace import Workplace

log = logging.getLogger(__name__)


def compose(workplace: Workplace, newsletter: NewsletterSettings, day: date) -> StoredIssue:
    """The issue of *day*: the one that is there, or a new one, picked, rendered and frozen.

    Running it again, or in two processes at once, gives the same issue. One that nothing could be picked for
    is kept as held, with the reasons, and tried again each time; one that an operator skips is kept as that.

    Raises:
        PickError: the content store cannot fill an issue.
        RefusedError: a check failed, or the mail would lose content; nothing is stored, so that it can be
            mended and composed again.
    """
    with workplace.database.read() as connection:
        stored = issue_store.find(connection, newsletter.name, day)
        hand = hand_of(in_force(connection, newsletter.name, day))
    if stored is not None and (
        stored.issue.picks or (hand.is_skipped and stored.issue.state is State.SKIPPED)
    ):
        return _settled(workplace, newsletter, stored)
    if hand.is_skipped:
        return _keep_empty(workplace, newsletter, day, State.SKIPPED, "skipped by an operator")
    try:
        drafts = _drafts(workplace, newsletter, day)
    except PickError as error:
        _keep_empty(workplace, newsletter, day, State.HELD, str(error))
        raise
    return _freeze(workplace, newsletter, drafts, is_held=hand.is_held)


def _settled(workplace: Workplace, newsletter: NewsletterSettings, stored: StoredIssue) -> StoredIssue:
    """*stored*, let go if it waits for what the settings do not ask for any more."""
    if stored.issue.state is not State.WAITING:
        return stored
    with workplace.database.write() as connection:
        settle(connection, newsletter, stored)
        return issue_store.of_day(connection, newsletter.name, stored.issue.issued_on)


def make_draft(
    settings: Settings,
    database: Database,
    newsletter: NewsletterSettings,
    day: date,
    *,
    since: date,
    topics: TopicSet = (),
    today: date | None = None,
    is_anew: bool = False,
) -> Draft:
    """What *day*'s issue is, or would be: the frozen one if it was composed, else a fresh pick.

    *since*: today's local date; letters that are due from then on before *day*, and not made, count as sent.
    *topics*: the edition for readers who chose these, however few they are. *today*: the same date for the
    checks; without it, they are the same on any day. *is_anew*: a composed issue is rendered again, to look
    at its templates. Stores nothing.
    """
    with database.read() as connection:
        stored = issue_store.find(connection, newsletter.name, day)
        edition = edition_store.find(connection, stored.id) if stored and not topics else None
    if stored is not None and edition is not None:
        bench = Bench(settings, newsletter, today, compare_pins(settings, database, stored.issue))
        return bench.draft(Order(stored.issue)) if is_anew else bench.checked(stored.issue, edition)
    before = expected(settings, database, newsletter, day, today=since)
    with drafting(settings, database, newsletter, day, expected=before) as desk:
        issue = desk.for_topics(topics) if topics else desk.general
    return Bench(settings, newsletter, today, {}).draft(Order(issue, topic_set_key(topics)))


def _drafts(workplace: Workplace, newsletter: NewsletterSettings, day: date) -> list[EditionDraft]:
    """The general edition and those that readers' topics ask for, each past preflight."""
    settings, today = workplace.settings, local_date(workplace.clock.now(), newsletter.timezone)
    # Texts were read from the content store just now; a withdrawal since is looked for when they are frozen.
    bench = Bench(settings, newsletter, today, changed={})
    before = expected(settings, workplace.database, newsletter, day, today=today)
    with drafting(settings, workplace.database, newsletter, day, expected=before) as desk:
        drafts = list(draft_editions(bench, _orders(workplace, newsletter, desk)))
    for one in drafts:
        refuse_failed(one.checks, day)
    return drafts


def _orders(workplace: Workplace, newsletter: NewsletterSettings, desk: Drafting) -> Iterator[Order]:
    """The general edition first, then those that readers' topics ask for."""
    yield Order(desk.general)
    for wanted in wanted_editions(workplace, newsletter, desk):
        path = edition_path(workplace.keyring, newsletter.name, desk.day, wanted.topic_set)
        yield Order(wanted.issue, wanted.topic_set, wanted.readers, path)


def refuse_failed(checks: Sequence[Check], day: date) -> None:
    """Let nothing go on that a check holds.

    Raises:
        RefusedError: a check failed.
    """
    failed = failures(checks)
    if failed:
        reasons = "; ".join(f"{check.name}: {check.detail}" for check in failed)
        raise RefusedError(f"issue of {day}", f"preflight failed: {reasons}", failed[0].mend)


def clear_to_send(workplace: Workplace, newsletter: NewsletterSettings, day: date) -> None:
    """Put the composed issue of *day* through preflight once more before its first letter leaves.

    Between composing and sending, an article may have changed. Once letters are out, their text is the
    issue's: who is still to be sent it gets what the others got (a withdrawal stops it in any case).

    Raises:
        RefusedError: a check failed, or it is not approved by whom the settings ask for.
    """
    with workplace.database.read() as connection:
        stored = issue_store.find(connection, newsletter.name, day)
    if stored is not None and stored.issue.state is State.APPROVED and stored.started_at is None:
        today = local_date(workplace.clock.now(), newsletter.timezone)
        draft = make_draft(workplace.settings, workplace.database, newsletter, day, since=today, today=today)
        refuse_failed(draft.checks, day)
        with workplace.database.write() as connection:
            after = settle(connection, newsletter, stored)
        if after is State.WAITING:
            step = f"Approve it with: newsletter approve {day}"
            raise RefusedError(f"issue of {day}", "is not approved as it stands", step)


def _freeze(
    workplace: Workplace, newsletter: NewsletterSettings, drafts: list[EditionDraft], *, is_held: bool
) -> StoredIssue:
    general = drafts[0].issue
    day, now = general.issued_on, workplace.clock.now()
    with workplace.database.write() as connection:
        for one in drafts:
            _refuse_withdrawn(connection, one.issue)
        _clear_empty(connection, newsletter.name, day)
        state = State.HELD if is_held else State.COMPOSED
        issue_id = issue_store.add(connection, general.model_copy(update={"state": state}), composed_at=now)
        if issue_id is not None:
            _add_editions(connection, issue_id, newsletter.language, drafts, now)
            if not is_held:
                # Approved at once where approval is off; else it waits.
                settle(connection, newsletter, issue_store.of_day(connection, newsletter.name, day))
        stored = issue_store.find(connection, newsletter.name, day)
    if stored is None:
        raise PickError(f"issue of {day}", "vanished while it was composed", "Run it again.")
    log.info(
        "composed %s %s: %d sections, %d editions", newsletter.name, day, len(stored.issue.picks), len(drafts)
    )
    return stored


def _add_editions(
    connection: Connection, issue_id: int, language: str, drafts: list[EditionDraft], now: datetime
) -> None:
    for one in drafts:
        assert one.packed is not None  # noqa: S101 - refuse_failed has let it pass
        order = one.order
        edition_store.add(
            connection,
            issue_id,
            one.packed,
            language=language,
            rendered_at=now,
            topic_set=order.topic_set,
            readers=order.readers,
            private=one.issue.private,
        )
        if order.topic_set:
            issue_store.add_picks(connection, issue_id, one.issue, order.topic_set)


def _keep_empty(
    workplace: Workplace, newsletter: NewsletterSettings, day: date, state: State, reason: str
) -> StoredIssue:
    """Keep that there is no issue on *day*, and why, so that people can see it."""
    issue = empty_issue(newsletter.name, day, state=state, reason=reason)
    with workplace.database.write() as connection:
        _clear_empty(connection, newsletter.name, day)
        issue_store.add(connection, issue, composed_at=workplace.clock.now())
        stored = issue_store.find(connection, newsletter.name, day)
    assert stored is not None  # noqa: S101 - for the type checker: it was added, or was there
    return stored


def _clear_empty(connection: Connection, newsletter: str, day: date) -> None:
    stored = issue_store.find(connection, newsletter, day)
    if stored is not None and not stored.issue.picks:
        issue_store.remove(connection, stored.id)


def _refuse_withdrawn(connection: Connection, issue: Issue) -> None:
    """An article may have been withdrawn since it was picked, in another process."""
    withdrawn = withdrawn_articles(connection)
    for one in issue.picks:
        if one.article_id in withdrawn:
            raise PickError(f"article {one.article_id}", "was withdrawn while it was picked", "Run it again.")


def send_time(newsletter: NewsletterSettings, day: date) -> datetime:
    """When the issue of *day* is to leave, in the newsletter's own time zone."""
    return datetime.combine(day, newsletter.send_at, tzinfo=newsletter.zone)
