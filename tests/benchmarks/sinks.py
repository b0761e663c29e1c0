"""SMTP servers that throw mail away, and Postfix's load generator: what a client written in C does.

`smtp-sink` and `smtp-source` come from Debian's package `postfix`, found on the path or unpacked under
var/bench; it is neither installed nor started. The sink in C is compiled here.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.conftest import free_port

HERE = Path(__file__).parent
#: Made once and kept, as long as `make clean` is not run.
KEPT = HERE.parents[1] / "var" / "bench"


@dataclass(frozen=True)
class Postfix:
    """Where the two programs are, and the environment in which they find their libraries."""

    folder: Path
    environment: dict[str, str]

    def command(self, program: str, *arguments: str) -> list[str]:
        return [str(self.folder / program), *arguments]


@dataclass
class Sink:
    """A server that runs; *messages* and *octets* (where it counts them) are there once it has ended."""

    port: int
    messages: int = 0
    octets: int = 0


@dataclass(frozen=True)
class Spent:
    """What sending so many messages took: seconds, and seconds of CPU of the sending process."""

    messages: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of CPU for one message."""
        return self.cpu / self.messages * 1e6


@cache
def postfix() -> Postfix | None:
    """The programs; None where there are none and none can be fetched."""
    if found := shutil.which("smtp-source", path=f"{os.environ['PATH']}:/usr/sbin"):
        return Postfix(Path(found).parent, dict(os.environ))
    root = KEPT / "postfix"
    if not (root / "usr/sbin/smtp-source").exists():
        root.mkdir(parents=True, exist_ok=True)
        try:
            subprocess.run(["apt-get", "download", "postfix"], cwd=root, check=True, capture_output=True)
            (package,) = root.glob("postfix_*.deb")
            subprocess.run(["dpkg", "-x", str(package), str(root)], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError, ValueError):
            return None
    libraries = root / "usr/lib/postfix"
    return Postfix(root / "usr/sbin", {**os.environ, "LD_LIBRARY_PATH": str(libraries)})


@cache
def discard_sink() -> Path | None:
    """The sink in C, compiled; None where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    KEPT.mkdir(parents=True, exist_ok=True)
    program = KEPT / "discard_sink"
    subprocess.run([compiler, "-O2", "-o", str(program), str(HERE / "discard_sink.c")], check=True)
    return program


@contextmanager
def discarding(program: Path, *arguments: str) -> Iterator[Sink]:
    """The sink in C; *arguments*: the delay in ms, and "every" for every group of replies."""
    sink = Sink(free_port())
    process = subprocess.Popen([str(program), str(sink.port), *arguments], stdout=subprocess.PIPE, text=True)
    try:
        _wait_for(sink.port)
        yield sink
    finally:
        process.terminate()
        said, _ = process.communicate(timeout=30)
        sink.messages, sink.octets = (int(word) for word in said.split())


@contextmanager
def smtp_sink(programs: Postfix, folder: Path) -> Iterator[Sink]:
    """Postfix's sink, which keeps count in a file of *folder*."""
    sink = Sink(free_port())
    rights = ["-u", "nobody"] if os.geteuid() == 0 else []
    counted = folder / f"sink-{sink.port}"
    command = programs.command("smtp-sink", "-c", *rights, f"127.0.0.1:{sink.port}", "1000")
    with counted.open("w") as file:
        process = subprocess.Popen(command, env=programs.environment, stdout=file, stderr=file)
    try:
        _wait_for(sink.port)
        yield sink
    finally:
        process.terminate()
        process.wait(30)
        found = re.findall(r"mesg=(\d+)", counted.read_text())
        sink.messages = int(found[-1]) if found else 0


def smtp_source(programs: Postfix, sink: Sink, *, messages: int, connections: int, octets: int) -> Spent:
    """What Postfix's generator takes over kept connections."""
    options = ["-d", "-s", str(connections), "-l", str(octets), "-m", str(messages)]
    command = programs.command("smtp-source", *options, f"127.0.0.1:{sink.port}")
    before, began = _children_cpu(), time.perf_counter()
    subprocess.run(command, env=programs.environment, check=True, timeout=600)
    return Spent(messages, time.perf_counter() - began, _children_cpu() - before)


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _wait_for(port: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError(f"no sink answers at port {port}")
