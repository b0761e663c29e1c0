"""Who holds a delivery: a run in a process of this host, so that a dead one is known at once."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path


def new_owner() -> str:
    """A run of this process, as ``host/pid/start/run``; *start* tells it from a later process of that pid."""
    return f"{_this_process()}/{secrets.token_hex(4)}"


def gone_owners(leases: Mapping[str, datetime | None], *, now: datetime) -> list[str]:
    """Those of the owners (with their leases) that will not be heard of again.

    They are dead processes of this host, or their lease ran out. A live process of this host that waits long
    for a slow relay keeps its message: to send it again would be a repeat that nobody had to be killed for.
    """
    return [owner for owner, until in leases.items() if _is_gone(owner, until, now)]


def _is_gone(owner: str, until: datetime | None, now: datetime) -> bool:
    host, pid, start, *_ = owner.split("/")
    lapsed = until is None or until < now
    if host != socket.gethostname() or f"{host}/{pid}/{start}" == _this_process():
        return lapsed
    return _start_of(int(pid)) != start


def _this_process() -> str:
    pid = os.getpid()
    return f"{socket.gethostname()}/{pid}/{_start_of(pid)}"


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
