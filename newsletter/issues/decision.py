"""The operator's hand: what a person decided about an issue, kept beside it, applied whenever it is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Column, Connection, Date, Index, Integer, String, Table, Text, or_, select, update

from newsletter.database import UTCDateTime, metadata
from newsletter.operators.audit import record_by


class Act(StrEnum):
    """What an operator can decide.

    PAUSE is noted of the canary and the breakers, too; WITHDRAWN by a withdrawal that discarded the issue.
    """

    LEAD = "lead"
    PIN = "pin"
    BAN = "ban"
    ORDER = "order"
    SUBJECT = "subject"
    PREHEADER = "preheader"
    SKIP = "skip"
    HOLD = "hold"
    PAUSE = "pause"
    CANCEL = "cancel"
    WITHDRAWN = "withdrawn"


_SAID = {
    Act.LEAD: "{where} is to lead",
    Act.PIN: "{where} is pinned to {slot}",
    Act.BAN: "{where} is banned{why}",
    Act.ORDER: "the order is to be {order}",
    Act.SUBJECT: "the subject was rewritten",
    Act.PREHEADER: "the preheader was rewritten",
    Act.SKIP: "the date is skipped",
    Act.HOLD: "the issue is held",
    Act.PAUSE: "the issue is paused{why}",
    Act.CANCEL: "the issue is cancelled",
    Act.WITHDRAWN: "{where} was withdrawn after the issue had been composed with it{why}",
}


#: These say whether and when an issue goes out, and nothing of what is in it.
_OF_THE_COURSE = (Act.SKIP, Act.HOLD, Act.PAUSE, Act.CANCEL)


class Decision(BaseModel):
    """One decision. *issued_on* None: for every issue of the newsletter (a ban).

    *slot*, *article_id* and *position* say what is pinned, banned or to lead; *text* is the subject or
    preheader, the slots in their new order (by spaces), or a reason. *title* and *heading*: what the article
    and the section were called when it was decided; empty where that was not kept.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    act: Act
    issued_on: date | None = None
    slot: str = ""
    article_id: str = ""
    position: int | None = None
    text: str = ""
    title: str = ""
    heading: str = ""

    @property
    def said(self) -> str:
        """In words, for people and the trace."""
        return _SAID[self.act].format(
            where=self._where,
            slot=self.slot.replace("_", " "),
            order=", ".join(slot.replace("_", " ") for slot in self.text.split()),
            why=f": {self.text}" if self.text else "",
        )

    @property
    def _where(self) -> str:
        article = f"“{self.title}”" if self.title else self.article_id
        if self.position is None:
            return article
        section = f"“{self.heading}”" if self.heading else f"section {self.position}"
        return f"{section} of {article}"


@dataclass(frozen=True)
class Noted:
    """A decision as it is kept: who took it and when, and when it was taken back."""

    id: int
    decision: Decision
    actor: str
    decided_at: datetime
    undone_at: datetime | None
    undone_by: str = ""


def holds(decided: Iterable[Noted], act: Act) -> bool:
    """Whether one of these decisions is *act*, and was not taken back."""
    return any(one.decision.act is act and one.undone_at is None for one in decided)


@dataclass(frozen=True)
class Hand:
    """All decisions about one issue, the later ones over the earlier."""

    lead: str = ""
    pins: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    bans: frozenset[tuple[str, int | None]] = frozenset()
    order: tuple[str, ...] = ()
    subject: str = ""
    preheader: str = ""
    is_skipped: bool = False
    is_held: bool = False
    said: tuple[str, ...] = ()

    def bans_section(self, article_id: str, position: int) -> bool:
        """Whether that section may not be used."""
        return (article_id, position) in self.bans or (article_id, None) in self.bans


def hand_of(decisions: Iterable[Decision]) -> Hand:
    """What *decisions*, oldest first, come to."""
    taken = list(decisions)
    last: dict[Act, Decision] = {one.act: one for one in taken}

    def text(act: Act) -> str:
        return last[act].text if act in last else ""

    return Hand(
        lead=last[Act.LEAD].article_id if Act.LEAD in last else "",
        pins={
            one.slot: (one.article_id, one.position)
            for one in taken
            if one.act is Act.PIN and one.position is not None
        },
        bans=frozenset((one.article_id, one.position) for one in taken if one.act is Act.BAN),
        order=tuple(text(Act.ORDER).split()),
        subject=text(Act.SUBJECT),
        preheader=text(Act.PREHEADER),
        is_skipped=Act.SKIP in last,
        is_held=Act.HOLD in last,
        said=tuple(one.said for one in taken if one.act not in _OF_THE_COURSE),
    )


decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("newsletter", String(40), nullable=False),
    Column("issued_on", Date),
    Column("act", String(12), nullable=False),
    Column("document", Text, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("decided_at", UTCDateTime, nullable=False),
    Column("undone_at", UTCDateTime),
    Column("undone_by", String(100)),
    Index("ix_decisions_newsletter_issued_on", "newsletter", "issued_on"),
)


def decide(
    connection: Connection, newsletter: str, decision: Decision, *, actor: str, decided_at: datetime
) -> int:
    """Keep *decision* and return its number. Nothing is ever deleted here; the audit gets its line, too."""
    kept = connection.execute(
        decisions.insert().values(
            newsletter=newsletter,
            issued_on=decision.issued_on,
            act=decision.act.value,
            document=decision.model_dump_json(),
            actor=actor,
            decided_at=decided_at,
        )
    )
    number = int(kept.inserted_primary_key[0])  # type: ignore[index] # one row, one key
    _audit(connection, newsletter, decision, decision.act.value, actor=actor, at=decided_at, number=number)
    return number


def undo(connection: Connection, newsletter: str, number: int, *, actor: str, undone_at: datetime) -> bool:
    """Take decision *number* back; False when there is none, or it was taken back before."""
    changed = connection.execute(
        update(decisions)
        .where(
            decisions.c.id == number, decisions.c.newsletter == newsletter, decisions.c.undone_at.is_(None)
        )
        .values(undone_at=undone_at, undone_by=actor)
    )
    if changed.rowcount != 1:
        return False
    document = connection.execute(select(decisions.c.document).where(decisions.c.id == number)).scalar_one()
    taken = Decision.model_validate_json(document)
    _audit(connection, newsletter, taken, "undo", actor=actor, at=undone_at, number=number)
    return True


def _audit(
    connection: Connection,
    newsletter: str,
    decision: Decision,
    act: str,
    *,
    actor: str,
    at: datetime,
    number: int,
) -> None:
    """A line of the audit. Texts that a person wrote stay in the decision, whose number it names."""
    about = f"{newsletter} {decision.issued_on or 'every issue'}"
    detail: dict[str, str | int | bool] = {"decision": number, "decided": decision.act.value}
    detail |= {"slot": decision.slot} if decision.slot else {}
    detail |= {"article": decision.article_id} if decision.article_id else {}
    detail |= {"section": decision.position} if decision.position is not None else {}
    record_by(connection, actor, act, about, at=at, detail=detail)


def decided(connection: Connection, newsletter: str, day: date | None = None) -> list[Noted]:
    """Every decision about *newsletter*, taken back or not, oldest first; only those that hold on *day*."""
    query = select(decisions).where(decisions.c.newsletter == newsletter).order_by(decisions.c.id)
    if day is not None:
        query = query.where(or_(decisions.c.issued_on.is_(None), decisions.c.issued_on == day))
    return [
        Noted(
            row.id,
            Decision.model_validate_json(row.document),
            row.actor,
            row.decided_at,
            row.undone_at,
            row.undone_by or "",
        )
        for row in connection.execute(query)
    ]


def in_force(connection: Connection, newsletter: str, day: date) -> list[Decision]:
    """The decisions that the issue of *day* is made by, oldest first."""
    return [one.decision for one in decided(connection, newsletter, day) if one.undone_at is None]
