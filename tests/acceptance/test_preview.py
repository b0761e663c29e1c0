"""`newsletter init`, `ingest` and `preview`, as two operators on two machines would use them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from newsletter import samples

SAMPLES = Path(samples.__file__).parent


def newsletter(
    *arguments: str, cwd: Path, status: int = 0, variables: dict[str, str] | None = None
) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "newsletter", *arguments],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], **(variables or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout, done.stderr


def previewed(folder: Path, **variables: str) -> dict[str, bytes]:
    folder.mkdir()
    newsletter("init", cwd=folder)
    newsletter("ingest", str(SAMPLES), cwd=folder)
    newsletter("preview", "2026-11-23", "--out", "out", cwd=folder, variables=variables)
    return {path.name: path.read_bytes() for path in (folder / "out").iterdir()}


@pytest.mark.long
def test_two_clones_preview_the_same_bytes(tmp_path: Path) -> None:
    one = previewed(tmp_path / "one", TZ="Asia/Dhaka", PYTHONHASHSEED="1")
    other = previewed(tmp_path / "other", TZ="America/New_York", PYTHONHASHSEED="2")
    assert one == other
    assert set(one) == {"issue.html", "issue.txt", "issue.eml", "issue.json"}


def test_the_html_file_is_the_html_part_of_the_message(tmp_path: Path) -> None:
    files = previewed(tmp_path / "one")
    message = message_from_bytes(files["issue.eml"], _class=EmailMessage, policy=policy.default)
    part = message.get_body(("html",))
    assert part is not None
    assert part.get_payload(decode=True) == files["issue.html"]
    text = message.get_body(("plain",))
    assert text is not None
    assert text.get_payload(decode=True) == files["issue.txt"]
    assert message["Date"] == "Mon, 23 Nov 2026 07:00:00 +0000"


@pytest.mark.long
def test_what_was_previewed_is_what_is_frozen_by_sending(tmp_path: Path) -> None:
    before = previewed(tmp_path / "one")
    folder = tmp_path / "one"
    # No relay: the issue is composed and kept, and sending says what is missing.
    _, said = newsletter("send", "2026-11-23", cwd=folder, status=1)
    assert "no relay is configured" in said
    newsletter("preview", "2026-11-23", "--out", "again", cwd=folder)
    after = {path.name: path.read_bytes() for path in (folder / "again").iterdir()}
    assert after["issue.html"] == before["issue.html"]
    assert after["issue.eml"] == before["issue.eml"]


def test_an_empty_store_says_what_to_do_next(tmp_path: Path) -> None:
    newsletter("init", cwd=tmp_path)
    _, said = newsletter("preview", "2026-11-23", "--out", "out", cwd=tmp_path, status=1)
    assert "the content store is empty" in said
    assert "newsletter ingest SOURCE" in said


def test_init_never_overwrites(tmp_path: Path) -> None:
    newsletter("init", cwd=tmp_path)
    key = (tmp_path / "newsletter.key").read_bytes()
    (tmp_path / "newsletter.toml").write_text('publisher = "Mine"\n')
    out, _ = newsletter("init", "--json", cwd=tmp_path)
    assert json.loads(out) == {"config": "newsletter.toml", "created": []}
    assert (tmp_path / "newsletter.key").read_bytes() == key
    assert "Mine" in (tmp_path / "newsletter.toml").read_text()


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["preview", "tomorrow", "--out", "x"], 2), (["nonsense"], 2), (["check", "2026-11-23"], 1)],
)
def test_wrong_use_and_failed_work_have_their_own_exit_status(
    tmp_path: Path, arguments: list[str], status: int
) -> None:
    newsletter("init", cwd=tmp_path)
    _, said = newsletter(*arguments, cwd=tmp_path, status=status)
    assert said
    assert "Traceback" not in said


def test_json_is_the_only_thing_on_standard_output(tmp_path: Path) -> None:
    newsletter("init", cwd=tmp_path)
    newsletter("ingest", str(SAMPLES), cwd=tmp_path)
    documents: dict[str, Any] = {}
    for name, arguments in {
        "preview": ["preview", "2026-11-23", "--out", "out"],
        "check": ["check", "2026-11-23"],
        "articles": ["articles", "list"],
        "subscribers": ["subscribers", "list"],
    }.items():
        out, _ = newsletter(*arguments, "--json", cwd=tmp_path)
        documents[name] = json.loads(out)
    assert set(documents["preview"]) == {"files", "issue", "checks"}
    assert [pick["slot"] for pick in documents["preview"]["issue"]["picks"]][:4] == [
        "overview", "signs", "what_helps", "seek_help",
    ]  # fmt: skip
    assert {"name", "level", "detail", "mend"} == set(documents["check"]["checks"][0])
    assert len(documents["articles"]) == 16


@pytest.mark.long
def test_a_withdrawn_article_is_shown_as_such_and_never_previewed(tmp_path: Path) -> None:
    newsletter("init", cwd=tmp_path)
    newsletter("ingest", str(SAMPLES), cwd=tmp_path)
    out, _ = newsletter("preview", "2026-11-23", "--out", "out", "--json", cwd=tmp_path)
    lead = json.loads(out)["issue"]["picks"][0]["article_id"]
    out, _ = newsletter("articles", "withdraw", lead, "--reason", "a dose is wrong", "--json", cwd=tmp_path)
    assert json.loads(out) == {"id": lead, "withdrawn": True, "issues": []}
    out, _ = newsletter("articles", "show", lead, "--json", cwd=tmp_path)
    assert json.loads(out)["status"] == "withdrawn"
    out, _ = newsletter("preview", "2026-11-23", "--out", "out", "--json", cwd=tmp_path)
    assert lead not in {pick["article_id"] for pick in json.loads(out)["issue"]["picks"]}
