"""What is installed: pins, the wheel, the architecture."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def test_every_pin_has_hashes_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "//" not in lock
    pins = re.findall(
        r"^[a-z0-9][^\n]*==[^\n]*(?:\n    --hash=sha256:[0-9a-f]{64}[^\n]*)+", lock, re.MULTILINE
    )
    assert len(pins) == len(re.findall(r"^\S+==", lock, re.MULTILINE)) > 40


def test_the_pins_of_the_browser_tools_have_hashes_and_no_address() -> None:
    said = (ROOT / "tests/browser/package-lock.json").read_text(encoding="utf-8")
    assert "://" not in said, "take out what npm wrote of addresses: resolved, funding, licences"
    installed = [one for name, one in json.loads(said)["packages"].items() if name]
    assert len(installed) > 100
    assert all(one["integrity"].startswith("sha512-") for one in installed)
    assert "//" not in (ROOT / "requirements-node.lock").read_text(encoding="utf-8")


@pytest.mark.long
def test_a_wheel_brings_its_templates_samples_and_migrations(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "site")
    assert "newsletter/templates/email/daily.mjml.j2" in names
    assert "newsletter/templates/web/site.css" in names
    assert "newsletter/newsletter.example.toml" in names
    assert "newsletter/samples/asthma.md" in names
    assert any(name.startswith("newsletter/migrations/versions/0001") for name in names)
    assert not any(name.startswith(("tests", "docs", "scheduler")) for name in names)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "newsletter", "demo", "--dir", str(tmp_path / "demo")],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "site"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_web_import_in_the_issues_room_fails_the_check(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "newsletter", tmp_path / "newsletter")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    lint = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    kept = subprocess.run(lint, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert kept.returncode == 0, kept.stdout
    picker = tmp_path / "newsletter/issues/picker.py"
    picker.write_text(picker.read_text() + "\nfrom newsletter.web import app\n")
    broken = subprocess.run(lint, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert broken.returncode == 1
    assert "newsletter.issues.picker -> newsletter.web" in broken.stdout


def test_the_scheduler_stays_a_short_program() -> None:
    assert len((ROOT / "scheduler.py").read_text(encoding="utf-8").splitlines()) <= 60


def test_no_module_is_longer_than_a_page_one_can_hold_in_mind() -> None:
    for path in [*ROOT.glob("newsletter/**/*.py"), ROOT / "scheduler.py"]:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= 400, f"{path.relative_to(ROOT)}: {lines}"
