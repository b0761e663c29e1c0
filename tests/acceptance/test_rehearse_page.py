"""docs/how-to/rehearse-a-bad-relay.md, followed word for word: the ledger and the relay agree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.test_documentation import ROOT, commands_of
from tests.conftest import free_port


@pytest.mark.long
def test_the_ledger_and_the_relay_agree_after_a_connection_that_was_lost_at_the_worst_moment(tmp_path: Path):
    (tmp_path / "newsletter").symlink_to(ROOT / "newsletter")
    # Whatever fails: the relay must not outlive the page.
    first = ["set -e", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"]
    script = "\n".join([*first, *commands_of(ROOT / "docs/how-to/rehearse-a-bad-relay.md")])
    environment = {key: value for key, value in os.environ.items() if not key.startswith("NEWSLETTER_")}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script.replace("2525", str(free_port()))],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "49 accepted, 1 unknown" in done.stdout
    counts = json.loads((tmp_path / "var/rehearsal/counts.json").read_text(encoding="utf-8"))["counts"]
    assert (counts["accepted"], counts["message_ids"], counts["repeats"]) == (50, 50, 0)
    assert (counts["dropped"], counts["client_faults"]) == (1, 0)
