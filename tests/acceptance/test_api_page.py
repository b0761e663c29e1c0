"""docs/reference/api.md: its examples are run as they stand, and it names all there is."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from newsletter.settings import NewsletterSettings, SiteSettings
from newsletter.subscribers.site import site_secret
from newsletter.web.app import create_app
from newsletter.web.new_subscription import NewSubscription
from newsletter.workflows.workplace import Workplace
from tests.integration.web_site import running

PAGE = Path(__file__).parent.parent.parent / "docs/reference/api.md"
BASE = "https://letter.example.org"
#: Stands in an answer of the page for what differs or would be too long.
ANY = "…"


@pytest.fixture
def clinic(connected: Workplace) -> Workplace:
    """As the page has it: one newsletter, one site."""
    site = SiteSettings(key="clinic", origins=("https://clinic.example.org",))
    told = {"base_url": BASE, "newsletters": (NewsletterSettings(),), "sites": (site,)}
    return replace(connected, settings=connected.settings.model_copy(update=told))


def examples() -> Iterator[tuple[str, int, Any]]:
    """Command, status and answer of each example."""
    text = PAGE.read_text(encoding="utf-8")
    pattern = r"^```console\n\$ (.*?)^```\n\n```json ([0-9]{3})\n(.*?)^```$"
    for command, status, answer in re.findall(pattern, text, re.MULTILINE | re.DOTALL):
        yield command, int(status), json.loads(answer)


def is_as_told(found: Any, told: Any) -> bool:
    """Whether an answer is the one of the page."""
    if told == ANY:
        return True
    if isinstance(told, dict) and isinstance(found, dict):
        is_whole = ANY in told or set(found) == set(told)
        pairs = [(found.get(name), each) for name, each in told.items() if name != ANY]
        return is_whole and all(is_as_told(*pair) for pair in pairs)
    if isinstance(told, list) and isinstance(found, list):
        return len(found) == len(told) and all(map(is_as_told, found, told))
    return bool(found == told)


def test_every_example_is_answered_as_the_page_says(clinic: Workplace) -> None:
    shown = list(examples())
    assert len(shown) == PAGE.read_text(encoding="utf-8").count("$ curl ") == 7
    secret = site_secret(clinic.keyring, "clinic")
    with running(clinic) as url:
        for command, status, told in shown:
            line = command.strip().replace(BASE, url).replace("site_…", secret)
            done = subprocess.run(
                ["bash", "-c", f"{line} -sS -w '\\n%{{http_code}}'"],
                capture_output=True,
                text=True,
                timeout=30,
                check=True,
            )
            answer, _, found_status = done.stdout.rpartition("\n")
            assert int(found_status) == status, command
            assert is_as_told(json.loads(answer), told), answer


def test_every_path_and_every_field_is_in_the_page(clinic: Workplace) -> None:
    text = PAGE.read_text(encoding="utf-8")
    paths = create_app(clinic).openapi()["paths"]
    named = [f"`{method.upper()} {path}`" for path, operations in paths.items() for method in operations]
    assert len(named) == 4
    assert all(each in text for each in named)
    told = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
    assert told == list(dict.fromkeys(told))
    assert set(told) == set(NewSubscription.model_fields)
    statuses = {
        status
        for operations in paths.values()
        for operation in operations.values()
        for status in operation["responses"]
        if status >= "400"
    }
    assert set(re.findall(r"^\| ([0-9]{3}) \|", text, re.MULTILINE)) == statuses
