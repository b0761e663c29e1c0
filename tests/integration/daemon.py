"""Starting servers of others for a test: where they may write, and when they are ready."""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENCE_S = 30


@contextmanager
def in_public_folder() -> Iterator[Path]:
    """A folder that servers may enter which give up being root: pytest's own is closed to them."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="newsletter-") as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path


def until(happened: Callable[[], bool], what: str) -> None:
    """Wait until *happened* says so."""
    end = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end, f"not within {PATIENCE_S} s: {what}"
        time.sleep(0.05)


def until_answering(port: int, process: subprocess.Popen[bytes], *, log: Path) -> None:
    """Wait until the server takes connections; show its *log* if it ends instead."""

    def answers() -> bool:
        words = log.read_text(errors="replace") if log.exists() else ""
        assert process.poll() is None, f"it ended: {words}"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as opened:
            return bool(opened.recv(100))
        return False

    until(answers, f"an answer at port {port}")
