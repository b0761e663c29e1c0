"""What a command left in the audit."""

from __future__ import annotations

from pathlib import Path

from newsletter.clock import SystemClock
from newsletter.operators import audit
from newsletter.settings import load_settings
from newsletter.workflows.workplace import open_workplace


def lines_of(config: Path, act: str) -> list[str]:
    """The subjects of the lines of *act*, latest first."""
    with (
        open_workplace(load_settings(config), SystemClock()) as workplace,
        workplace.database.read() as connection,
    ):
        lines = audit.page(connection, act=act)
    assert all(line.actor == audit.COMMAND_LINE for line in lines)
    return [line.subject for line in lines]
