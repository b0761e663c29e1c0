"""A newsletter of the samples in a folder of its own, served by `newsletter preview --watch`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from newsletter import samples
from tests.conftest import free_port

DAY = "2026-11-23"
SECONDS = 30


@dataclass(frozen=True)
class Watched:
    """The folder, the address, and the process that serves it."""

    folder: Path
    url: str
    process: subprocess.Popen[str]

    def get(self, path: str = "") -> str:
        answer = httpx.get(f"{self.url}{path}")
        assert answer.status_code == 200, answer.text
        return answer.text

    def save(self, name: str, text: str) -> None:
        """Save a file of the operator's templates."""
        path = self.folder / "mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def remove(self, name: str) -> None:
        (self.folder / "mine" / name).unlink()

    def configure(self, text: str = "") -> None:
        (self.folder / "newsletter.toml").write_text(f'templates = "mine"\n{text}', encoding="utf-8")


def stock(folder: Path) -> None:
    """Samples in the content store, settings, and an empty folder for templates."""
    (folder / "mine").mkdir(parents=True)
    (folder / "newsletter.toml").write_text('templates = "mine"\n', encoding="utf-8")
    run(folder, "ingest", str(Path(samples.__file__).parent))


def run(folder: Path, *arguments: str, status: int = 0) -> tuple[str, str]:
    """What a command says on standard output and standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "newsletter", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout, done.stderr


@contextmanager
def watching(stocked: Path, folder: Path, *arguments: str) -> Iterator[Watched]:
    """Serve a copy of *stocked* in *folder*."""
    shutil.copytree(stocked, folder, dirs_exist_ok=True)
    command = ("preview", DAY, "--watch", "--json", "--port", str(free_port()), *arguments)
    with (folder / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "newsletter", *command],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    try:
        said = "".join(iter(process.stdout.readline, "}\n"))
        yield Watched(folder, json.loads(said + "}")["url"], process)
    finally:
        process.kill()
        process.wait(SECONDS)
        process.stdout.close()
