"""Once a day, the operator is told in a line what became of yesterday's letters."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, timedelta

from newsletter.feedback.count import counted_on
from newsletter.rendering.notice import Alert
from newsletter.subscribers.limit import within_limit
from newsletter.workflows.alert import alert
from newsletter.workflows.workplace import Workplace


def report_figures(workplace: Workplace) -> str:
    """Log the line about yesterday (UTC) and mail it, once; "" where that was done, or nothing happened."""
    now = workplace.clock.now()
    day = now.date() - timedelta(days=1)
    with workplace.database.read() as connection:
        line = figures_of(day, counted_on(connection, day))
    if not line:
        return ""
    with workplace.database.write() as connection:
        if not within_limit(
            connection,
            workplace.keyring,
            what="figures",
            who=day.isoformat(),
            limit=1,
            window=timedelta(days=2),
            now=now,
        ):
            return ""
        alert(
            connection,
            workplace,
            Alert.FIGURES,
            reason=line,
            now=now,
            about=day.isoformat(),
            level=logging.INFO,
        )
    return line


def figures_of(day: date, counts: Mapping[str, int]) -> str:
    """One line about *day*; "" where there is nothing to say.

    >>> figures_of(date(2026, 3, 2), {"sent": 10_231, "bounced": 12, "suppressed": 9, "unmatched": 2})
    '2026-03-02: sent 10,231, bounced 12 (0.1 %), complaints 0, suppressed 9, unmatched 2'
    """
    if not any(counts.values()):
        return ""
    sent, bounced = counts.get("sent", 0), counts.get("bounced", 0) + counts.get("refused", 0)
    share = f" ({bounced / (sent + counts.get('refused', 0)):.1%})".replace("%", " %") if sent else ""
    return (
        f"{day}: sent {sent:,}, bounced {bounced:,}{share}, complaints {counts.get('complained', 0):,}, "
        f"suppressed {counts.get('suppressed', 0):,}, unmatched {counts.get('unmatched', 0):,}"
    )
