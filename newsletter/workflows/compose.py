"""Compose: from the content store to one frozen issue per newsletter and local date."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from newsletter.database import Database
from newsletter.errors import PickError, RefusedError
from newsletter.issues import store as issue_store
from newsletter.issues.decision import hand_of, in_force
from newsletter.issues.issue import Issue, State, empty_issue
from newsletter.issues.layout import layout_of
from newsletter.issues.store import StoredIssue
from newsletter.issues.topic_set import TopicSet, topic_set_key
from newsletter.issues.withdrawal import withdrawn_articles
from newsletter.rendering import store as edition_store
from newsletter.rendering.edition import Edition
from newsletter.rendering.fit import fitting_edition
from newsletter.rendering.preflight import Check, failures, preflight
from newsletter.settings import NewsletterSettings, Settings
from newsletter.workflows.drafting import drafting
from newsletter.workflows.topic_editions import edition_path, wanted_editions
from newsletter.workflows.workplace import Workplace

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Draft:
    """An issue with its rendered edition and what preflight says of it."""

    issue: Issue
    edition: Edition
    checks: list[Check]


def compose(workplace: Workplace, newsletter: NewsletterSettings, day: date) -> StoredIssue:
    """The issue of *day*: the one that is there, or a new one, picked, rendered, frozen and approved.

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
        return stored
    if hand.is_skipped:
        return _keep_empty(workplace, newsletter, day, State.SKIPPED, "skipped by an operator")
    try:
        drafts = _drafts(workplace, newsletter, day)
    except PickError as error:
        _keep_empty(workplace, newsletter, day, State.HELD, str(error))
        raise
    return _freeze(workplace, newsletter, drafts, is_held=hand.is_held)


def make_draft(
    settings: Settings,
    database: Database,
    newsletter: NewsletterSettings,
    day: date,
    *,
    topics: TopicSet = (),
    is_anew: bool = False,
) -> Draft:
    """What *day*'s issue is, or would be: the frozen one if it was composed, else a fresh pick.

    *topics*: the edition for readers who chose these, however few they are. *is_anew*: a composed issue is
    rendered again, to look at its templates. Stores nothing.
    """
    with database.read() as connection:
        stored = issue_store.find(connection, newsletter.name, day)
        edition = edition_store.find(connection, stored.id) if stored and not topics else None
    if stored is not None and edition is not None and is_anew:
        return _render(stored.issue, settings, newsletter)
    if stored is not None and edition is not None:
        return _checked(stored.issue, edition, settings, newsletter)
    with drafting(settings, database, newsletter, day) as desk:
        issue = desk.for_topics(topics) if topics else desk.general
    return _render(issue, settings, newsletter, topic_set=topic_set_key(topics))


def _drafts(workplace: Workplace, newsletter: NewsletterSettings, day: date) -> list[EditionDraft]:
    """The general edition and those that readers' topics ask for, each past preflight."""
    settings = workplace.settings
    with drafting(settings, workplace.database, newsletter, day) as desk:
        drafts = [EditionDraft("", 0, _render(desk.general, settings, newsletter))]
        for wanted in wanted_editions(workplace, newsletter, desk):
            path = edition_path(workplace.keyring, newsletter.name, day, wanted.topic_set)
            draft = _render(wanted.issue, settings, newsletter, topic_set=wanted.topic_set, path=path)
            drafts.append(EditionDraft(wanted.topic_set, wanted.readers, draft))
    for one in drafts:
        failed = failures(one.draft.checks)
        if failed:
            reasons = "; ".join(f"{check.name}: {check.detail}" for check in failed)
            raise RefusedError(
                f"issue of {day}", f"preflight failed: {reasons}", "Mend it and compose again."
            )
    return drafts


@dataclass(frozen=True)
class EditionDraft:
    """One edition of an issue before it is frozen; *readers* chose just its topics."""

    topic_set: str
    readers: int
    draft: Draft


def _freeze(
    workplace: Workplace, newsletter: NewsletterSettings, drafts: list[EditionDraft], *, is_held: bool
) -> StoredIssue:
    general = drafts[0].draft.issue
    day, now = general.issued_on, workplace.clock.now()
    with workplace.database.write() as connection:
        for one in drafts:
            _refuse_withdrawn(connection, one.draft.issue)
        _clear_empty(connection, newsletter.name, day)
        # Approval is off: a composed issue is an approved one, but for an operator's hold.
        state = State.HELD if is_held else State.APPROVED
        issue_id = issue_store.add(connection, general.model_copy(update={"state": state}), composed_at=now)
        if issue_id is not None:
            _add_editions(connection, issue_id, newsletter.language, drafts, now)
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
        issue = one.draft.issue
        edition_store.add(
            connection,
            issue_id,
            one.draft.edition,
            language=language,
            rendered_at=now,
            topic_set=one.topic_set,
            readers=one.readers,
            private=issue.private,
        )
        if one.topic_set:
            issue_store.add_picks(connection, issue_id, issue, one.topic_set)


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


def _render(
    issue: Issue,
    settings: Settings,
    newsletter: NewsletterSettings,
    *,
    topic_set: str = "",
    path: str | None = None,
) -> Draft:
    issue, edition = fitting_edition(
        issue,
        layout=layout_of(newsletter),
        settings=settings,
        newsletter=newsletter,
        web_path=path,
        is_chosen=bool(topic_set),
    )
    return _checked(issue, edition, settings, newsletter)


def _checked(issue: Issue, edition: Edition, settings: Settings, newsletter: NewsletterSettings) -> Draft:
    return Draft(issue, edition, preflight(issue, edition, settings=settings, newsletter=newsletter))


def _refuse_withdrawn(connection: Connection, issue: Issue) -> None:
    """An article may have been withdrawn since it was picked, in another process."""
    withdrawn = withdrawn_articles(connection)
    for one in issue.picks:
        if one.article_id in withdrawn:
            raise PickError(f"article {one.article_id}", "was withdrawn while it was picked", "Run it again.")


def send_time(newsletter: NewsletterSettings, day: date) -> datetime:
    """When the issue of *day* is to leave, in the newsletter's own time zone."""
    return datetime.combine(day, newsletter.send_at, tzinfo=newsletter.zone)
