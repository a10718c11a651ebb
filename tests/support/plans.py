"""Asks the database how it would answer."""

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import event, text

from api.platform.db import Base, db, session, transaction


def plans_of(ask: Callable[[], Any], *, only_without_index: bool = False) -> str:
    """Return the plans of every statement that a question comes to, one below the other.

    `only_without_index`: tables are read whole where no index serves, however few rows they have.
    """
    said: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, _x: Any, _many: bool) -> None:
        said.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    session.rollback()
    plans = []
    with db.engine.connect() as connection:
        if only_without_index:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, values in said:
            if statement.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE", "INSERT")):
                rows = connection.exec_driver_sql(f"EXPLAIN {statement}", values)
                plans.append("\n".join(row[0] for row in rows))
        connection.rollback()
    return "\n".join(plans)


def copied(table: str, row_id: Any, times: int, **cells: str) -> None:
    """Copy a row many times and let the database look at its tables.

    A new id is given; `cells` say what else differs, as SQL with the number of the copy in `n`.
    """
    cells = {"id": "gen_random_uuid()", **cells}
    with transaction():
        names = session.scalars(
            text(
                "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(:table)"
                " AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
            ),
            {"table": table},
        ).all()
        values = ", ".join(cells.get(name, f'"{name}"') for name in names)
        listed = ", ".join(f'"{name}"' for name in names)
        session.execute(
            text(
                f"INSERT INTO {table} ({listed}) SELECT {values}"
                f" FROM {table}, generate_series(1, :times) AS n WHERE id = :id"
            ),
            {"id": row_id, "times": times},
        )
    with db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(f"ANALYZE {table}"))
    session.rollback()


def refresh_statistics(*tables: str) -> None:
    """Rebuild these tables, or all, and let the database count them: as in a shop filled once.

    Rows that earlier tests deleted leave pages in an index, and the planner chooses by pages:
    without rebuilding, a plan depends on which tests ran before.
    """
    session.rollback()
    known = tables or [table.name for table in Base.metadata.sorted_tables]
    names = ", ".join(f'"{name}"' for name in known)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"VACUUM (FULL) {names}"))
        # Rebuilding marks no page as seen by all, which index-only scans need: a second look does.
        connection.execute(text(f"VACUUM (ANALYZE) {names}"))


def tables_read_whole(plan: str) -> set[str]:
    """Name the tables that are read from beginning to end."""
    return set(re.findall(r"Seq Scan on (\w+)", plan))
