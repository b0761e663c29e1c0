"""What an operator sees of domains that are sent less, and does about it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.clock import SystemClock
from newsletter.delivery.fault_server import FaultServer
from newsletter.delivery.pace import Pace
from newsletter.errors import DeliveryError
from newsletter.settings import load_settings
from newsletter.workflows.workplace import Workplace, open_workplace
from tests.integration.article_source import fill
from tests.unit.cli.audit_lines import lines_of
from tests.unit.cli.conftest import Run

DAY = "2026-03-03"


def hear(workplace: Workplace, domain: str, *, ago: timedelta) -> None:
    now = workplace.clock.now() - ago
    with workplace.database.write() as connection:
        Pace(workplace.settings).heard(connection, domain, code=421, status="4.7.28", now=now)


def compose_for(run: Run, folder: Path, addresses: list[str]) -> None:
    """The issue of DAY is composed for these readers, and may go out."""
    fill(folder / "content.db")
    (folder / "readers.csv").write_text("\n".join(["email", *addresses, ""]), encoding="utf-8")
    run("subscribers", "import", str(folder / "readers.csv"), "--basis", "asked on paper", "--yes")
    run("hold", DAY)
    run("approve", DAY)


@pytest.fixture
def slowed(config: Path) -> Path:
    """gmail.example is held now, mail.example was half an hour ago."""
    with open_workplace(load_settings(config), SystemClock()) as workplace:
        hear(workplace, "gmail.example", ago=timedelta(minutes=1))
        hear(workplace, "xn--bcher-kva.example", ago=timedelta(minutes=30))
    return config


@pytest.mark.usefixtures("slowed")
def test_domains_that_are_sent_less_are_listed_with_until_when_and_why(run: Run) -> None:
    held, after = run("pace", "list").stdout.splitlines()
    assert "gmail.example" in held
    assert "held until" in held
    assert "421 4.7.28: sent too fast" in held
    assert "1 at a time" in after
    found = json.loads(run("pace", "list", "--json").stdout)
    assert [one["domain"] for one in found["domains"]] == ["gmail.example", "xn--bcher-kva.example"]
    assert found["warm_up"] is None


def test_nothing_is_said_of_domains_that_are_not_slowed_down(run: Run) -> None:
    assert run("pace", "list").stdout == "No domain is sent less.\n"


@pytest.mark.usefixtures("slowed")
def test_a_domain_is_released_however_it_is_written_and_others_stay(run: Run, config: Path) -> None:
    assert "sent to as before" in run("pace", "release", "Gmail.example").stdout
    assert json.loads(run("pace", "release", "Bücher.example", "--json").stdout) == {
        "released": "xn--bcher-kva.example"
    }
    assert run("pace", "list").stdout == "No domain is sent less.\n"
    released = ["domain xn--bcher-kva.example", "domain gmail.example"]
    assert lines_of(config, "release domain") == released


def test_what_was_put_back_for_a_released_domain_is_sent_by_the_next_send(
    run: Run, config: Path, tmp_path: Path
) -> None:
    compose_for(run, tmp_path, ["ada@gmail.example", "eva@gmail.example"])
    with open_workplace(load_settings(config), SystemClock()) as workplace:
        hear(workplace, "gmail.example", ago=timedelta(minutes=1))
    with FaultServer() as server:
        config.write_text(f'smtp_url = "{server.url}"\n', encoding="utf-8")
        held = run("send", DAY, status=1).stdout
        assert "2 queued" in held
        assert "the rest waits until" in held
        assert "(why: newsletter pace list)" in held
        run("pace", "release", "gmail.example")
        assert "2 of them were sent now" in run("send", DAY).stdout


def test_a_send_under_warm_up_says_until_when_the_rest_waits(run: Run, config: Path, tmp_path: Path) -> None:
    compose_for(run, tmp_path, ["ada@a.example", "eva@b.example", "ida@c.example"])
    today = SystemClock().now().date()
    with FaultServer() as server:
        config.write_text(
            f'smtp_url = "{server.url}"\nwarm_up = [2, 50]\nwarm_up_from = {today}\n', encoding="utf-8"
        )
        said = run("send", DAY, status=1).stdout
        midnight = f"the rest waits until {today + timedelta(days=1)} 00:00 UTC (why: newsletter pace list)"
        assert "1 queued, 2 accepted" in " ".join(said.split())
        assert midnight in said
        assert midnight in run("deliveries", DAY).stdout


@pytest.mark.parametrize("domain", ["mail.example", "ada@gmail.example", "ä b"])
def test_a_domain_that_is_not_slowed_down_is_not_released(run: Run, domain: str) -> None:
    with pytest.raises(DeliveryError, match="is not sent less") as error:
        run("pace", "release", domain)
    assert "newsletter pace list" in error.value.next_step


def test_the_warm_up_number_of_the_day_is_shown_with_what_was_sent(run: Run, config: Path) -> None:
    today = SystemClock().now().date()
    more = f"warm_up = [50, 50]\nwarm_up_from = {today}\n"
    config.write_text(config.read_text(encoding="utf-8") + more, encoding="utf-8")
    with (
        open_workplace(load_settings(config), SystemClock()) as workplace,
        workplace.database.write() as connection,
    ):
        Pace(workplace.settings).sent(connection, 7, workplace.clock.now())
    assert "Warm-up: 7 of 50 messages sent today (UTC)." in run("pace", "list").stdout
    assert json.loads(run("pace", "list", "--json").stdout)["warm_up"] == {"number": 50, "sent": 7}
