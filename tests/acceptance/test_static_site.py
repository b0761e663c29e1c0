"""docs/how-to/static-site.md, followed word for word: from an empty folder to a reader who has confirmed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import httpx
import pytest

from tests.conftest import free_port
from tests.integration.web_site import hidden, wait_until

PAGE = Path(__file__).parent.parent.parent / "docs/how-to/static-site.md"
ADA = "ada@example.org"
#: What the page promises, and what of it machines may take: the rest is for reading and typing.
PROMISED_S, MACHINE_S = 300, 150


@dataclass
class Shell:
    """One shell in an empty folder, on ports that nobody uses."""

    process: subprocess.Popen[str]
    ports: dict[str, str]

    def own(self, text: str) -> str:
        """*text* of the page with the ports of this run."""
        for told, used in self.ports.items():
            text = re.sub(rf"\b{told}\b", used, text)
        return text

    def run(self, command: str) -> str:
        """What *command* prints; it must succeed."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f'{self.own(command)}\necho "=== $?"\n')
        self.process.stdin.flush()
        said = ""
        for line in self.process.stdout:
            if line.startswith("=== "):
                assert line == "=== 0\n", command
                return said
            said += line
        pytest.fail(f"the shell ended at: {command}")


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("NEWSLETTER_")}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    ports = {told: str(free_port()) for told in ("8000", "8080", "2525")}
    with (
        (tmp_path / "errors").open("w") as errors,
        subprocess.Popen(
            ["bash"],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield Shell(process, ports)
        finally:
            # Its own group: the shell and what it left running.
            os.killpg(process.pid, signal.SIGKILL)


def steps() -> list[tuple[str, str]]:
    """The blocks of the page, as (language, text), in order; of a console's, each command on its own."""
    blocks, found = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL), []
    for language, text in blocks.findall(PAGE.read_text(encoding="utf-8")):
        lines = [line[2:] for line in text.splitlines() if line.startswith("$ ")]
        found += [(language, line) for line in lines] if language == "console" else [(language, text)]
    return found


def test_five_minutes_are_enough(
    shell: Shell, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    began = time.monotonic()
    folder, shown = tmp_path / "form-trial", ""
    for language, text in steps():
        if language == "toml":
            path = folder / "newsletter.toml"
            # On other ports than the usual ones the newsletter has to be told its own.
            own = f'base_url = "http://127.0.0.1:{shell.ports["8000"]}"\n'
            path.write_text(own + path.read_text(encoding="utf-8") + shell.own(text), encoding="utf-8")
        elif language == "html":
            (folder / "page.html").write_text(text, encoding="utf-8")
        elif text.startswith("grep "):
            fill_in_the_form(shell)
            wait_until(lambda: any((folder / "mails/new").iterdir()), 30)
            # The servers in the background speak on the same terminal.
            (link,) = re.findall(r"^http\S+$", shell.run(text), re.MULTILINE)
            press(link)
        else:
            command = text.replace("newsletter serve", f"newsletter serve --port {shell.ports['8000']}")
            shown += shell.run(command)
    took = time.monotonic() - began
    record_property("seconds", round(took, 1))
    assert "1 taken, 1 mailed, 1 confirmed (100%)" in shown
    assert re.search(rf"{ADA}.*active", shown, re.DOTALL)
    assert took < MACHINE_S < PROMISED_S


def fill_in_the_form(shell: Shell) -> None:
    """As a browser without scripts does: from the page, whose origin goes along."""
    origin = shell.own("http://127.0.0.1:8080")
    wait_until(lambda: answers(f"{origin}/") and answers(shell.own("http://127.0.0.1:8000/healthz")), 30)
    page = httpx.get(f"{origin}/").text
    assert "<newsletter-signup>" in page
    form = page[page.index("<form") : page.index("</form>")]
    action = re.search(r'action="([^"]*)"', form)
    assert action
    script = re.search(r'<script src="([^"]*)"', page)
    assert script
    assert "customElements.define" in httpx.get(unescape(script[1])).text
    fields = {name: hidden(form, name) for name in re.findall(r'type="hidden" name="(\w+)"', form)}
    answer = httpx.post(
        action[1], data={**fields, "email": ADA, "consent": "yes"}, headers={"Origin": origin}
    )
    assert answer.status_code == 202
    assert "Check your inbox" in answer.text


def press(link: str) -> None:
    """The button behind the mailed link."""
    page = httpx.get(link).text
    done = httpx.post(link, data={"nonce": hidden(page, "nonce")})
    assert "You are subscribed" in done.text


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.TransportError:
        return False
