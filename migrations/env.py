"""Alembic on the app's own engine: one upgrade at a time, and never a fight over a lock.

Each migration says in `phase` whether it only adds ("expand") or takes something away or demands
something new ("contract"), and a contracting one says in `compatible_from` which is the oldest
revision of the code that still runs on its schema. The database keeps that beside its revision, so
that older code, which does not know the newer migrations, can tell whether it may run.

It names nothing of the shop but `db` and its models: `make test-upgrade` runs older code with it.
"""

import sys
import time
from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from api.platform.db import Base, UtcDateTime, db

ONE_AT_A_TIME = 7361  # the advisory lock of whoever upgrades
LOOK_AGAIN_SECONDS = 0.5


def _render(kind: str, item: Any, autogen_context: Any) -> Any:
    """Write our own column types as what they are in the database."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def _run() -> None:
    with current_app.app_context(), _owner().connect() as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.commit()
        _wait_for_the_turn(connection)
        # A step of the schema waits three seconds for a lock and then gives up, rather than let
        # all of the shop wait behind it.
        connection.execute(text("SET lock_timeout = '3s'"))
        connection.commit()
        if not _is_newer_and_compatible(connection):
            context.configure(
                connection=connection,
                target_metadata=Base.metadata,
                compare_type=True,
                render_item=_render,
                # A migration that fills many rows may have many transactions all the same: see
                # `autocommit_block`.
                transaction_per_migration=True,
                on_version_apply=_note_compatibility,
            )
            with context.begin_transaction():
                context.run_migrations()
            _let_the_shop_in(connection)
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ONE_AT_A_TIME})
        connection.commit()


def _owner() -> Engine:
    """Return the engine of whoever owns the tables, where the shop itself may not change them."""
    url = getattr(current_app.extensions.get("stockroom_settings"), "database_owner_url", "")
    return create_engine(url, poolclass=NullPool) if url else db.engine


def _let_the_shop_in(connection: Connection) -> None:
    """Let the shop's role read and write rows, and no more: it changes no table.

    What is append-only by trigger is so by right as well: a trigger can be switched off.
    """
    role = db.engine.url.username
    if role is None or role == connection.engine.url.username:
        return
    quoted = connection.dialect.identifier_preparer.quote(role)
    _make_the_role(connection, role, quoted)
    history = connection.scalars(
        text(
            "SELECT tgrelid::regclass::text FROM pg_trigger"
            " WHERE tgname LIKE '%\\_append\\_only' AND NOT tgisinternal"
        )
    ).all()
    tables = "ALL TABLES IN SCHEMA public"
    rights = [
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {quoted}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {quoted}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {quoted}",
        *(f"REVOKE UPDATE, DELETE ON {table} FROM {quoted}" for table in history),
    ]
    if connection.dialect.server_version_info >= (17,):  # type: ignore[operator]
        rights.append(f"GRANT MAINTAIN ON {tables} TO {quoted}")  # the statistics of the planner
    for right in rights:
        connection.execute(text(right))
    connection.commit()


def _make_the_role(connection: Connection, role: str, quoted: str) -> None:
    """Make the shop's role where there is none, and let it in by the password that it comes with.

    It may make databases, as the proof of a backup needs one; the shop's own is not its own. An
    owner that may make no roles finds one made by the administrator, or ends with a sentence.
    """
    password = db.engine.url.password
    found = connection.execute(
        text(
            "SELECT rolsuper, rolcreaterole, to_regrole(:quoted) IS NOT NULL FROM pg_roles"
            " WHERE rolname = current_user"
        ),
        {"quoted": quoted},
    )
    is_superuser, makes_roles, is_there = found.one()
    if not is_there and not (is_superuser or makes_roles):
        sys.exit(
            f"PostgreSQL has no role {role}, which DATABASE_URL names, and the owner may not make "
            f"one. As the administrator of PostgreSQL: createuser --pwprompt {role}"
        )
    if not is_there:
        connection.execute(text(f"CREATE ROLE {quoted} LOGIN CREATEDB"))
    if password is not None and (is_superuser or not is_there):
        connection.execute(text(f"ALTER ROLE {quoted} PASSWORD :it"), {"it": str(password)})


def _wait_for_the_turn(connection: Connection) -> None:
    """Wait for as long as another host upgrades; then there is nothing left to do.

    By asking again and again: whoever waits inside a statement keeps a snapshot, and an index that
    the other one builds concurrently would wait for that one in turn.
    """
    has_told = False
    ask = text("SELECT pg_try_advisory_lock(:key)")
    while not connection.scalar(ask, {"key": ONE_AT_A_TIME}):
        connection.commit()
        if not has_told:
            sys.stderr.write("Another host upgrades the database; waiting for it.\n")
            has_told = True
        time.sleep(LOOK_AGAIN_SECONDS)
    connection.commit()


def _is_newer_and_compatible(connection: Connection) -> bool:
    """Say whether newer code has upgraded this database and left it fit for ours; tell so.

    `sys.exit` with a sentence when it is not fit. A revision that we know is no affair of this.
    """
    if not connection.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL")):
        connection.commit()
        return False
    row = connection.scalar(text("SELECT to_jsonb(v) FROM alembic_version v")) or {}
    connection.commit()
    ours = context.script.get_current_head()
    found, oldest = row.get("version_num"), row.get("compatible_from")
    if found is None or found in {one.revision for one in context.script.walk_revisions()}:
        return False
    if oldest is None or ours is None or oldest > ours:
        sys.exit(
            f"The database stands at migration {found}, which needs code that knows migration "
            f"{oldest or found}; this code knows {ours} at most. Deploy a newer release, or "
            "restore a backup of before (docs/backup.md)."
        )
    sys.stderr.write(
        f"The database stands at migration {found}, which is newer than this code ({ours}) and "
        "compatible with it: nothing to do.\n"
    )
    return True


def _note_compatibility(*, ctx: Any, heads: set[str], **_: Any) -> None:
    """Write down, in the migration's own transaction, the oldest code that its schema bears."""
    oldest = None
    for head in heads:
        for one in context.script.iterate_revisions(head, "base"):
            if getattr(one.module, "phase", None) == "contract":
                oldest = max(oldest or "", one.module.compatible_from)
    ctx.connection.execute(
        text("ALTER TABLE alembic_version ADD COLUMN IF NOT EXISTS compatible_from varchar(32)")
    )
    ctx.connection.execute(text("UPDATE alembic_version SET compatible_from = :it"), {"it": oldest})


_run()
