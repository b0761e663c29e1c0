"""How to change the look and the words: what the page says to write and run does what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.test_documentation import ROOT, commands_of

PAGE = ROOT / "docs/how-to/change-the-look.md"
DAY = "2026-11-23"
OPEN = "Riverside Clinic is open from Monday to Friday, 8 to 18."
BOARD = "Our front desk measures your blood pressure, free of charge."
_BLOCK = re.compile(r"```(toml|po|jinja)\n(.*?)```", re.DOTALL)


def run(folder: Path, *command: str, status: int = 0) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("NEWSLETTER_")}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def add_below(path: Path, mark: str, line: str) -> None:
    text = path.read_text(encoding="utf-8")
    (found,) = (one for one in text.splitlines(keepends=True) if mark in one)
    path.write_text(text.replace(found, found + line), encoding="utf-8")


@pytest.fixture
def followed(tmp_path: Path) -> Path:
    """A folder in which everything was done that the page says."""
    blocks = [(kind, body) for kind, body in _BLOCK.findall(PAGE.read_text(encoding="utf-8"))]
    setting, tokens, links, reviewed = (body for kind, body in blocks if kind == "toml")
    html_line, text_line, *board, html_name, text_name = (body for kind, body in blocks if kind == "jinja")
    (words,) = (body for kind, body in blocks if kind == "po")
    (tmp_path / "newsletter.toml").write_text(setting + links + reviewed, encoding="utf-8")
    run(tmp_path, "bash", "-c", "\n".join(["set -e", *commands_of(PAGE)]))
    (tmp_path / "look/email/tokens.toml").write_text(tokens, encoding="utf-8")
    (tmp_path / "look/translations").mkdir()
    (tmp_path / "look/translations/en.po").write_text(words, encoding="utf-8")
    add_below(tmp_path / "look/email/blocks/footer.mjml.j2", "{{ disclaimer }}", html_line)
    add_below(tmp_path / "look/email/blocks/footer.txt.j2", "disclaimer|wrap", text_line)
    for part, body, name in zip(("mjml", "txt"), board, (html_name, text_name), strict=True):
        (tmp_path / f"look/email/blocks/notice_board.{part}.j2").write_text(body, encoding="utf-8")
        # Above the references: below the end of the sections.
        add_below(tmp_path / f"look/email/daily.{part}.j2", "{% endfor %}", name)
    run(tmp_path, "newsletter", "ingest", str(ROOT / "newsletter/samples"))
    return tmp_path


def test_an_operator_who_follows_the_page_gets_that_look_and_passes_the_checks(followed: Path) -> None:
    run(followed, "newsletter", "check", DAY)
    run(followed, "newsletter", "preview", DAY, "--out", "out")
    html, text = (
        (followed / "out" / name).read_text(encoding="utf-8") for name in ("issue.html", "issue.txt")
    )
    for said in ("#7A1F5C", "#FFF8F0", "#F0A8D8", "font-size:18px", 'alt="Riverside Clinic" width="64"'):
        assert said in html
    for part in (html, text):
        said = " ".join(part.split())
        for words in (OPEN, "One more thing", "Our app", "https://clinic.example/app"):
            assert words in said
        assert re.search(rf"Eczema.*{BOARD}.*References.*{OPEN}", said, re.IGNORECASE)
        assert re.search(r"\d minutes to read|one minute to read", part)
        assert "Also today" not in part.replace("Also today: ", "")


def test_every_key_of_the_page_is_one_of_ours() -> None:
    template = (ROOT / "templates/translations/messages.pot").read_text(encoding="utf-8")
    keys = re.findall(r'^msgid "(.*)"$', PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(keys) == 3
    for key in keys:
        assert f'msgid "{key}"\n' in template
