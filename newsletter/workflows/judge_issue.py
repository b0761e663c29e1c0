"""Judge an issue while it goes out: its first messages before the rest, and the rest every few seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy.exc import DatabaseError

from newsletter.delivery import ledger
from newsletter.delivery.tally import outcome_tally
from newsletter.delivery.verdict import OutcomeTally, canary_size, judge_canary, judge_run
from newsletter.issues import store as issue_store
from newsletter.workflows.dispatch import Dispatch
from newsletter.workflows.pause_issue import pause_for

#: The breakers look so often at least, for what came back or was sent by another process.
EVERY_S = 5.0
#: And whenever so many more have been attempted here, or a tenth more.
_MORE, _TENTH = 100, 10
#: How often a run asks itself whether it is time.
_ASK_S = 0.02


def canary_left(desk: Dispatch) -> int:
    """How many messages are still to be sent before the others; 0: none, because all may go."""
    stored = desk.mailroom.stored
    with desk.workplace.database.read() as connection:
        if issue_store.canary_passed_at(connection, stored.id) is not None:
            return 0
        audience = ledger.audience_size(connection, desk.mailroom.newsletter.audience)
        counts = ledger.counts(connection, stored.id)
    size = canary_size(max(audience, sum(counts.values())))
    if size >= audience:
        return 0
    waiting = counts["queued"] + counts["skipped"]
    return max(size - (sum(counts.values()) - waiting), 0)


def pass_canary(desk: Dispatch) -> None:
    """Let the rest follow if the first messages were taken well; else pause the issue and tell somebody."""
    if _pause(desk, judge_canary):
        return
    with desk.workplace.database.write() as connection:
        issue_store.pass_canary(connection, desk.mailroom.stored.id, now=desk.workplace.clock.now())


async def watch(desk: Dispatch) -> None:
    """Pause the issue when a breaker says so. Runs until it is cancelled.

    An issue of some thousand readers is out within a second or two: a clock alone would look too late.
    """
    loop = asyncio.get_running_loop()
    while not desk.stopped:
        await _enough(desk, desk.attempted + max(_MORE, desk.attempted // _TENTH), loop.time() + EVERY_S)
        with suppress(DatabaseError):  # whoever books next is told
            # To look through all that was refused and put off may take a while: sending goes on.
            if await loop.run_in_executor(None, _reason, desk, judge_run):
                _pause(desk, judge_run)


async def _enough(desk: Dispatch, attempted: int, until: float) -> None:
    """Wait until so many are attempted, or until that time of the loop."""
    loop = asyncio.get_running_loop()
    # To set an event with each message would cost more than to ask now and then.
    while desk.attempted < attempted and loop.time() < until:  # noqa: ASYNC110 - see above
        await asyncio.sleep(_ASK_S)


def _pause(desk: Dispatch, judge: Callable[[OutcomeTally], str]) -> bool:
    reason = _reason(desk, judge)
    if not reason:
        return False
    with desk.workplace.database.write() as connection:
        pause_for(desk.workplace, connection, desk.mailroom.stored, reason)
    desk.stopped = True
    return True


def _reason(desk: Dispatch, judge: Callable[[OutcomeTally], str]) -> str:
    with desk.workplace.database.read() as connection:
        return judge(outcome_tally(connection, desk.mailroom.stored.id))
