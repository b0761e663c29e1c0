"""Why an issue is as it is: the points, the rules, the runner-up, and all that it takes to make it again."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SlotTrace(_Frozen):
    """One pick. *parts* are its points by name; their sum is *score*.

    *looked_at* articles were looked at, in the order of their points, until none that followed could win;
    *removed* counts why those that could not be taken were not. *decided_by* and *runner_up_score* are the
    points that decided: of a lead, its article's and the mean of its sections' own.
    """

    slot: str
    article_id: str
    heading: str
    score: int
    parts: dict[str, int]
    looked_at: int = 0
    removed: dict[str, int] = {}
    runner_up: str = ""
    runner_up_article: str = ""
    runner_up_title: str = ""
    runner_up_position: int | None = None
    runner_up_score: int = 0
    decided_by: int = 0


class Trace(_Frozen):
    """One issue. With the same content, history, decisions and settings it is made again byte for byte.

    *settings* and *snapshot* are hashes of the settings that the pick depends on and of the content store;
    *relaxed* names the soft rules that the ladder took away, *section_gap* and *lead_gap* what was left of
    the gaps, in days; *by_hand*: an operator chose over them. *candidates* counts what rules on content left,
    *removed* what they took out.
    """

    algorithm: str
    seed: str
    settings: str
    snapshot: str
    edition: str = ""
    rung: int = 0
    relaxed: tuple[str, ...] = ()
    section_gap: int
    lead_gap: int
    candidates: int
    removed: dict[str, int] = {}
    decisions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    by_hand: bool = False
    slots: tuple[SlotTrace, ...] = ()
