"""Migrations: what they build is what the code declares."""

from __future__ import annotations

import importlib
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import newsletter
from newsletter.database import SCHEMA_REVISION, Database, metadata
from newsletter.delivery.issue_count import issue_count

PACKAGE = Path(newsletter.__file__).parent


def modules_with_tables() -> list[str]:
    """Every module that puts a table on our MetaData, found by reading: a new one cannot be forgotten."""
    return sorted(
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for path in PACKAGE.rglob("*.py")
        if "migrations" not in path.parts and "metadata," in path.read_text(encoding="utf-8")
    )


def test_the_migrations_build_exactly_the_tables_that_the_code_declares(database: Database):
    for module in modules_with_tables():
        importlib.import_module(module)
    assert {"issues", "editions", "subscribers", "deliveries"} <= set(metadata.tables)
    with database.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_the_schema_revision_in_the_code_is_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(PACKAGE / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [SCHEMA_REVISION]


def test_an_upgraded_database_says_which_revision_it_has(database: Database):
    with database.read() as connection:
        assert MigrationContext.configure(connection).get_current_heads() == (SCHEMA_REVISION,)


def test_the_count_of_an_issue_is_made_once_of_what_is_there_and_of_what_was_folded(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    config = Config()
    config.set_main_option("script_location", str(PACKAGE / "migrations"))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0008")
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        for statement in (
            (
                "INSERT INTO issues (id, newsletter, issued_on, state, document, composed_at) "
                "VALUES (7, 'daily', '2026-03-03', 'sent', '{}', '2026-03-03 06:00:00')"
            ),
            "INSERT INTO delivery_totals VALUES (7, 'accepted', 40), (7, 'skipped', 2)",
        ):
            connection.execute(text(statement))
        deliveries = [("accepted", 1), ("accepted", 2), ("bounced", 3)]
        for state, subscription in deliveries:
            connection.execute(
                text(
                    "INSERT INTO deliveries "
                    "(issue_id, subscription_id, state, attempts, queued_at, changed_at) "
                    "VALUES (7, :subscription, :state, 1, '2026-03-03 06:00:00', '2026-03-03 06:00:00')"
                ),
                {"state": state, "subscription": subscription},
            )
        command.upgrade(config, "head")
        found = issue_count(connection, 7)
        connection.execute(text("DELETE FROM deliveries"))
    database.close()
    assert {state: number for state, number in found.items() if number} == {
        "accepted": 42, "bounced": 1, "skipped": 2
    }  # fmt: skip
