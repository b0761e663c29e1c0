"""What the command line leaves in the audit: the act, and as who somebody was logged in to this machine."""

from __future__ import annotations

import getpass

from sqlalchemy import Connection

from newsletter.operators.audit import BY_COMMAND, record_by
from newsletter.workflows.workplace import Workplace


def actor() -> str:
    """Who gives this command, as decisions name them."""
    return f"{getpass.getuser()}{BY_COMMAND}"


def leave_line(workplace: Workplace, act: str, subject: str, **detail: str | int | bool) -> None:
    """A line of its own, for what takes many transactions; written first, so that nothing goes unnoted."""
    with workplace.database.write() as connection:
        note(connection, workplace, act, subject, **detail)


def note(
    connection: Connection, workplace: Workplace, act: str, subject: str, **detail: str | int | bool
) -> None:
    """A line in the transaction of the act. *subject* and *detail* name no reader but by number."""
    record_by(connection, actor(), act, subject, at=workplace.clock.now(), detail=detail)
