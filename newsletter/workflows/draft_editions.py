"""Draft editions: issues rendered, checked and packed; many of them in several processes.

Rendering and checking are pure, so that any process may do it. A handful is not worth the second that it
takes to start one.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice

from newsletter.issues.issue import Issue
from newsletter.issues.layout import layout_of
from newsletter.rendering.checks.check import Check, Proof
from newsletter.rendering.edition import Edition
from newsletter.rendering.fit import fitting_edition
from newsletter.rendering.preflight import failures, preflight
from newsletter.rendering.store import PackedEdition, pack
from newsletter.settings import NewsletterSettings, Settings

#: More editions than this are worth further processes.
MANY = 48
#: A process is handed so many at a time.
_BATCH = 12
_MOST_PROCESSES = 8


@dataclass(frozen=True)
class Draft:
    """An issue with its rendered edition, and what preflight says of the two."""

    proof: Proof
    checks: list[Check]

    @property
    def issue(self) -> Issue:
        """What was picked."""
        return self.proof.issue

    @property
    def edition(self) -> Edition:
        """How it reads."""
        return self.proof.edition


@dataclass(frozen=True)
class Order:
    """An edition to be made: of *issue*, for *topic_set* ("": everybody), at the web address *path*.

    *readers* chose just its topics.
    """

    issue: Issue
    topic_set: str = ""
    readers: int = 0
    path: str | None = None


@dataclass(frozen=True)
class EditionDraft:
    """An edition before it is frozen. *packed* is None when a check failed."""

    order: Order
    issue: Issue
    checks: list[Check]
    packed: PackedEdition | None


@dataclass(frozen=True)
class Bench:
    """Where issues of *newsletter* become drafts. *changed* and *today* as in a Proof."""

    settings: Settings
    newsletter: NewsletterSettings
    today: date | None
    changed: Mapping[str, str]

    def draft(self, order: Order) -> Draft:
        """The edition of *order*, rendered so that it fits, and checked."""
        issue, edition = fitting_edition(
            order.issue,
            layout=layout_of(self.newsletter),
            settings=self.settings,
            newsletter=self.newsletter,
            web_path=order.path,
            is_chosen=bool(order.topic_set),
        )
        return self.checked(issue, edition, is_general=not order.topic_set)

    def checked(self, issue: Issue, edition: Edition, *, is_general: bool = True) -> Draft:
        """*issue* as it was, or is to be, sent, checked against what is known now (see preflight)."""
        proof = Proof(
            issue=issue,
            edition=edition,
            settings=self.settings,
            newsletter=self.newsletter,
            changed=self.changed,
            today=self.today,
        )
        return Draft(proof, preflight(proof, is_general=is_general))


def draft_editions(bench: Bench, orders: Iterable[Order]) -> Iterator[EditionDraft]:
    """The editions of *orders*, in their order. More than MANY are shared out to the machine's processors."""
    waiting = iter(orders)
    first = list(islice(waiting, MANY + 1))
    if len(first) <= MANY:
        yield from _drafted(bench, first)
        return
    processes = min(os.cpu_count() or 1, _MOST_PROCESSES)
    # A forked process would take along locks that other threads of this one hold.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        # The first ones are made while the last ones are still picked.
        batches = [pool.submit(_drafted, bench, batch) for batch in _batches(chain(first, waiting))]
        for one in batches:
            yield from one.result()


def _batches(orders: Iterable[Order]) -> Iterator[list[Order]]:
    left = iter(orders)
    while batch := list(islice(left, _BATCH)):
        yield batch


def _drafted(bench: Bench, orders: list[Order]) -> list[EditionDraft]:
    drafts = []
    for order in orders:
        draft = bench.draft(order)
        packed = None if failures(draft.checks) else pack(draft.edition)
        drafts.append(EditionDraft(order, draft.issue, draft.checks, packed))
    return drafts
