"""A mailbox full of what enemies send: bounded time and memory, nobody changed, nothing lost."""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from newsletter.clock import SystemClock
from newsletter.settings import load_settings
from newsletter.subscribers.schema import subscriptions, suppressions
from newsletter.subscribers.token import write_key_file
from newsletter.workflows.workplace import Workplace, open_workplace
from tests.integration.article_source import add_readers
from tests.unit.workflows.test_collect_feedback import bounce

READERS = [f"reader{number}@competitor.example" for number in range(20)]
MAILBOX = "bounces@letter.example"
#: For everything below, on a busy machine; a plain process that has done nothing takes 90 MB.
MOST_S, MOST_MB = 60, 300
#: Ends by printing how much memory the process had at most, in kB. Not by getrusage(2), which counts what its
#: parent had before exec.
_MEASURED = (
    "import re, sys\nfrom pathlib import Path\nfrom newsletter.cli.app import main\n"
    "try:\n    main()\nfinally:\n"
    "    print(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1], file=sys.stderr)"
)


def head(content_type: str, *more: str) -> bytes:
    lines = (
        f"Delivered-To: {MAILBOX}", "From: MAILER-DAEMON@relay.example", "Subject: Undelivered Mail", *more,
        "MIME-Version: 1.0", f"Content-Type: {content_type}", "",
    )  # fmt: skip
    return "".join(f"{line}\r\n" for line in lines).encode()


def nested(depth: int) -> bytes:
    """Parts in parts in parts."""
    opened = "".join(
        f"--b{level}\r\nContent-Type: multipart/mixed; boundary=b{level + 1}\r\n\r\n"
        for level in range(depth)
    )
    return head("multipart/mixed; boundary=b0") + opened.encode()


def enclosed(depth: int) -> bytes:
    """Messages in messages."""
    return head("message/rfc822") + b"Content-Type: message/rfc822\r\n\r\n" * depth


def zip_bomb() -> bytes:
    packed = base64.encodebytes(gzip.compress(b"<feedback>" + b" " * 100_000_000))
    return head("application/gzip", "Content-Transfer-Encoding: base64") + packed


def hostile() -> dict[str, bytes]:
    """By name, what lies in the mailbox."""
    made = {
        "huge": bounce(MAILBOX, READERS[0]) + b"x" * 50_000_000,
        "one-line": head("text/plain") + b"5.1.1 " * 8_000_000,
        "nested": nested(10_000),
        "enclosed": enclosed(10_000),
        "parts": head("multipart/report; boundary=b") + b"--b\r\n\r\n5.1.1\r\n" * 20_000,
        "endless-headers": b"Received: from a by b; " * 2_000_000,
        "many-headers": b"X-A: b\r\n" * 500_000 + b"\r\n",
        "charsets": head('text/plain; charset="no-such-\xff"'.encode("latin-1").decode("latin-1"))
        + b"\xff" * 9_000,
        "base64": head("text/plain", "Content-Transfer-Encoding: base64") + b"=" * 200_000,
        "encoded-words": head("text/plain", "Subject: " + "=?utf-8?q?=ff?= " * 20_000),
        "comments": b"From: " + b"(" * 200_000 + b"\r\n\r\n",
        "zip-bomb": zip_bomb(),
        "nothing": b"",
        "zeros": b"\0" * 300_000,
    }
    for number, reader in enumerate(READERS):
        forged = (
            MAILBOX,
            f"bounces+{'a' * 36}@letter.example",
            f"bounces+{reader.replace('@', '=')}@letter.example",
        )
        for kind, to in enumerate(forged):
            made[f"forged-{number}-{kind}"] = bounce(to, reader, status=("5.1.1", "4.2.2")[number % 2])
        made[f"complaint-{number}"] = (
            head("multipart/report; report-type=feedback-report; boundary=b")
            + (
                "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n"
                f"User-Agent: x\r\nOriginal-Rcpt-To: {reader}\r\n\r\n"
                "--b\r\nContent-Type: message/rfc822\r\n\r\n"
                f"To: {reader}\r\nMessage-ID: <forged-{number}@letter.example>\r\n\r\nhello\r\n--b--\r\n"
            ).encode()
        )
    return made


@pytest.fixture
def stocked(tmp_path: Path) -> Path:
    """A folder with readers and that mailbox, and with names and links that lead elsewhere."""
    back = tmp_path / "back"
    for name in ("new", "cur", "tmp"):
        (back / name).mkdir(parents=True)
    write_key_file(tmp_path / "newsletter.key")
    settings = f'return_path = "{MAILBOX}"\nmailbox_url = "maildir://{back}"\n'
    (tmp_path / "newsletter.toml").write_text(settings, encoding="utf-8")
    with opened(tmp_path) as workplace:
        add_readers(workplace, *READERS)
    for name, raw in hostile().items():
        (back / "new" / name).write_bytes(raw)
    (back / "new" / "link").symlink_to("/etc/passwd")
    os.mkfifo(back / "new" / "pipe")
    return tmp_path


def opened(folder: Path):
    return open_workplace(load_settings(folder / "newsletter.toml"), SystemClock())


def people(workplace: Workplace) -> tuple[list[object], list[object]]:
    """Every subscription as it is, and everybody who is suppressed."""
    with workplace.database.read() as connection:
        return list(connection.execute(select(subscriptions))), list(connection.execute(select(suppressions)))


def test_a_hostile_mailbox_takes_little_and_changes_nobody(stocked: Path) -> None:
    with opened(stocked) as workplace:
        before = people(workplace)
    sizes = sorted(path.stat().st_size for path in (stocked / "back/new").iterdir() if path.is_file())
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, "feedback", "collect", "--json"],
        cwd=stocked, capture_output=True, text=True, timeout=4 * MOST_S, check=False,
    )  # fmt: skip
    taken_s, most_kb = time.monotonic() - started, int(done.stderr.split()[-1])
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert (found["read"], found["matched"], found["failed"]) == (len(hostile()), 0, 0)
    assert taken_s < MOST_S
    assert most_kb < MOST_MB * 1024
    with opened(stocked) as workplace:
        assert people(workplace) == before
    kept = sorted(path.stat().st_size for path in (stocked / "back/cur").iterdir())
    in_etc = Path("/etc/passwd").stat().st_size
    assert sorted([*kept, in_etc]) == sizes
    assert sorted(path.name for path in (stocked / "back/new").iterdir()) == ["link", "pipe"]
    assert not any(reader in done.stderr for reader in READERS)
