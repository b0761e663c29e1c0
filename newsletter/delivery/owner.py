"""Who holds a delivery: a process of this host by its start time, so that a dead one is known at once."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from pathlib import Path


def this_owner() -> str:
    """This process, as ``host/pid/start``; *start* tells it from a later process with the same pid."""
    pid = os.getpid()
    return f"{socket.gethostname()}/{pid}/{_start_of(pid)}"


def sort_owners(owners: Sequence[str]) -> tuple[list[str], list[str]]:
    """Those of *owners* that are dead processes of this host, and those that are other, live ones of it."""
    here = socket.gethostname()
    ours = [owner for owner in owners if owner.split("/")[0] == here and owner != this_owner()]
    live = [owner for owner in ours if _is_alive(owner)]
    return [owner for owner in ours if owner not in live], live


def _is_alive(owner: str) -> bool:
    _, pid, start = owner.split("/")
    return _start_of(int(pid)) == start


def _start_of(pid: int) -> str:
    """When the process began, in the kernel's own ticks (proc(5), field 22); empty when there is none."""
    try:
        after_name = (
            Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2]
        )
        fields = after_name.split()
        return "" if fields[0] == "Z" else fields[19]
    except OSError:
        return "" if Path("/proc/self/stat").exists() or not _answers(pid) else "running"


def _answers(pid: int) -> bool:
    """Whether a process answers signal 0, where there is no /proc to ask (macOS, BSD)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
