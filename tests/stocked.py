"""A workplace in a folder with many readers and a composed issue, to be copied and sent by real processes."""

from __future__ import annotations

import quopri
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

from newsletter.clock import SystemClock
from newsletter.issues import store as issue_store
from newsletter.rendering import store as edition_store
from newsletter.rendering.edition import Edition
from newsletter.settings import Settings, load_settings
from newsletter.subscribers.token import write_key_file
from newsletter.workflows.compose import compose
from newsletter.workflows.workplace import open_workplace
from tests.benchmarks import readers
from tests.integration.article_source import fill

_HOLE = re.compile(r"@@[A-Z]+@@")
_PADDING = "<p>Nothing here is true of anybody; it is as long as the letters that people are sent.</p>\n"
#: Octets of a message beside its two parts: header lines and the lines between parts, about.
_AROUND = 1_500


def stock(folder: Path, day: date, *, count: int, octets: int, is_begun: bool = False) -> None:
    """Settings, key, *count* active readers and the issue of *day*, whose messages have about *octets*.

    The issue is composed as ever; then its frozen edition is filled up, or cut down to its holes. That would
    not pass preflight again: *is_begun* leaves the issue as if its sender had died before any reader's turn.
    """
    folder.mkdir(parents=True)
    write_key_file(folder / "newsletter.key")
    fill(folder / "content.db")
    configure(folder, port=25)
    readers.fill(f"sqlite:///{folder / 'subscribers.db'}", count=count, topics=False)
    settings = load_settings(folder / "newsletter.toml")
    with open_workplace(settings, SystemClock()) as workplace:
        newsletter = settings.newsletter()
        stored = compose(workplace, newsletter, day)
        with workplace.database.write() as connection:
            found = issue_store.find(connection, newsletter.name, stored.issue.issued_on)
            assert found is not None
            edition = edition_store.find(connection, found.id)
            assert edition is not None
            edition_store.remove(connection, found.id)
            edition_store.add(
                connection,
                found.id,
                edition_store.pack(sized(edition, octets)),
                language=newsletter.language,
                rendered_at=workplace.clock.now(),
            )
            if is_begun:
                issue_store.start(connection, found.id, started_at=workplace.clock.now())
        assert workplace.database.truncate_log()


def configure(folder: Path, *, port: int, connections: int | None = None, more: str = "") -> None:
    """Write the settings: a relay at *port*, and so many connections to it, where that can be set."""
    lines = [f'smtp_url = "smtp://127.0.0.1:{port}"']
    if connections is not None and "connections" in Settings.model_fields:
        lines.append(f"connections = {connections}")
    text = "\n".join([*lines, more, '[[newsletters]]\nname = "daily"\n'])
    (folder / "newsletter.toml").write_text(text, encoding="utf-8")


def sized(edition: Edition, octets: int) -> Edition:
    """*edition* with as much text as makes a message of about *octets*, or with hardly anything but holes."""
    missing = octets - _AROUND - _on_the_wire(edition.html) - _on_the_wire(edition.text)
    if missing < 0:
        return replace(edition, html=_bare(edition.html, "<p>{}</p>"), text=_bare(edition.text, "{}"))
    head, end, tail = edition.html.rpartition("</body>")
    return replace(edition, html=head + _PADDING * (missing // _on_the_wire(_PADDING)) + end + tail)


def _bare(part: str, line: str) -> str:
    return "".join(line.format(hole) + "\n" for hole in _HOLE.findall(part))


def _on_the_wire(part: str) -> int:
    return len(quopri.encodestring(part.encode()).replace(b"\n", b"\r\n"))
