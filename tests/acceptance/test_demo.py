"""`make demo`: what a person on a new machine sees first."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The demo, run once as a person would, and its JSON."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    done = subprocess.run(
        [sys.executable, "-m", "newsletter", "demo", "--json", "--dir", str(folder)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def letters(folder: Path) -> list[EmailMessage]:
    found = [
        message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=policy.default)
        for path in sorted((folder / "inbox").glob("*.eml"))
    ]
    return [message for message in found if message["List-Id"]]


def test_three_readers_get_today_and_two_get_tomorrow(played: tuple[Path, dict[str, Any]]) -> None:
    folder, document = played
    sent = letters(folder)
    assert sorted(str(letter["To"]) for letter in sent[:3]) == [
        "ada@example.org",
        "grace@example.org",
        "mary@example.org",
    ]
    assert sorted(str(letter["To"]) for letter in sent[3:]) == ["ada@example.org", "grace@example.org"]
    assert document["counts"]["accepted"] == 3
    assert len({str(letter["Message-ID"]) for letter in sent}) == 5


def test_it_leaves_both_databases_the_mails_and_the_issue(played: tuple[Path, dict[str, Any]]) -> None:
    folder, document = played
    kept = {"subscribers.db", "content.db", "newsletter.journal", "issue.html", "inbox"}
    assert kept <= {path.name for path in folder.iterdir()}
    assert all(Path(file).exists() for file in document["files"])
    assert (folder / "newsletter.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("part", ["html", "plain"])
def test_both_parts_of_a_letter_hold_everything_a_reader_is_owed(
    played: tuple[Path, dict[str, Any]], part: str
) -> None:
    folder, document = played
    letter = letters(folder)[0]
    body = letter.get_body((part,))
    assert body is not None
    content = str(body.get_content())
    # What is today's condition depends on the day: words may hold quotes and signs that HTML escapes.
    text = unescape(re.sub(r"<[^>]+>", " ", content)) if part == "html" else content
    words = " ".join(text.split())
    assert document["issue"]["preheader"] in words
    assert "min read" in words
    assert len(re.findall(r"reviewed \d+ \w+ 20\d\d", words)) == len(document["issue"]["picks"])
    assert "call 112" in words
    assert "general information" in words
    assert "because you asked for Daily Health" in words
    assert "1 Example Street" in words
    for link in (
        "/privacy",
        "/preferences/",
        "/unsubscribe/",
        "/issues/daily/",
        "https://health.example.org/",
    ):
        assert link in content


def test_a_letter_carries_one_click_unsubscribe_as_mail_programs_need_it(
    played: tuple[Path, dict[str, Any]],
) -> None:
    folder, _ = played
    letter = letters(folder)[0]
    assert re.fullmatch(r"<http://127\.0\.0\.1:\d+/unsubscribe/v1\.\S+>", str(letter["List-Unsubscribe"]))
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["Auto-Submitted"] is None
    assert not letter.defects


def test_it_refuses_to_empty_a_folder_that_no_demo_made(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    done = subprocess.run(
        [sys.executable, "-m", "newsletter", "demo", "--dir", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "no demo made" in done.stderr
    assert (tmp_path / "mine.txt").read_text() == "keep me"


def test_who_keeps_it_running_is_led_into_the_console(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "newsletter", "demo", "--serve", "--dir", str(tmp_path / "demo")],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert process.stdout is not None
    try:
        link = next(line.split()[1] for line in process.stdout if line.startswith("Console:"))
        with httpx.Client(follow_redirects=True, timeout=30) as browser:
            page = browser.get(link)
            assert (page.status_code, page.url.host) == (200, "localhost")
            assert "Keep this password" in page.text
            origin = f"http://localhost:{page.url.port}"
            chosen = {"password": "seven quiet otters under ice", "repeated": "seven quiet otters under ice"}
            browser.post(str(page.url), data=chosen, headers={"Origin": origin})
            settings = browser.get(f"{origin}/console/settings").text
        # What the console says of its settings is what the demo has written down.
        assert str(tmp_path / "demo" / "newsletter.toml") in settings
        assert "Changed since the start" not in settings
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
