"""Who holds a delivery: live, dead and foreign processes are told apart."""

from __future__ import annotations

import os
import subprocess
import sys

from newsletter.delivery.owner import sort_owners, this_owner


def owner_of(process: subprocess.Popen[str]) -> str:
    """What a process that runs *this_owner* says of itself."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def start_other() -> subprocess.Popen[str]:
    code = (
        "import sys; from newsletter.delivery.owner import this_owner\n"
        "print(this_owner(), flush=True); sys.stdin.read()"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_a_process_is_the_same_owner_every_time_it_asks():
    assert this_owner() == this_owner()
    assert f"/{os.getpid()}/" in this_owner()


def test_another_process_counts_as_live_while_it_runs_and_as_dead_once_it_is_killed():
    with start_other() as other:
        owner = owner_of(other)
        assert sort_owners([owner]) == ([], [owner])
        other.kill()
        other.wait()
        assert sort_owners([owner]) == ([owner], [])


def test_a_killed_process_that_nobody_has_waited_for_counts_as_dead():
    with start_other() as other:
        owner = owner_of(other)
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)  # a zombie now
        assert sort_owners([owner]) == ([owner], [])


def test_a_later_process_with_the_same_pid_is_not_taken_for_the_earlier_one():
    host, pid, start = this_owner().split("/")
    earlier = f"{host}/{pid}/{int(start) - 1}"
    assert sort_owners([earlier]) == ([earlier], [])


def test_processes_of_other_hosts_are_neither_so_that_only_their_lease_counts():
    assert sort_owners(["elsewhere.example/1/2"]) == ([], [])


def test_this_process_is_neither_so_that_what_it_lost_track_of_comes_back_by_its_lease():
    assert sort_owners([this_owner()]) == ([], [])
