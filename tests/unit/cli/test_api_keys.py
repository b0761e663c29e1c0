"""`newsletter keys api`."""

from __future__ import annotations

import json

import pytest

from newsletter.errors import RefusedError
from tests.unit.cli.conftest import Run


def test_a_key_is_shown_once_listed_by_its_beginning_and_taken_back(run: Run) -> None:
    assert "keys api add" in run("keys", "api", "list").stdout
    made = json.loads(run("keys", "api", "add", "Practice software", "--site", "default", "--json").stdout)
    listed = run("keys", "api", "list").stdout
    assert "Practice" in listed
    assert "sign-up" in listed
    assert made["key"] not in listed
    (row,) = json.loads(run("keys", "api", "list", "--json").stdout)
    assert made["key"].startswith(row["beginning"])
    assert set(row) == {
        "id", "name", "beginning", "scope", "site", "newsletter", "made_at", "used_on", "revoked_at"
    }  # fmt: skip
    assert "good for nothing" in run("keys", "api", "revoke", str(made["id"])).stdout
    assert "revoked" in run("keys", "api", "list").stdout


def test_a_key_is_printed_alone_so_that_it_can_be_piped(run: Run) -> None:
    first, *_ = run("keys", "api", "add", "x", "--site", "default", "--scope", "read").stdout.splitlines()
    assert first.startswith("nlkey_")


def test_a_number_that_is_not_there_is_refused(run: Run) -> None:
    with pytest.raises(RefusedError, match="newsletter keys api list"):
        run("keys", "api", "revoke", "7")
