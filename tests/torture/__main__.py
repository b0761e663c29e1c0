"""`make torture`: an issue goes out while its processes are killed, stopped, doubled, blocked and starved.

Each run sends a copy of one stocked workplace by real processes to a server that writes down what it
accepts, to the end, and then asks: was anybody lost, did more come twice than were out when a process died,
under another Message-ID, and does the ledger say what the server does? The same seed gives the same faults,
though not the same instants. What broke is kept under var/torture.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.torture.run import line, many_runs, prepare
from tests.torture.scenario import SCENARIOS, can_mount

FOLDER = Path("var/torture")


def main() -> int:
    """Run what the arguments say; 1 when an invariant broke."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=200, help="of kill -9 (default: 200)")
    parser.add_argument("--others", type=int, default=20, help="of each other scenario (default: 20)")
    parser.add_argument("--readers", type=int, default=2000, help="of the issue (default: 2000)")
    parser.add_argument("--seed", default="1", help="of the random choices (default: 1)")
    parser.add_argument("--only", choices=list(SCENARIOS), help="this scenario alone")
    arguments = parser.parse_args()
    stocked = prepare(FOLDER.absolute(), readers=arguments.readers)
    print(f"seed {arguments.seed}, {arguments.readers} readers; undisturbed, the issue goes out as it should")
    broken = 0
    for name, scenario in SCENARIOS.items():
        if arguments.only not in (None, name):
            continue
        if name == "disk full" and not can_mount(FOLDER.absolute() / "mount"):
            print(f"{name:16} skipped: this user may not mount a file system")
            continue
        runs = arguments.runs if name == "kill -9" else arguments.others
        results = []
        for result in many_runs(stocked, FOLDER.absolute(), name, scenario, runs=runs, seed=arguments.seed):
            results.append(result)
            if not result.holds:
                print(f"  {name} {result.number}: {result.verdict} {'; '.join(result.problems)}", flush=True)
        print(line(name, results), flush=True)
        broken += sum(not result.holds for result in results)
    print(f"{broken} runs BROKE; they are kept in {FOLDER}" if broken else "every invariant holds")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
