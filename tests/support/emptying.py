"""Makes the tests' Postgres and Redis as they were at the beginning."""

from sqlalchemy import Connection, text

from api.accounts.roles import Role
from api.platform.db import Base, db
from api.platform.redis import client

_made: set[tuple[str, ...]] = set()


def empty_everything() -> None:
    """Delete all rows in one round trip; replica mode lets append-only tables be emptied too.

    By a function of the database: it plans the deletes once for each connection, where statements
    would be planned anew for each test.
    """
    tables = tuple(table.name for table in Base.metadata.sorted_tables)
    made = (str(db.engine.url), *tables)
    with db.engine.begin() as connection:
        if made not in _made:
            _make(connection, tables)
        connection.execute(text("SELECT tests.empty_everything()"))
    _made.add(made)
    client().flushdb()


def _make(connection: Connection, tables: tuple[str, ...]) -> None:
    """Write the function, in a schema of its own, for the tables that there are now."""
    deletes = " ".join(f'DELETE FROM public."{name}";' for name in tables)
    # The migrations bring these; they are part of a shop that has just been opened.
    built_in = ", ".join(f"(gen_random_uuid(), '{role}', now())" for role in Role)
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS tests"))
    connection.execute(
        text(
            "CREATE OR REPLACE FUNCTION tests.empty_everything() RETURNS void LANGUAGE plpgsql"
            " SET session_replication_role = replica AS $$ BEGIN"
            f" {deletes} INSERT INTO public.staff_roles (id, name, created_at) VALUES {built_in};"
            " END $$"
        )
    )
