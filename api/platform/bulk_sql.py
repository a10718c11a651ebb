"""Bulk writes to one table: inserts by COPY, updates in one statement for all rows.

That costs a fifth of writing them one by one. Constraints are checked as usual, and violations are
raised as SQLAlchemy's own errors.
"""

import io
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from enum import Enum as PythonEnum
from functools import partial
from operator import attrgetter
from typing import Any, cast
from uuid import UUID

import orjson
import psycopg2
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    DateTime,
    Enum,
    LargeBinary,
    Numeric,
    Table,
    Text,
    Uuid,
    any_,
    insert,
    literal,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import TextClause

from api.platform.db import require_transaction

FEW = 8
"""Up to so many rows are inserted by INSERT: COPY would not be faster."""

_ESCAPES = (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"))
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def bulk_insert(table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns; missing columns get their defaults.

    Needs a transaction. Raises `IntegrityError`, or another SQLAlchemy error, for what the database
    refuses.
    """
    if not rows:
        return
    session = require_transaction()
    names = list(rows[0])
    if len(rows) <= FEW or not all(_is_copied(table.c[name]) for name in names):
        session.execute(insert(table), list(rows))
        return
    defaults = _defaults(table, names)
    columns = [table.c[name] for name in names] + [column for column, _ in defaults]
    text = _text(rows, names, columns, defaults)
    listed = ", ".join(f'"{column.name}"' for column in columns)
    statement = f'COPY "{table.name}" ({listed}) FROM STDIN'
    session.flush()  # the rows may refer to objects that are not written yet
    connection = session.connection()
    raw = connection.connection.driver_connection
    assert raw is not None
    with raw.cursor() as cursor:
        # COPY bypasses SQLAlchemy: listeners to statements must be called here.
        for listener in connection.dispatch.before_cursor_execute:
            listener(connection, cursor, statement, {}, None, False)
        try:
            cursor.copy_expert(statement, io.StringIO(text))
        except psycopg2.Error as refused:
            raise cast(
                DBAPIError,
                DBAPIError.instance(
                    statement, None, refused, psycopg2.Error, dialect=connection.dialect
                ),
            ) from refused


def bulk_update(table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Update rows by their `id`; one statement for all rows with the same columns.

    Needs a transaction. The caller locks the rows first, in the order of their ids.
    """
    by_columns: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        by_columns.setdefault(tuple(sorted(row)), []).append(row)
    for names, same in by_columns.items():
        require_transaction().execute(
            _update(table, names), {"rows": orjson.dumps(same, default=_enum_value).decode()}
        )


def any_of(column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """Return `column = ANY(values)`: a list of a thousand values is one parameter."""
    kind = column.type
    if not isinstance(kind, Uuid):
        kind = Text()
    return cast(ColumnElement[bool], column == any_(literal(list(values), ARRAY(kind))))


def _update(table: Table, names: Sequence[str]) -> TextClause:
    types = ", ".join(f'"{name}" {table.c[name].type.compile(_DIALECT)}' for name in names)
    changes = ", ".join(f'"{name}" = new."{name}"' for name in names if name != "id")
    return text(
        f'UPDATE "{table.name}" SET {changes}'  # noqa: S608 - our own names
        f" FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new ({types})"
        f' WHERE "{table.name}".id = new.id'
    )


def _enum_value(value: Any) -> Any:
    if isinstance(value, PythonEnum):
        return value.value
    raise TypeError(f"{type(value).__name__} cannot be written")


def _is_copied(column: Column[Any]) -> bool:
    kind = column.type
    if isinstance(kind, ARRAY):
        return kind.item_type.python_type in (int, UUID)
    return not isinstance(kind, LargeBinary | Numeric) or kind.python_type is int


def _text(
    rows: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    columns: Sequence[Column[Any]],
    defaults: Sequence[tuple[Column[Any], Callable[[], Any]]],
) -> str:
    """Format rows in the text format of COPY."""
    writers = [_writer(column) for column in columns]
    makers = [make for _, make in defaults]
    present = list(zip(names, writers, strict=False))
    added = list(zip(makers, writers[len(names) :], strict=True))
    lines = []
    for row in rows:
        cells = []
        for name, write in present:
            value = row[name]
            cells.append("\\N" if value is None else write(value))
        for make, write in added:
            value = make()
            cells.append("\\N" if value is None else write(value))
        lines.append("\t".join(cells))
    lines.append("")
    return "\n".join(lines)


def _defaults(table: Table, names: Sequence[str]) -> list[tuple[Column[Any], Callable[[], Any]]]:
    """Return the columns that rows leave out, each with the function that makes its default."""
    defaults: list[tuple[Column[Any], Callable[[], Any]]] = []
    for column in table.columns:
        default = column.default
        if default is None or column.name in names:
            continue
        value: Any = cast(Any, default).arg
        if default.is_callable:
            defaults.append((column, partial(value, None)))
        elif default.is_scalar:
            defaults.append((column, partial(_itself, value)))
    return defaults


def _itself(value: Any) -> Any:
    return value


def _writer(column: Column[Any]) -> Callable[[Any], str]:
    kind = column.type
    if isinstance(kind, JSONB):
        return _json
    if isinstance(kind, Enum):
        return _enumerated
    if isinstance(kind, ARRAY):
        return _array
    if isinstance(kind, DateTime) or kind.python_type is datetime:
        return datetime.isoformat
    return _WRITERS.get(kind.python_type, str)


def _json(value: Any) -> str:
    # JSON has escaped line ends already.
    return orjson.dumps(value).decode().replace("\\", "\\\\")


def _array(values: Sequence[Any]) -> str:
    return f"{{{','.join(map(str, values))}}}"


def _plain(value: str) -> str:
    # Four searches for what hardly any cell contains are cheaper than a scan of each character.
    for mark, written in _ESCAPES:
        if mark in value:
            value = value.replace(mark, written)
    return value


def _enumerated(value: Any) -> str:
    return str(value.value if isinstance(value, PythonEnum) else value)


def _truth(value: bool) -> str:
    return "t" if value else "f"


_WRITERS: dict[type[Any], Callable[[Any], str]] = {
    str: _plain,
    bool: _truth,
    int: str,
    UUID: attrgetter("hex"),  # half the work of writing it with dashes
}
