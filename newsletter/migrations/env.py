"""Alembic's door: runs on the connection that Database.upgrade hands over."""

from __future__ import annotations

from alembic import context

from newsletter.database import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
