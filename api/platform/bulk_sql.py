"""Many rows of one table at once: new ones by COPY, changed ones in one statement for all.

That is a fifth of the work of writing them one by one. Nothing here knows what the rows mean.
Constraints are checked as always, and what they refuse is raised as SQLAlchemy raises it.
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
"""Up to so many rows are inserted as ever: they are not worth the ceremony."""

_ESCAPES = (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"))
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def bulk_insert(table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns; a column that they leave out has its default.

    Raises what the database refuses as IntegrityError, or as what else SQLAlchemy calls it.
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
    session.flush()  # what the rows point at may still be waiting to be written
    connection = session.connection()
    raw = connection.connection.driver_connection
    assert raw is not None
    with raw.cursor() as cursor:
        # Whoever listens to what is said to the database hears of this too.
        for told in connection.dispatch.before_cursor_execute:
            told(connection, cursor, statement, {}, None, False)
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
    """Change rows, each named by its `id`; one statement for all that name the same columns.

    Whoever changes the same rows waits: they are locked by the caller, in their order.
    """
    alike: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        alike.setdefault(tuple(sorted(row)), []).append(row)
    for names, same in alike.items():
        require_transaction().execute(
            _change(table, names), {"rows": orjson.dumps(same, default=_told).decode()}
        )


def any_of(column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """Compare with a whole list as one value: a thousand of them are still one parameter."""
    kind = column.type
    if not isinstance(kind, Uuid):
        kind = Text()
    return cast(ColumnElement[bool], column == any_(literal(list(values), ARRAY(kind))))


def _change(table: Table, names: Sequence[str]) -> TextClause:
    kinds = ", ".join(f'"{name}" {table.c[name].type.compile(_DIALECT)}' for name in names)
    changes = ", ".join(f'"{name}" = said."{name}"' for name in names if name != "id")
    return text(
        f'UPDATE "{table.name}" SET {changes}'  # noqa: S608 - our own names
        f" FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS said ({kinds})"
        f' WHERE "{table.name}".id = said.id'
    )


def _told(value: Any) -> Any:
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
    """Write rows in the text form of COPY."""
    writers = [_writer(column) for column in columns]
    makers = [make for _, make in defaults]
    known = list(zip(names, writers, strict=False))
    added = list(zip(makers, writers[len(names) :], strict=True))
    lines = []
    for row in rows:
        cells = []
        for name, write in known:
            value = row[name]
            cells.append("\\N" if value is None else write(value))
        for make, write in added:
            value = make()
            cells.append("\\N" if value is None else write(value))
        lines.append("\t".join(cells))
    lines.append("")
    return "\n".join(lines)


def _defaults(table: Table, names: Sequence[str]) -> list[tuple[Column[Any], Callable[[], Any]]]:
    """Return the columns that rows leave out and what makes their values in Python."""
    found: list[tuple[Column[Any], Callable[[], Any]]] = []
    for column in table.columns:
        default = column.default
        if default is None or column.name in names:
            continue
        value: Any = cast(Any, default).arg
        if default.is_callable:
            found.append((column, partial(value, None)))
        elif default.is_scalar:
            found.append((column, partial(_itself, value)))
    return found


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
    # A line end is written as two characters already.
    return orjson.dumps(value).decode().replace("\\", "\\\\")


def _array(values: Sequence[Any]) -> str:
    return f"{{{','.join(map(str, values))}}}"


def _plain(value: str) -> str:
    # Four looks for what hardly any cell has are cheaper than one at each of its characters.
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
