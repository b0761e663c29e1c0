"""Cells that a spreadsheet would run as a formula carry an apostrophe in front, on the way out and in.

The guard is the one that MailPoet and others write (OWASP, "CSV Injection"). Where a cell has apostrophes of
its own before such a character it gets one more, so that taking one off gives back what was there.
"""

from __future__ import annotations

import re

_RUNS = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def guard(cell: str) -> str:
    """*cell* as it may stand in a file that a spreadsheet opens."""
    return f"'{cell}" if _RUNS.match(cell) else cell


def unguard(cell: str) -> str:
    """*cell* without the guard."""
    return cell[1:] if cell.startswith("'") and _GUARDED.match(cell) else cell
