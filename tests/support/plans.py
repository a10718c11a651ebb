"""Asks the database how it would answer."""

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from api.platform.db import db, session


def plans_of(ask: Callable[[], Any]) -> str:
    """Return the plans of every statement that a question comes to, one below the other."""
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
        for statement, values in said:
            if statement.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE", "INSERT")):
                rows = connection.exec_driver_sql(f"EXPLAIN {statement}", values)
                plans.append("\n".join(row[0] for row in rows))
        connection.rollback()
    return "\n".join(plans)


def tables_read_whole(plan: str) -> set[str]:
    """Name the tables that are read from beginning to end."""
    return set(re.findall(r"Seq Scan on (\w+)", plan))
