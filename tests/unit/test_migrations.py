"""Migrations: what they build is what the code declares."""

from __future__ import annotations

import importlib
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import newsletter
from newsletter.database import SCHEMA_REVISION, Database, metadata

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
