"""The sample receivers of docs/how-to/receive-events.md, taken out of the page and run as they are."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from newsletter.clock import SystemClock
from newsletter.notices.queue import new_event_id
from newsletter.notices.webhook import EventType, event_body, sign, webhook_secret
from newsletter.settings.site import SiteSettings, WebhookSettings
from newsletter.subscribers.token import Keyring, add_key, write_key_file
from newsletter.workflows.call_webhooks import CallReport, call_webhooks
from newsletter.workflows.workplace import Workplace
from tests.conftest import free_port
from tests.unit.workflows.conftest import ADA, Life

PAGE = Path(__file__).parent.parent.parent / "docs/how-to/receive-events.md"
NO_PHP = "php is not installed here: the PHP sample was not run"


def sample(name: str) -> str:
    pattern = rf"<!-- sample: {re.escape(name)} -->\n```\w+\n(.*?)^```$"
    found = re.search(pattern, PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert found, name
    return found[1]


@dataclass(frozen=True)
class Running:
    """A sample that listens. *states* are the states of the readers it keeps."""

    url: str
    keyring: Keyring
    states: Callable[[], list[str]]

    def post(self, body: str, headers: Mapping[str, str | bytes]) -> int:
        raw = {
            name.encode(): value if isinstance(value, bytes) else value.encode()
            for name, value in headers.items()
        }
        return httpx.post(self.url, content=body.encode(), headers=raw, timeout=10).status_code

    def signed(
        self, body: str, *, ago: timedelta = timedelta(), keyring: Keyring | None = None
    ) -> dict[str, str]:
        event_id = json.loads(body)["id"]
        now = datetime.now(UTC) - ago
        return sign(keyring or self.keyring, site="clinic", event_id=event_id, body=body, now=now)


def body(event_type: EventType = EventType.CONFIRMED) -> str:
    return event_body(
        event_id=new_event_id(),
        event_type=event_type,
        site="clinic",
        newsletter="daily",
        email="zoë@example.org",
        subscriber="ab12",
        now=datetime.now(UTC),
    )


@contextmanager
def serving(command: list[str], folder: Path, keyring: Keyring, port: int) -> Iterator[str]:
    environment = {
        **os.environ,
        "NEWSLETTER_SECRET": webhook_secret(keyring, "clinic"),
        "NEWSLETTER_MEMORY": str(folder / "readers.db"),
        "NEWSLETTER_FOLDER": str(folder),
    }
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}/receive.php"
            ends_at = time.monotonic() + 20
            while not _answers(url):
                assert process.poll() is None, "the sample ended"
                assert time.monotonic() < ends_at, "the sample does not answer"
            yield url
        finally:
            process.kill()


def _answers(url: str) -> bool:
    try:
        return httpx.post(url, content=b"{}", timeout=2).status_code == 401
    except httpx.TransportError:
        time.sleep(0.05)
        return False


@pytest.fixture(params=["python", "php"])
def running(request: pytest.FixtureRequest, tmp_path: Path, keyring: Keyring) -> Iterator[Running]:
    folder, port = tmp_path / "receiver", free_port()
    folder.mkdir()
    if request.param == "python":
        (folder / "receive.py").write_text(sample("receive.py"), encoding="utf-8")
        command = [sys.executable, "-W", "error", "receive.py", str(port)]
        states = _states_of_python
    else:
        php = shutil.which("php")
        if php is None:
            pytest.skip(NO_PHP)
        (folder / "receive.php").write_text(sample("receive.php"), encoding="utf-8")
        command = [php, "-n", "-S", f"127.0.0.1:{port}"]
        states = _states_of_php
    with serving(command, folder, keyring, port) as url:
        yield Running(url, keyring, lambda: states(folder))


def _states_of_python(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "readers.db")) as memory:
        return [state for (state,) in memory.execute("SELECT state FROM readers ORDER BY subscriber")]


def _states_of_php(folder: Path) -> list[str]:
    path = folder / "readers.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"readers": {}}
    return [reader["state"] for reader in kept["readers"].values()]


def test_a_right_event_is_accepted(running: Running) -> None:
    said = body()
    assert running.post(said, running.signed(said)) == 204
    assert running.states() == ["confirmed"]


def test_a_changed_body_is_refused(running: Running) -> None:
    said = body()
    headers = running.signed(said)
    assert running.post(said.replace("zoë", "eve"), headers) == 401
    assert running.post(said + " ", headers) == 401
    assert running.post("", headers) == 401
    assert running.states() == []


def test_another_secret_another_id_and_no_signature_are_refused(running: Running, tmp_path: Path) -> None:
    said = body()
    path = tmp_path / "other.key"
    write_key_file(path)
    assert running.post(said, running.signed(said, keyring=Keyring.load(path))) == 401
    right = running.signed(said)
    assert running.post(said, right | {"webhook-id": new_event_id()}) == 401
    assert running.post(said, right | {"webhook-signature": ""}) == 401
    assert running.post(said, right | {"webhook-signature": b"v1, v1,x \xe9"}) == 401
    assert running.post(said, {}) == 401
    assert running.states() == []


@pytest.mark.parametrize("ago", [timedelta(minutes=6), -timedelta(minutes=6)])
def test_what_is_stale_or_of_the_future_is_refused(running: Running, ago: timedelta) -> None:
    said = body()
    headers = running.signed(said, ago=ago)
    assert running.post(said, headers) == 401
    now = str(int(time.time()))
    assert running.post(said, headers | {"webhook-timestamp": now}) == 401
    for unread in ("soon", "", "-1", "9" * 5000):
        assert running.post(said, headers | {"webhook-timestamp": unread}) == 401
    assert running.states() == []


def test_a_repeat_is_dropped(running: Running) -> None:
    first, second = body(), body(EventType.UNSUBSCRIBED)
    headers = running.signed(first)
    assert running.post(first, headers) == 204
    assert running.post(second, running.signed(second)) == 204
    # Both the same POST again, and another attempt with a time of its own.
    assert running.post(first, headers) == 204
    assert running.post(first, running.signed(first, ago=timedelta(minutes=1))) == 204
    assert running.states() == ["unsubscribed"]


def test_the_secret_goes_on_working_after_a_new_key(running: Running, tmp_path: Path) -> None:
    said = body()
    path = tmp_path / "newsletter.key"
    write_key_file(path)
    add_key(path)
    # The key of the receiver is the oldest of three.
    key_file = path.read_text(encoding="ascii").partition("[keys]")[2]
    newer = {line.split(" ")[0]: bytes.fromhex(line.split('"')[1]) for line in key_file.strip().splitlines()}
    rotated = Keyring({"example": running.keyring._keys["example"], **newer})
    assert running.post(said, running.signed(said, keyring=rotated)) == 204


def test_it_is_told_of_a_reader_from_the_confirmation_to_the_end(
    running: Running, workplace: Workplace
) -> None:
    site = SiteSettings(key="clinic", origins=("*",), webhook=WebhookSettings(url=running.url))
    settings = workplace.settings.model_copy(update={"sites": (site,)})
    today = replace(workplace, settings=settings, clock=SystemClock())
    life = Life(today, ADA)
    life.sign_up(site="clinic")
    life.confirm()
    assert call_webhooks(today) == CallReport(taken=2)
    assert running.states() == ["confirmed"]
