"""Whether the kept counts of readers are what the list says."""

from __future__ import annotations

from sqlalchemy import Connection

from newsletter.subscribers.count import differences, missing_triggers
from newsletter.workflows.diagnosis import Diagnosis

_MEND = "Stop the newsletter, then: newsletter subscribers recount"


def diagnose_counts(connection: Connection) -> Diagnosis:
    """Count the list once, and say what differs."""
    lost = missing_triggers(connection)
    if lost:
        detail = f"no longer kept: the database has lost {', '.join(sorted(lost))}"
        mend = "Restore a backup, or tell us which program changed the tables."
        return Diagnosis(name="counts", level="fail", detail=detail, mend=mend)
    found = differences(connection)
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        return Diagnosis(name="counts", level="warn", detail=f"{found[0]}{more}", mend=_MEND)
    return Diagnosis(name="counts", detail="as many readers are kept as are there")
