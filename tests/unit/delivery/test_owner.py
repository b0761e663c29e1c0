"""Who holds a delivery: live, dead and foreign processes are told apart."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from newsletter.delivery.owner import gone_owners, new_owner

NOW = datetime(2026, 3, 3, 8, tzinfo=UTC)
VALID, LAPSED = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)


def is_gone(owner: str, leased_until: datetime | None = VALID) -> bool:
    return gone_owners({owner: leased_until}, now=NOW) == [owner]


def owner_of(process: subprocess.Popen[str]) -> str:
    """What a process that runs *new_owner* says of itself."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def start_other() -> subprocess.Popen[str]:
    code = (
        "import sys; from newsletter.delivery.owner import new_owner\n"
        "print(new_owner(), flush=True); sys.stdin.read()"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_every_run_of_a_process_is_an_owner_of_its_own_and_names_its_process():
    assert new_owner() != new_owner()
    assert f"/{os.getpid()}/" in new_owner()


def test_another_process_stays_while_it_runs_whatever_its_lease_and_is_gone_once_it_is_killed():
    with start_other() as other:
        owner = owner_of(other)
        assert not is_gone(owner)
        assert not is_gone(owner, LAPSED)
        assert not is_gone(owner, None)
        other.kill()
        other.wait()
        assert is_gone(owner)


def test_a_killed_process_that_nobody_has_waited_for_is_gone():
    with start_other() as other:
        owner = owner_of(other)
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)  # a zombie now
        assert is_gone(owner)


def test_a_later_process_with_the_same_pid_is_not_taken_for_the_earlier_one():
    host, pid, start, run = new_owner().split("/")
    assert is_gone(f"{host}/{pid}/{int(start) - 1}/{run}")


def test_of_processes_of_other_hosts_only_the_lease_is_known():
    owner = "elsewhere.example/1/2/abcd"
    assert not is_gone(owner)
    assert is_gone(owner, LAPSED)
    assert is_gone(owner, None)


def test_what_this_process_lost_track_of_comes_back_by_its_lease():
    assert not is_gone(new_owner())
    assert is_gone(new_owner(), LAPSED)


def test_owners_of_before_leases_had_a_row_are_understood():
    assert is_gone("elsewhere.example/1/2", None)
