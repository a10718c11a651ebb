"""Alembic on the app's own engine. Schema steps wait three seconds for a lock and then give up."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import text

from api.platform.db import Base, UtcDateTime, db


def _render(kind: str, item: Any, autogen_context: Any) -> Any:
    """Write our own column types as what they are in the database."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def _run() -> None:
    with current_app.app_context(), db.engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '3s'"))
        connection.execute(text("SET statement_timeout = 0"))
        connection.commit()
        # Two hosts that deploy at once: the second waits here and then finds nothing to do.
        connection.execute(text("SELECT pg_advisory_lock(7361)"))
        # The lock is the connection's. Each migration has a transaction of its own, and one that
        # fills many rows may have many: see `autocommit_block`.
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_type=True,
            render_item=_render,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.execute(text("SELECT pg_advisory_unlock(7361)"))
        connection.commit()


_run()
