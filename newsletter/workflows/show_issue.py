"""Show an issue: as it is or would be, with what it was made of, who decided what, and what may be done."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from newsletter.delivery.letter import EXAMPLE_READER, Postman
from newsletter.errors import NewsletterError, PickError, SettingsError
from newsletter.issues import approval as approval_store
from newsletter.issues import decision as decision_store
from newsletter.issues import store as issue_store
from newsletter.issues.decision import Act, Noted, holds
from newsletter.issues.issue import Issue, Pick, State, empty_issue
from newsletter.issues.layout import Slot, layout_of
from newsletter.issues.option import Option, options
from newsletter.issues.store import StoredIssue
from newsletter.issues.trace import SlotTrace
from newsletter.rendering.checks.check import Check
from newsletter.settings import NewsletterSettings
from newsletter.subscribers.token import Keyring
from newsletter.workflows.approve import Standing, standing
from newsletter.workflows.compose import send_time
from newsletter.workflows.decide import NOT_BEGUN
from newsletter.workflows.draft_editions import Draft
from newsletter.workflows.keep_draft import drafting_of, is_provisional, kept_draft
from newsletter.workflows.workplace import Workplace


@dataclass(frozen=True)
class PickShown:
    """A pick with its points; *earlier* and *later*: where it may move. *by_hand*: a person put it there."""

    pick: Pick
    trace: SlotTrace | None
    is_lead: bool
    by_hand: bool
    earlier: tuple[str, ...] = ()
    later: tuple[str, ...] = ()

    @property
    def runner_up_behind(self) -> int:
        """By how many points the runner-up came second."""
        return self.trace.decided_by - self.trace.runner_up_score if self.trace else 0


@dataclass(frozen=True)
class IssueShown:
    """An issue as an operator sees it.

    *stored*: None while it is only what would be made; *problem*: why none can be made; *version* names
    exactly what is seen here, for acts upon it; *is_provisional*: letters before it are worked out anew.
    """

    newsletter: NewsletterSettings
    day: date
    issue: Issue
    stored: StoredIssue | None
    draft: Draft | None
    picks: tuple[PickShown, ...]
    decisions: tuple[Noted, ...]
    approval: Standing
    version: str
    problem: str = ""
    is_provisional: bool = False

    @property
    def state(self) -> State:
        """Where it stands; what was decided holds also before it is made."""
        kept = self.stored.issue.state if self.stored is not None else State.PLANNED
        if kept not in (State.PLANNED, *NOT_BEGUN) or (self.stored is not None and self.stored.begun):
            return kept
        if holds(self.decisions, Act.SKIP):
            return State.SKIPPED
        return State.HELD if kept is State.PLANNED and holds(self.decisions, Act.HOLD) else kept

    @property
    def checks(self) -> tuple[Check, ...]:
        """What preflight says of it."""
        return tuple(self.draft.checks) if self.draft is not None else ()

    @property
    def is_changeable(self) -> bool:
        """Whether nobody has got it, so that decisions still make it anew."""
        return self.stored is None or (not self.stored.begun and self.state in NOT_BEGUN)

    @property
    def is_sendable(self) -> bool:
        """Whether a person could send it now."""
        return bool(self.issue.picks) and self.state in (State.PLANNED, State.APPROVED)

    @property
    def seen(self) -> str:
        """The hash of the general edition."""
        return self.draft.edition.hash if self.draft is not None else ""


@dataclass(frozen=True)
class LetterShown:
    """The letter for the example reader: the same bytes that readers get but for their links."""

    html: str
    text: str
    raw: bytes


def show_issue(workplace: Workplace, newsletter: NewsletterSettings, day: date) -> IssueShown:
    """The issue of *day*: the one that is there, or what would be made now. Stores nothing.

    Raises:
        SettingsError: settings are wrong.
    """
    with workplace.database.read() as connection:
        stored = issue_store.find(connection, newsletter.name, day)
        noted = tuple(decision_store.decided(connection, newsletter.name, day))
        approval = standing(connection, newsletter, stored)
        approvals = approval_store.of_day(connection, newsletter.name, day)
    problem, draft = "", None
    has_letter = stored is not None and bool(stored.issue.picks)
    if not has_letter and holds(noted, Act.SKIP):
        problem = "skipped"
    else:
        try:
            draft = kept_draft(workplace, newsletter, day)
        except PickError as error:
            problem = str(error)
    issue = draft.issue if draft else empty_issue(newsletter.name, day, state=State.PLANNED, reason=problem)
    version = _version(noted, approvals[-1].id if approvals else 0, draft.edition.hash if draft else "")
    return IssueShown(
        newsletter, day, issue, stored, draft, _picks(issue, noted), noted, approval, version, problem,
        is_provisional=draft is not None and not has_letter and is_provisional(workplace, newsletter, day),
    )  # fmt: skip


def letter_of(workplace: Workplace, newsletter: NewsletterSettings, day: date) -> LetterShown:
    """The letter of *day* as a reader would get it, with the example reader's links and no signature.

    Raises:
        PickError: no issue can be made.
    """
    draft = kept_draft(workplace, newsletter, day)
    postman = Postman(
        settings=workplace.settings,
        newsletter=newsletter,
        keyring=Keyring.example(),
        issued_on=day,
        edition=draft.edition,
        sent_at=send_time(newsletter, day),
    )
    letter = postman.letter(EXAMPLE_READER)
    return LetterShown(letter.html, letter.text, postman.message(EXAMPLE_READER))


def candidates(
    workplace: Workplace,
    newsletter: NewsletterSettings,
    day: date,
    slot: str,
    *,
    words: str = "",
    shown: IssueShown | None = None,
) -> list[Option]:
    """What could stand in *slot* of the issue of *day*, best first, with why or why not.

    *shown*: the issue, where the caller has it already.

    Raises:
        SettingsError: the layout has no such slot on that day.
        PickError: no issue can be made.
    """
    place = slot_of(newsletter, day, slot)
    draft = (shown.draft if shown else None) or kept_draft(workplace, newsletter, day)
    with drafting_of(workplace, newsletter, day) as desk:
        brief = desk.desk.brief(day, desk.decisions)
        return options(desk.ranking, brief, draft.issue, place, words=words)


def slot_of(newsletter: NewsletterSettings, day: date, name: str) -> Slot:
    """The slot of the layout called *name*, on *day*.

    Raises:
        SettingsError: there is none.
    """
    slots = layout_of(newsletter).on(day)
    for slot in slots:
        if slot.name == name:
            return slot
    raise SettingsError(
        f"slot {name!r}", f"is not in the layout on {day}", ", ".join(one.name for one in slots)
    )


def current_version(workplace: Workplace, newsletter: NewsletterSettings, day: date) -> str:
    """As IssueShown.version, for whoever asks again and again whether it has changed."""
    with workplace.database.read() as connection:
        noted = decision_store.decided(connection, newsletter.name, day)
        approvals = approval_store.of_day(connection, newsletter.name, day)
    try:
        sha256 = kept_draft(workplace, newsletter, day).edition.hash
    except NewsletterError:
        sha256 = ""
    return _version(noted, approvals[-1].id if approvals else 0, sha256)


def changes_since(
    connection: Connection, newsletter: NewsletterSettings, day: date, version: str
) -> list[str]:
    """Who did what to the issue since *version* was seen, in words, oldest first."""
    last, undone, approval = _numbers(version)
    noted = decision_store.decided(connection, newsletter.name, day)
    zone = newsletter.zone
    said = [(one.decided_at, f"{one.actor}: {one.decision.said}") for one in noted if one.id > last]
    back = sorted((one for one in noted if one.undone_at), key=lambda one: (one.undone_at, one.id))
    said += [
        (one.undone_at, f"{one.undone_by}: taken back: {one.decision.said}")
        for one in back[undone:]
        if one.undone_at
    ]
    given = approval_store.of_day(connection, newsletter.name, day)
    said += [(one.approved_at, f"{one.by.name}: approved it") for one in given if one.id > approval]
    return [f"{at.astimezone(zone):%H:%M} {what}" for at, what in sorted(said)]


def differences(before: Issue, after: Issue) -> list[str]:
    """What is not the same in two versions of an issue, a line each."""
    said = []
    for name in ("subject", "preheader"):
        one, other = getattr(before, name), getattr(after, name)
        if one != other:
            said.append(f"{name}: “{one}” is now “{other}”")
    was, now = _by_slot(before), _by_slot(after)
    said += [
        f"{slot_name(slot)}: {was.get(slot) or 'nothing'} is now {now.get(slot) or 'nothing'}"
        for slot in dict.fromkeys([*was, *now])
        if was.get(slot) != now.get(slot)
    ]
    orders = [[pick.slot for pick in one.picks] for one in (before, after)]
    if orders[0] != orders[1] and sorted(orders[0]) == sorted(orders[1]):
        said.append(f"order: {', '.join(map(slot_name, orders[1]))}")
    return said


def slot_name(slot: str) -> str:
    """A slot as people read it."""
    return "when to seek help" if slot == "seek_help" else slot.replace("_", " ")


def _by_slot(issue: Issue) -> dict[str, str]:
    found: dict[str, str] = {}
    for pick in issue.picks:
        label = f"{pick.article_title}, “{pick.heading}”"
        found[pick.slot] = f"{found[pick.slot]}; {label}" if pick.slot in found else label
    return found


def _version(noted: tuple[Noted, ...] | list[Noted], approval: int, sha256: str) -> str:
    last = max((one.id for one in noted), default=0)
    undone = sum(one.undone_at is not None for one in noted)
    # A digest of a digest: what is shown in pages is short, and no hash that approves anything.
    content = hashlib.sha256(sha256.encode()).hexdigest()[:16]
    return f"{last}.{undone}.{approval}.{content}"


def _numbers(version: str) -> tuple[int, int, int]:
    parts = version.split(".")
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() for part in parts[:3]):
        raise SettingsError("version", "is none that this page gives", "Open the issue again.")
    return int(parts[0]), int(parts[1]), int(parts[2])


def _picks(issue: Issue, noted: tuple[Noted, ...]) -> tuple[PickShown, ...]:
    traced = issue.trace.slots if issue.trace and len(issue.trace.slots) == len(issue.picks) else ()
    in_force = [one.decision for one in noted if one.undone_at is None]
    pinned = {(one.slot, one.article_id, one.position) for one in in_force if one.act is Act.PIN}
    leads = {one.article_id for one in in_force if one.act is Act.LEAD}
    shown = []
    for place, pick in enumerate(issue.picks):
        by_hand = (pick.slot, pick.article_id, pick.section_position) in pinned
        is_lead = pick.article_id == issue.lead.article_id
        one = PickShown(
            pick,
            traced[place] if traced else None,
            is_lead,
            by_hand or (is_lead and pick.article_id in leads),
        )
        shown.append(replace(one, earlier=_moved(issue, place, -1), later=_moved(issue, place, 1)))
    return tuple(shown)


def _moved(issue: Issue, place: int, by: int) -> tuple[str, ...]:
    """The order of slots with one pick moved; () where the picker would put it back."""
    other = place + by
    if not (0 < place < len(issue.picks) and 0 < other < len(issue.picks)):
        return ()
    aside = [pick.article_id != issue.lead.article_id or pick.is_myth for pick in issue.picks]
    names = [pick.slot for pick in issue.picks]
    # What is told of the lead stands together, and sections of one slot do not change places.
    if aside[place] != aside[other] or names[place] == names[other]:
        return ()
    names[place], names[other] = names[other], names[place]
    return tuple(dict.fromkeys(names))
