"""Letting people into the console from the command line, and reading what was done."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from newsletter.clock import SystemClock
from newsletter.errors import OperatorError
from newsletter.operators import account, session
from newsletter.operators.invitation import accept, peek
from newsletter.operators.role import Role
from newsletter.operators.session import Means
from newsletter.settings import load_settings
from newsletter.workflows.workplace import open_workplace
from tests.unit.cli.conftest import Run

_TOKEN = re.compile(r"http://127\.0\.0\.1:8000/console/welcome/([\w-]{43})\n")


def lines(run: Run, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("audit", "list", "--json", *arguments).stdout)["lines"]
    return found


def owner(config: Path, token: str) -> str:
    """Whose link it is."""
    with open_workplace(load_settings(config), SystemClock()) as workplace, workplace.database.read() as c:
        return peek(c, token, now=workplace.clock.now()).name


def test_the_first_operator_gets_every_role_and_a_link_that_works(run: Run, config: Path) -> None:
    assert "Nobody may use the console yet" in run("operator", "list").stdout
    said = run("operator", "add", "Ada").stdout
    (token,) = _TOKEN.findall(said)
    assert "For Ada (viewer, editor, clinician, sender, privacy, admin) alone" in said
    assert owner(config, token) == "Ada"
    assert "nothing yet" in run("operator", "list").stdout


def test_others_get_the_roles_that_are_named_and_none_by_themselves(run: Run) -> None:
    run("operator", "add", "Ada")
    made = json.loads(run("operator", "add", "Eve", "--role", "sender", "--role", "editor", "--json").stdout)
    assert (made["name"], made["roles"], made["is_new"]) == ("Eve", ["editor", "sender"], True)
    ends_at = datetime.fromisoformat(made["ends_at"])
    assert timedelta(hours=23) < ends_at - datetime.now(UTC) < timedelta(hours=25)
    with pytest.raises(OperatorError, match="has no role") as error:
        run("operator", "add", "Bob")
    assert "viewer, editor, clinician" in error.value.next_step


def test_a_new_link_is_made_only_when_asked_for_and_replaces_the_old(run: Run, config: Path) -> None:
    (first,) = _TOKEN.findall(run("operator", "add", "Ada").stdout)
    with pytest.raises(OperatorError, match="is there already") as error:
        run("operator", "add", "ADA")
    assert "--again" in error.value.next_step
    said = run("operator", "add", "ada", "--again").stdout
    assert "Ada is there already. This is a new link" in said
    (second,) = _TOKEN.findall(said)
    assert owner(config, second) == "Ada"
    with pytest.raises(OperatorError, match="is not valid"):
        owner(config, first)
    with pytest.raises(OperatorError, match="is not there"):
        run("operator", "add", "nobody", "--again")


def test_disabling_ends_sessions_and_enabling_lets_in_again(run: Run, config: Path) -> None:
    run("operator", "add", "Ada")
    with open_workplace(load_settings(config), SystemClock()) as workplace:
        now = workplace.clock.now()
        with workplace.database.write() as connection:
            ada = account.find(connection, "Ada")
            assert ada
            token = session.begin(connection, ada, means=Means.PASSWORD, now=now).token
        assert "sessions are over" in run("operator", "disable", "ada").stdout
        with workplace.database.read() as connection:
            assert session.find(connection, token, now=now) is None
    assert "disabled" in run("operator", "list").stdout
    assert json.loads(run("operator", "enable", "ada", "--json").stdout)["is_disabled"] is False
    with pytest.raises(OperatorError, match="is not there"):
        run("operator", "disable", "nobody")


def test_the_list_tells_by_what_each_signs_in(run: Run, config: Path) -> None:
    (token,) = _TOKEN.findall(run("operator", "add", "Ada").stdout)
    with open_workplace(load_settings(config), SystemClock()) as workplace:
        now = workplace.clock.now()
        with workplace.database.write() as connection:
            ada = accept(connection, token, now=now)
            account.set_password(connection, ada, "a hash", now=now)
    (row,) = json.loads(run("operator", "list", "--json").stdout)["operators"]
    assert (row["name"], row["roles"]) == ("Ada", list(Role))
    assert (row["has_password"], row["has_codes"], row["passkeys"]) == (True, False, 0)


def test_what_the_command_line_does_is_written_down_without_an_address(run: Run) -> None:
    run("operator", "add", "Ada")
    run("subscribers", "add", "reader@example.org")
    run("subscribers", "suppress", "other@example.org")
    run("subscribers", "export")
    run("subscribers", "erase", "reader@example.org", "--yes")
    found = lines(run)
    assert [one["act"] for one in found] == ["erase", "export", "suppress", "add operator"]
    assert {one["operator"] for one in found} == {"command line"}
    assert found[0]["subject"] == "reader 1"
    assert "example.org" not in json.dumps(found)


def test_decisions_are_written_down_with_their_number(run: Run) -> None:
    run("decide", "list")
    run("skip", "2026-03-03")
    run("decide", "undo", "1")
    undone, skipped = lines(run)
    assert (skipped["act"], skipped["subject"]) == ("skip", "daily 2026-03-03")
    assert skipped["detail"]["decision"] == 1
    assert (undone["act"], undone["detail"]["decided"]) == ("undo", "skip")
    assert [one["act"] for one in lines(run, "--act", "skip")] == ["skip"]
    assert [one["id"] for one in lines(run, "--before", "2")] == [1]
    assert "command line: skip, daily 2026-03-03  decided=skip decision=1" in run("audit", "list").stdout


def test_an_audit_that_was_changed_is_told_by_verify_and_by_the_doctor(run: Run, config: Path) -> None:
    assert run("audit", "list").stdout == "no lines\n"
    for name in ("Ada", "Eve"):
        run("operator", "add", name, "--role", "admin")
    sound = json.loads(run("audit", "verify", "--json").stdout)
    assert (sound["lines"], sound["is_sound"], len(sound["end"])) == (2, True, 64)
    assert "2 lines, all as they were written" in run("audit", "verify").stdout
    checks = {one["name"]: one for one in json.loads(run("doctor", "--json").stdout)["checks"]}
    assert checks["audit"]["detail"] == "2 line(s), all as they were written"
    with (
        open_workplace(load_settings(config), SystemClock()) as workplace,
        workplace.database.write() as connection,
    ):
        connection.execute(text("DROP TRIGGER audit_lines_stay_as_they_are"))
        connection.execute(text("UPDATE audit_lines SET operator = 'somebody' WHERE id = 1"))
    assert "line 1 is not what was written" in run("audit", "verify", status=1).stderr
    broken = json.loads(run("doctor", "--json", status=1).stdout)["checks"]
    assert [one["level"] for one in broken if one["name"] == "audit"] == ["fail"]
