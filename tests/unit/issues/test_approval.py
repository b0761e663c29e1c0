"""Whose word an issue waits for, and who counts as one person."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from newsletter.database import Database
from newsletter.issues import approval
from newsletter.issues.approval import Approver, is_enough, missing

EDITOR = Approver("ada", 1, ("editor",))
CLINICIAN = Approver("grace", 2, ("clinician",))
EITHER = Approver("mary", 3, ("editor", "clinician"))
SHELL = Approver("root")
NOW = datetime(2026, 3, 3, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "given", "lacking"),
    [
        ("off", [], ()),
        ("one", [], ("anybody",)),
        ("one", [EDITOR], ()),
        ("one", [Approver("boss", 4, ())], ()),
        ("two", [], ("editor", "clinician")),
        ("two", [EDITOR], ("clinician",)),
        ("two", [CLINICIAN], ("editor",)),
        ("two", [EITHER], ("editor", "clinician")),
        ("two", [EDITOR, Approver("bob", 5, ("editor",))], ("clinician",)),
        ("two", [EDITOR, CLINICIAN], ()),
        ("two", [EITHER, EDITOR], ()),
        ("two", [EITHER, CLINICIAN], ()),
        ("two", [SHELL], ("editor", "clinician")),
        ("two", [SHELL, Approver("someone else")], ("editor", "clinician")),
        ("two", [SHELL, EDITOR], ()),
        ("two", [Approver("Mary"), EITHER], ("editor", "clinician")),
    ],
)
def test_an_issue_waits_for_whom_the_settings_ask_for(asked, given, lacking):
    assert missing(asked, given) == lacking
    assert is_enough(asked, given) is (lacking == ())


def test_one_person_approves_once_and_only_what_there_was(database: Database):
    def give(by: Approver, sha256: str) -> None:
        with database.write() as connection:
            approval.add(
                connection,
                issue_id=1,
                newsletter="daily",
                issued_on=date(2026, 3, 3),
                by=by,
                sha256=sha256,
                approved_at=NOW,
            )

    for by, sha256 in ((EDITOR, "a"), (EDITOR, "a"), (CLINICIAN, "a"), (EDITOR, "b")):
        give(by, sha256)
    with database.write() as connection:
        assert [one.by for one in approval.in_force(connection, 1, "a")] == [EDITOR, CLINICIAN]
        assert [one.by for one in approval.in_force(connection, 1, "b")] == [EDITOR]
        assert approval.in_force(connection, 2, "a") == []
        approval.void(connection, 1)
        assert approval.in_force(connection, 1, "a") == []
        kept = approval.of_day(connection, "daily", date(2026, 3, 3))
    assert [(one.by.name, one.approved_at, one.is_void) for one in kept] == [
        ("ada", NOW, True), ("grace", NOW, True), ("ada", NOW, True),
    ]  # fmt: skip
