"""Run a program whose databases may not grow: ``python -m tests.torture.small_disk PAGES PROGRAM …``.

The limit is SQLite's own (PRAGMA max_page_count, which only the process itself can set): a transaction that
needs one page more fails with "database or disk is full", as it does when the disk is.
"""

from __future__ import annotations

import runpy
import sqlite3
import sqlite3.dbapi2
import sys
from typing import Any

_connect = sqlite3.connect


def main() -> None:
    """Limit every connection of this process, then be the program."""
    pages, program = int(sys.argv[1]), sys.argv[2]

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = _connect(*arguments, **options)
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    # Both names of the driver's function, for whoever looks it up later.
    sqlite3.connect = connect  # type: ignore[assignment]
    sqlite3.dbapi2.connect = connect  # type: ignore[assignment]
    sys.argv = sys.argv[2:]
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()
