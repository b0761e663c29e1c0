"""`newsletter demo`: the whole main job on the sample articles, with real servers on loopback."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import typer
from pydantic import SecretStr
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from newsletter import samples
from newsletter.cli.inbox import Inbox, Mail, free_port, reading_room
from newsletter.cli.output import JsonOption, console, say_json
from newsletter.cli.server import web_config
from newsletter.cli.why import show_why
from newsletter.clock import Clock, SystemClock, local_date
from newsletter.engines.clock import build_clock
from newsletter.errors import NewsletterError
from newsletter.operators import account
from newsletter.operators.invitation import invite
from newsletter.operators.role import Role
from newsletter.settings import NewsletterSettings, Settings, SourceSettings
from newsletter.subscribers.token import write_key_file
from newsletter.workflows.due import ingest_all, run_day
from newsletter.workflows.tally import Tally, tally
from newsletter.workflows.workplace import Workplace, open_workplace

READERS = ("ada@example.org", "grace@example.org", "mary@example.org")
#: The samples were reviewed once, and the demo must go on working.
REVIEW_YEARS = 10
#: What its readers may choose letters by, on their preferences page.
TOPICS = ("asthma", "gout", "high blood pressure", "migraine")
#: Whoever opens the console of a demo that is served.
_OPERATOR = "demo"
_MARK = "made-by-newsletter-demo"
_LINK = re.compile(r"^http\S+/confirm/\S+$", re.MULTILINE)


class DemoError(NewsletterError):
    """The demo did not go as it must."""


def demo(
    folder: Annotated[Path, typer.Option("--dir", help="Where the demo keeps its files.")] = Path("var/demo"),
    serve: Annotated[bool, typer.Option("--serve", help="Then serve it all until Ctrl-C.")] = False,
    json_output: JsonOption = False,
) -> None:
    """Sign up three readers, confirm them, send today's issue, let one leave, send tomorrow's."""
    started = time.monotonic()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    folder = folder.absolute()
    with open_demo(folder, quiet=json_output) as story:
        workplace = story.workplace
        today = local_date(workplace.clock.now(), workplace.settings.newsletter().timezone)
        result = story.play(today)
        issue_html = folder / "issue.html"
        first = next(mail for mail in story.inbox.mails if mail.message["List-Id"])
        issue_html.write_text(first.html, encoding="utf-8")
        files = [
            issue_html,
            folder / "subscribers.db",
            folder / "content.db",
            *sorted((folder / "inbox").iterdir()),
        ]
        if json_output:
            say_json(
                {
                    "issue": result.issue.document(),
                    "counts": result.counts,
                    "files": [str(path) for path in files],
                    "seconds": round(time.monotonic() - started, 1),
                }
            )
        else:
            story.say(f"\nDone in {time.monotonic() - started:.0f} s. Look at:")
            for path in (issue_html, folder / "inbox", folder / "subscribers.db", folder / "content.db"):
                story.say(f"  {_short(path)}")
        if serve:
            _serve_until_interrupted(story, folder, today)


@dataclass
class Story:
    """The demo's plot, told while it happens."""

    workplace: Workplace
    inbox: Inbox
    base_url: str
    quiet: bool

    def say(self, words: str) -> None:
        """One line for the person who watches."""
        if not self.quiet:
            console().print(words, markup=False)

    def step(self, number: int, words: str) -> None:
        """The heading of a step."""
        if not self.quiet:
            console().print(f"\n[bold]{number}. {words}[/bold]")

    def play(self, today: date) -> Tally:
        """All of it; raises DemoError where something is not as it must be."""
        self.step(1, "Bring sample articles into the content store")
        ingest_all(self.workplace)
        self.step(2, "Three readers sign up with the form; each gets one confirmation mail")
        self._sign_up()
        self.step(3, "Each opens the link (which changes nothing) and presses the button")
        self._confirm()
        self.step(4, f"The scheduler runs once for today, {today}: pick, render, send")
        result = self._run(today, expected=len(READERS))
        if not self.quiet:
            show_why(result.issue)
        self.step(5, "One reader leaves by one click from the mail program (RFC 8058)")
        self._leave(READERS[-1])
        tomorrow = today + timedelta(days=1)
        self.step(6, f"The scheduler runs for tomorrow, {tomorrow}")
        self._run(tomorrow, expected=len(READERS) - 1)
        self.step(7, "The same again: nobody gets anything twice")
        self._run(tomorrow, expected=0)
        return result

    def _sign_up(self) -> None:
        name = self.workplace.settings.newsletter().name
        for reader in READERS:
            status = _post(f"{self.base_url}/subscribe", email=reader, newsletter=name, consent="on")
            _expect(status == 202, f"the form answered {status} to {reader}")
            self.say(f"   {reader}: form sent, answered {status}")
        mails = self.inbox.wait_for(len(READERS), timeout_s=30)
        _expect(sorted(mail.recipient for mail in mails) == sorted(READERS), "confirmation mails are missing")

    def _confirm(self) -> None:
        for mail in self.inbox.mails:
            link = _LINK.search(mail.text)
            _expect(link is not None, f"no link in the mail to {mail.recipient}")
            address = link[0] if link else ""
            form = _hidden_fields(_get(address))
            status = _post(address, **form)
            _expect(status == 200, f"the confirm page answered {status}")
            self.say(f"   {mail.recipient}: confirmed")

    def _run(self, day: date, *, expected: int) -> Tally:
        before = len(self.inbox.mails)
        columns = (TextColumn("   sending"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=console(), disable=self.quiet or not expected) as bar:
            task = bar.add_task("sending", total=expected)
            run_day(self.workplace, day, progress=lambda done: bar.update(task, completed=done))
        new = self.inbox.mails[before:]
        for mail in new:
            self.say(f"   {mail.recipient}: “{mail.message['Subject']}”")
        self.say(f"   {len(new)} mails went out")
        _expect(len(new) == expected, f"{expected} mails were to go out on {day}, and {len(new)} did")
        result = tally(
            self.workplace.database,
            self.workplace.settings.newsletter().name,
            day,
            clock=self.workplace.clock,
        )
        if result is None:
            raise DemoError("the demo", f"there is no issue of {day}")
        return result

    def _leave(self, reader: str) -> None:
        letter = _newest_letter(self.inbox.mails, reader)
        url = str(letter.message["List-Unsubscribe"]).strip("<>")
        status = _post(url, **{"List-Unsubscribe": "One-Click"})
        _expect(status == 200, f"one-click unsubscribe answered {status}")
        self.say(f"   {reader}: unsubscribed, answered {status}")


@contextmanager
def open_demo(folder: Path, *, quiet: bool = True) -> Iterator[Story]:
    """A mail server, a workplace and its web pages on loopback, all in *folder*, ready to play."""
    folder = _fresh_folder(folder)
    inbox = Inbox(folder / "inbox")
    with inbox.running(), _open(folder, inbox.url) as (workplace, base_url):
        yield Story(workplace, inbox, base_url, quiet=quiet)


def _newest_letter(mails: list[Mail], reader: str) -> Mail:
    return [mail for mail in mails if mail.recipient == reader and mail.message["List-Id"]][-1]


def _expect(held: bool, otherwise: str) -> None:
    if not held:
        raise DemoError("the demo", otherwise, "Look at the lines above, and at var/demo.")


def _fresh_folder(folder: Path) -> Path:
    """*folder*, emptied if an earlier demo made it; anybody else's is left alone."""
    folder = folder.absolute()
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).is_file():
            raise DemoError(f"folder {folder}", "holds files that no demo made", "Name another with --dir.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()
    return folder


@contextmanager
def _open(folder: Path, smtp_url: str) -> Iterator[tuple[Workplace, str]]:
    """A workplace in *folder* with its web pages served on a free port; yields it and their address."""
    write_key_file(folder / "newsletter.key")
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    path = Path(samples.__file__).parent
    # As a file, too, so that every other command can be tried on what the demo leaves behind.
    config = folder / "newsletter.toml"
    config.write_text(
        f'base_url = "{base_url}"\nsmtp_url = "{smtp_url}"\nreview_years = {REVIEW_YEARS}\n\n'
        f"[[newsletters]]\ntopics = {json.dumps(TOPICS)}\n\n"
        f'[[sources]]\npath = "{path}"\n',
        encoding="utf-8",
    )
    settings = Settings(
        base_url=base_url,
        smtp_url=SecretStr(smtp_url),
        database_url=SecretStr(f"sqlite:///{folder / 'subscribers.db'}"),
        content_path=folder / "content.db",
        key_path=folder / "newsletter.key",
        journal_path=folder / "newsletter.journal",
        dkim_key_path=folder / "dkim.pem",
        review_years=REVIEW_YEARS,
        newsletters=(NewsletterSettings(topics=TOPICS),),
        sources=(SourceSettings(path=path),),
    )
    clock: Clock = SystemClock()
    with open_workplace(settings, clock) as workplace, _web(workplace, port, config):
        yield workplace, base_url


@contextmanager
def _web(workplace: Workplace, port: int, file: Path) -> Iterator[None]:
    # FastAPI takes half a second to import: only this command and `serve` pay for it.
    import uvicorn

    from newsletter.web.app import create_app

    config = web_config(create_app(workplace, config=file), workplace.settings, host="127.0.0.1", port=port)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    for _ in range(200):
        if server.started:
            break
        time.sleep(0.05)
    _expect(server.started, "the web pages did not start")
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def _serve_until_interrupted(story: Story, folder: Path, today: date) -> None:
    clock = build_clock(story.workplace)
    threading.Thread(target=clock.start, daemon=True).start()
    with reading_room(story.inbox) as inbox_url:
        command = f"{_command()} --config {_short(folder / 'newsletter.toml')}"
        console().print(
            f"\nSign up:  {story.base_url}/subscribe"
            f"\nInbox:    {inbox_url}   (your confirmation mail arrives here)"
            f"\nArchive:  {story.base_url}/issues/"
            f"\nConsole:  {_let_in(story)}   (works once: choose a passkey or a password)"
            f"\nSend the next issue from another terminal:  {command} send {today + timedelta(days=2)}"
            "\nCtrl-C ends.",
            markup=False,
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            console().print("\nStopped.")
        finally:
            clock.shutdown(wait=False)


def _let_in(story: Story) -> str:
    """A link that lets whoever watches into the console, with every role."""
    workplace, now = story.workplace, story.workplace.clock.now()
    with workplace.database.write() as connection:
        operator = account.find(connection, _OPERATOR) or account.add(
            connection, _OPERATOR, list(Role), now=now
        )
        return invite(connection, operator, now=now).link(story.base_url)


def _command() -> str:
    local = Path(".venv/bin/newsletter")
    return str(local) if local.exists() else "newsletter"


def _short(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - our own loopback address
        return str(response.read().decode())


def _post(url: str, **fields: str) -> int:
    request = urllib.request.Request(url, urlencode(fields).encode(), method="POST")  # noqa: S310 - as above
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - as above
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


class _HiddenFields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "input" and values.get("type") == "hidden":
            self.fields[values.get("name") or ""] = values.get("value") or ""


def _hidden_fields(page: str) -> dict[str, str]:
    parser = _HiddenFields()
    parser.feed(page)
    return parser.fields
