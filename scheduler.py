"""The clock in the foreground: ingest, compose and deliver at the times in newsletter.toml.

python scheduler.py               run until Ctrl-C
python scheduler.py --once DATE   run that day's jobs now and end
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import sys
from datetime import date
from pathlib import Path

from newsletter.clock import SystemClock
from newsletter.engines.clock import run_clock, run_once
from newsletter.errors import NewsletterError
from newsletter.settings import load_settings
from newsletter.workflows.workplace import open_workplace


def main() -> int:
    """Read the arguments, open the workplace, run; exit statuses as for every command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--config", type=Path, help="settings file (default: newsletter.toml)")
    parser.add_argument("--once", type=_calendar_date, metavar="DATE", help="run one day's jobs and end")
    parser.add_argument("--json", action="store_true", help="with --once: print the counts as JSON")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    try:
        with open_workplace(load_settings(arguments.config), SystemClock()) as workplace:
            if arguments.once is None:
                run_clock(workplace)
            else:
                _say(run_once(workplace, arguments.once), as_json=arguments.json)
    except NewsletterError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    return 0


def _calendar_date(text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError(text)
    return date.fromisoformat(text)


def _say(counts: dict[str, dict[str, int]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"counts": counts}))
    for newsletter, states in () if as_json else counts.items():
        print(newsletter, ", ".join(f"{count} {state}" for state, count in states.items() if count))


if __name__ == "__main__":
    sys.exit(main())
