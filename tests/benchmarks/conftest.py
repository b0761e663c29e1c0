"""Each benchmark says on what machine it ran, and how busy that was: its figures mean little without."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def machine() -> None:
    """One line before the figures."""
    load = os.getloadavg()[0]
    print(f"\n{os.cpu_count()} cores, {_processor()}, Python {platform.python_version()}, load {load:.1f}")


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
