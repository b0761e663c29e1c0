"""How to set the pace: the settings of the page are taken, its commands run, its table is the code's."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from newsletter.clock import SystemClock
from newsletter.delivery.pace import Pace, warm_up_number
from newsletter.delivery.slowdown import SIGNS, why_slower
from newsletter.settings import load_settings
from newsletter.subscribers.token import write_key_file
from newsletter.workflows.workplace import open_workplace
from tests.acceptance.test_change_the_look import run
from tests.acceptance.test_documentation import ROOT, commands_of

PAGE = ROOT / "docs/how-to/set-the-pace.md"
TEXT = PAGE.read_text(encoding="utf-8")
_TOML = re.compile(r"```toml\n(.*?)```", re.DOTALL)
_ROW = re.compile(r"^\| ([^|]*\d[^|]*) \| ([^|]*) \| [^|]* \|$", re.MULTILINE)


@pytest.fixture
def followed(tmp_path: Path) -> Path:
    """A folder with the settings of the page; gmail.com has just asked for less."""
    limits, warm_up = _TOML.findall(TEXT)
    (tmp_path / "newsletter.toml").write_text(warm_up + limits, encoding="utf-8")
    write_key_file(tmp_path / "newsletter.key")
    with (
        open_workplace(load_settings(tmp_path / "newsletter.toml"), SystemClock()) as workplace,
        workplace.database.write() as connection,
    ):
        pace, now = Pace(workplace.settings), workplace.clock.now()
        pace.heard(connection, "gmail.com", code=421, status="4.7.28", now=now)
    return tmp_path


def test_the_commands_of_the_page_do_what_it_says(followed: Path) -> None:
    look, release = commands_of(PAGE)
    assert "gmail.com" in run(followed, *look.split())
    run(followed, *release.split())
    assert "No domain is sent less" in run(followed, *look.split())
    run(followed, *release.split(), status=1)


def test_the_settings_of_the_page_mean_what_it_says(followed: Path) -> None:
    settings = load_settings(followed / "newsletter.toml")
    assert settings.messages_per_second == 1000 / 50
    assert settings.domain_rates[0].per_minute == 60 * 1000 / 200
    first = settings.warm_up_from
    assert first == date(2026, 3, 2)
    days = [datetime(2026, 3, day, 12, tzinfo=UTC) for day in range(1, 11)]
    numbers = [warm_up_number(settings, day) for day in days]
    assert numbers == [None, *settings.warm_up, None]
    assert all(
        later <= 2 * earlier for earlier, later in zip(settings.warm_up, settings.warm_up[1:], strict=False)
    )


def test_the_table_of_the_page_is_that_of_the_program() -> None:
    rows = {means: reply for reply, means in _ROW.findall(TEXT)}
    assert set(rows) == {sign.means for sign in SIGNS if sign.means}
    for code, status, means in (
        (550, "5.7.28", "sent too fast"),
        (451, "4.7.40", "slowed, as the sender is not authenticated"),
        (450, "4.7.650", "server busy, or the sender's address is rate limited"),
        (421, "4.7.0", "refused for now by its policy"),
        (454, "4.3.2", "takes no mail at the moment"),
        (452, "4.4.5", "congested"),
        (421, "", "not available"),
        (451, "4.7.1", ""),
        (450, "4.2.1", ""),
        (421, "4.4.2", ""),
    ):
        assert why_slower(code, status) == means
