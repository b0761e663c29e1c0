"""The preflight from the command line: what is wrong, how to mend it, and links that are asked on request."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from newsletter.cli.app import app
from newsletter.content.store import ContentStore
from newsletter.errors import RefusedError
from newsletter.subscribers.token import write_key_file
from tests.integration.article_source import fill
from tests.integration.wordpress_double import WordPressDouble

DAY = "2026-03-03"
Run = Callable[..., Result]


def command_in(folder: Path, settings: str = "") -> Run:
    write_key_file(folder / "newsletter.key")
    config = folder / "newsletter.toml"
    config.write_text(f'{settings}\n[[newsletters]]\nname = "daily"\n', encoding="utf-8")
    fill(folder / "content.db")

    def command(*arguments: str) -> Result:
        result = CliRunner().invoke(app, ["--config", str(config), *arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return command


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return command_in(tmp_path)


def lead_all_links_to(path: Path, url: str) -> None:
    """Give every article of the store this one address, and no other link: tests ask loopback alone."""
    with ContentStore(path) as store:
        for one in store.articles():
            changed = store.get(one.id).model_copy(update={"url": url, "references": ()})
            store.save(changed, seen_at=datetime(2026, 2, 1, tzinfo=UTC))


def checks(result: Result) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in json.loads(result.stdout)["checks"]}


def test_a_fault_is_followed_by_what_mends_it_and_what_is_in_order_is_not(run):
    said = run("check", DAY)
    assert said.exit_code == 0
    lines = said.stdout.splitlines()
    place = next(at for at, line in enumerate(lines) if line.startswith("warn sender: "))
    assert lines[place + 1] == "     → Set sender to an address of your own domain."
    fine = next(at for at, line in enumerate(lines) if line.startswith("ok   headings: "))
    assert not lines[fine + 1].lstrip().startswith("→")


def test_as_json_each_check_has_its_name_level_detail_and_way_to_mend(run):
    found = checks(run("check", DAY, "--json"))
    assert set(found["size"]) == {"name", "level", "detail", "mend"}
    assert found["size"]["mend"] == ""
    assert (found["base_url"]["level"], found["base_url"]["mend"][:13]) == ("warn", "Set base_url ")


def test_a_failure_ends_with_status_1_and_holds_what_would_be_sent(tmp_path):
    run = command_in(tmp_path, 'smtp_url = "smtp://relay.example:587?tls=starttls"')
    assert run("check", DAY).exit_code == 1
    with pytest.raises(RefusedError, match="preflight failed: base_url"):
        run("send", DAY)


def test_links_are_asked_only_on_request(tmp_path):
    with WordPressDouble() as site:
        base = site.url.rstrip("/")
        run = command_in(tmp_path, f'base_url = "{base}"\nfetch_loopback = true')
        lead_all_links_to(tmp_path / "content.db", f"{base}/gout")
        assert checks(run("check", DAY, "--json"))["reachable links"]["level"] == "ok"
        assert site.requests == []
        found = checks(run("check", DAY, "--reach", "--json"))["reachable links"]
        assert found["level"] == "warn"
        assert f"{base}/gout answers 404" in found["detail"]
        assert sorted(site.requests) == ["/gout", f"/issues/daily/{DAY}", "/privacy", "/subscribe"]
