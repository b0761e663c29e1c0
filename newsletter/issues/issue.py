"""What an issue is: one dated newsletter, made of picks that say why they were made."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from newsletter.content.article import Block, Flag, Kind, Reference
from newsletter.content.flag import is_emergency_topic


class State(StrEnum):
    """Where an issue stands: planned → composed → approved → sending → sent.

    Held: stopped while going out, because an article of it was withdrawn.
    """

    PLANNED = "planned"
    COMPOSED = "composed"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"
    HELD = "held"
    EXPIRED = "expired"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pick(_Frozen):
    """A section chosen for a slot, with its text as it will be sent and the reasons for the choice.

    *cut* says that trailing blocks were left out, which the mail shows with a link to the whole.
    *score* is a sum of whole points; *runner_up* names the next best ("article id: heading").
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

    @property
    def section_key(self) -> str:
        """Names the section across versions of its article, for the gap rules."""
        return section_key(self.article_id, self.kind, self.heading)


class Issue(_Frozen):
    """One newsletter on one local date. *seed* and *snapshot* are what it takes to pick it again."""

    newsletter: str
    issued_on: date
    state: State = State.PLANNED
    subject: str
    preheader: str
    picks: tuple[Pick, ...]
    seed: str
    snapshot: str

    @property
    def lead(self) -> Pick:
        """The first pick; its article gives the issue its name."""
        return self.picks[0]

    @property
    def emergency(self) -> Pick | None:
        """The first pick that is about an emergency, so that the mail opens with what to do now.

        That is an article on an emergency, or talk of danger to oneself. Merely naming an emergency is not
        enough: "when to seek help" does so in nearly every article.
        """
        return next((pick for pick in self.picks if _is_about_an_emergency(pick)), None)

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
        }


def is_sensitive(pick: Pick) -> bool:
    """Whether *pick* is about something many keep private; "when to seek help" merely names such things."""
    return Flag.SENSITIVE in pick.flags and pick.kind is not Kind.WHEN_TO_SEEK_HELP


def _is_about_an_emergency(pick: Pick) -> bool:
    in_danger = Flag.EMERGENCY in pick.flags and is_sensitive(pick)
    return is_emergency_topic(pick.article_title) or in_danger


def section_key(article_id: str, kind: Kind, heading: str) -> str:
    """One name for a section of an article, whatever its position or version."""
    return f"{article_id}/{kind.value}/{heading.casefold().strip()}"
