"""Stocked workplaces that are sent by processes of their own, for the benchmarks of delivery."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from newsletter.settings import Settings
from tests.benchmarks.sinks import KEPT, Sink, Spent
from tests.stocked import configure, stock

ROOT = Path(__file__).parents[2]
CAN_SIGN = "dkim" in Settings.model_fields


@dataclass(frozen=True)
class Sent:
    """What a process took, and its peak memory in MB."""

    spent: Spent
    peak_mb: float


def kept_stock(*, count: int, octets: int) -> Path:
    """A workplace with today's issue for *count* readers, made once a day."""
    day = datetime.now(UTC).date()
    folder = KEPT / f"stock-{count}-{octets}-{day}"
    if not folder.exists():
        for old in KEPT.glob(f"stock-{count}-{octets}-*"):
            shutil.rmtree(old)
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        stock(unfinished, day, count=count, octets=octets)
        unfinished.rename(folder)
    return folder


@contextmanager
def sending(
    way: str, stocked: Path, folder: Path, *, sink: Sink, connections: int, is_signed: bool = False
) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process that begins to send a copy of *stocked* by *way* (send_issue.py), and the copy's folder.

    The copy is made in *folder* and gone afterwards; so is the process.
    """
    home = folder / "home"
    shutil.copytree(stocked, home)
    configure(home, port=sink.port, connections=connections, more='dkim = "on"' if is_signed else "")
    if is_signed:
        _write_key(home / "dkim.pem")
    day = stocked.name[-10:]
    command = [sys.executable, "-m", "tests.benchmarks.send_issue", way, str(home), day]
    try:
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "begins\n"
            try:
                yield process, home
            finally:
                process.kill()
    finally:
        shutil.rmtree(home)


def send(
    way: str, stocked: Path, folder: Path, *, sink: Sink, connections: int, is_signed: bool = False
) -> Sent:
    """Send a copy of *stocked* to its end; what that took."""
    with sending(way, stocked, folder, sink=sink, connections=connections, is_signed=is_signed) as (
        process,
        _,
    ):
        said, _ = process.communicate()
    assert process.returncode == 0
    found = json.loads(said)
    return Sent(Spent(found["messages"], found["seconds"], found["cpu"]), found["peak_mb"])


def new_key() -> rsa.RSAPrivateKey:
    """An RSA key of 2048 bits, as DKIM takes."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _write_key(path: Path) -> None:
    pem = new_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
