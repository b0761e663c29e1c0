"""How far the import of a file has come, kept in the transaction of each batch."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from newsletter.subscribers.schema import imports


@dataclass(frozen=True, kw_only=True)
class Progress:
    """*rows_done*: how many rows are in for good; *report*: what became of them; *started_at*: when."""

    rows_done: int
    report: dict[str, Any]
    started_at: datetime


def progress_key(*parts: str) -> str:
    """What names an import: the same file, taken the same way."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def unfinished(connection: Connection, key: str) -> Progress | None:
    """Where an import that was stopped goes on; None when there is none."""
    row = connection.execute(
        select(imports).where(imports.c.key == key, imports.c.finished_at.is_(None))
    ).first()
    if row is None:
        return None
    return Progress(rows_done=row.rows_done, report=json.loads(row.report), started_at=row.started_at)


def keep_progress(
    connection: Connection, key: str, progress: Progress, *, now: datetime, is_finished: bool = False
) -> None:
    """Write down how far the import is. Of a finished one the caller leaves out what rows said."""
    values = {
        "rows_done": progress.rows_done,
        "report": json.dumps(progress.report),
        "started_at": progress.started_at,
        "changed_at": now,
        "finished_at": now if is_finished else None,
    }
    if not connection.execute(update(imports).where(imports.c.key == key).values(**values)).rowcount:
        connection.execute(insert(imports).values(key=key, **values))
