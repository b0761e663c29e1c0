"""What an issue is: one dated newsletter, made of picks that say why they were made."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from newsletter.content.article import Block, Flag, Kind, Reference
from newsletter.content.candidate import MYTH_POSITION, section_key
from newsletter.content.flag import is_emergency_topic
from newsletter.content.private_topic import SELF_HARM
from newsletter.issues.trace import Trace


class State(StrEnum):
    """Where an issue stands: planned → composed → (waiting →) approved → sending ⇄ paused → sent.

    Waiting: composed, and not approved yet by whom the settings ask for. Held: stopped by a person, or not
    approved at its time, or because an article of it was withdrawn while it went out, or because nothing
    could be picked (then it has no picks). Skipped: a person decided that there is none. Paused: it was going
    out, and a person or a breaker stopped it. Cancelled: a person ended it; who was not mailed will not be.
    """

    PLANNED = "planned"
    COMPOSED = "composed"
    WAITING = "waiting"
    APPROVED = "approved"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    CANCELLED = "cancelled"
    HELD = "held"
    SKIPPED = "skipped"
    EXPIRED = "expired"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pick(_Frozen):
    """A section chosen for a slot, with its text as it will be sent and the reasons for the choice.

    *cut* says that trailing blocks were left out, which the mail shows with a link to the whole.
    *score* is a sum of whole points; *runner_up* names the next best ("article id: heading").
    *section_position* is MYTH_POSITION for an article's myth, whose claim is the heading.
    *told_on*: the issue of that day has told it already, and this one does so again.
    *standing_call_out*: the region's "when to seek help" has to be shown in the same issue. *private* names
    the private topics that the section speaks of. *sha256* pins the text that it was made of: the hash of the
    whole section, or of the myth, as it stood in the article; empty in issues stored before there were pins.
    """

    slot: str
    article_id: str
    article_title: str
    article_url: str
    article_disclaimer: str
    topics: tuple[str, ...]
    reviewed_on: date
    section_position: int
    heading: str
    kind: Kind
    flags: tuple[Flag, ...]
    blocks: tuple[Block, ...]
    cut: bool
    words: int
    references: tuple[Reference, ...]
    reasons: tuple[str, ...]
    score: int
    runner_up: str | None = None
    standing_call_out: bool = False
    private: tuple[str, ...] = ()
    told_on: date | None = None
    sha256: str = ""

    @property
    def section_key(self) -> str:
        """Names the section across versions of its article, for the gap rules."""
        return section_key(
            self.article_id, position=self.section_position, kind=self.kind, heading=self.heading
        )

    @property
    def is_myth(self) -> bool:
        """Whether it is no section but its article's myth."""
        return self.section_position == MYTH_POSITION


class Week(_Frozen):
    """Where an issue stands in a series: what came before it this week, and what comes next.

    *before* is the heading that the issue of *before_on* was about; *next_slot* names the slot of the next
    issue of the week. Empty or None at the ends of the week.
    """

    before: str = ""
    before_on: date | None = None
    next_slot: str = ""


class Issue(_Frozen):
    """One newsletter on one local date. *seed* and *snapshot* are what it takes to pick it again.

    *form* names the subject's form, so that the next issue takes another. A date that nothing could be picked
    for, or that is skipped, is kept as an issue without picks.
    """

    newsletter: str
    issued_on: date
    state: State = State.PLANNED
    subject: str
    preheader: str
    picks: tuple[Pick, ...]
    seed: str
    snapshot: str
    form: str = ""
    week: Week | None = None
    trace: Trace | None = None

    @property
    def lead(self) -> Pick:
        """The first pick; its article gives the issue its name."""
        return self.picks[0]

    @property
    def emergency(self) -> Pick | None:
        """The first pick that is about an emergency, so that the mail opens with what to do now.

        That is an article on an emergency, or a sensitive section with talk of danger to oneself. Merely
        naming an emergency is not enough: "when to seek help" does so in nearly every article.
        """
        return next((pick for pick in self.picks if _is_about_an_emergency(pick)), None)

    @property
    def private(self) -> frozenset[str]:
        """The private topics that any of its sections speaks of."""
        return frozenset(topic for pick in self.picks for topic in pick.private)

    def document(self) -> dict[str, object]:
        """The issue as the command line shows it (docs/reference, "An issue")."""
        return {
            "newsletter": self.newsletter,
            "date": self.issued_on.isoformat(),
            "state": self.state.value,
            "subject": self.subject,
            "preheader": self.preheader,
            "picks": [
                pick.model_dump(
                    mode="json",
                    include={
                        "slot",
                        "article_id",
                        "article_title",
                        "section_position",
                        "heading",
                        "kind",
                        "cut",
                        "words",
                        "reasons",
                        "score",
                        "runner_up",
                    },
                )
                for pick in self.picks
            ],
            "seed": self.seed,
            "snapshot": self.snapshot,
            "trace": self.trace.model_dump(mode="json") if self.trace else None,
        }


def is_sensitive(pick: Pick) -> bool:
    """Whether *pick* is about something many keep private; "when to seek help" merely names such things."""
    return Flag.SENSITIVE in pick.flags and pick.kind is not Kind.WHEN_TO_SEEK_HELP


def _is_about_an_emergency(pick: Pick) -> bool:
    in_danger = Flag.EMERGENCY in pick.flags and is_sensitive(pick) and SELF_HARM in pick.private
    return is_emergency_topic(pick.article_title) or in_danger


def empty_issue(newsletter: str, day: date, *, state: State, reason: str) -> Issue:
    """What is kept of a date without an issue: its *state*, and in the trace the *reason*."""
    trace = Trace(
        algorithm="",
        seed="",
        settings="",
        snapshot="",
        section_gap=0,
        lead_gap=0,
        candidates=0,
        notes=(reason,),
    )
    return Issue(
        newsletter=newsletter,
        issued_on=day,
        state=state,
        subject="",
        preheader="",
        picks=(),
        seed="",
        snapshot="",
        trace=trace,
    )
