"""Bulk writes to one table: inserts by COPY, updates in one statement for all rows.

That costs a fifth of writing them one by one. Constraints are checked as usual, and violations are
raised as SQLAlchemy's own errors.
"""

import io
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from enum import Enum as PythonEnum
from functools import lru_cache, partial
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
    bindparam,
    insert,
    literal,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.elements import TextClause

from api.platform.db import Base, require_transaction, table_of
from api.platform.prepared import prepared

FEW = 8
"""Up to so many rows are inserted by INSERT: COPY would not be faster."""

_ESCAPES = (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"))
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def bulk_insert(table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows that all have the same columns; missing columns get their defaults.

    Needs a transaction. Raises `IntegrityError`, or another SQLAlchemy error, for what the database
    refuses.
    """
    if not rows:
        return
    session = require_transaction()
    names = list(rows[0])
    if len(rows) <= FEW:
        _insert_few(table, rows)
        return
    if not all(_is_copied(table.c[name]) for name in names):
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


def insert_new(objects: Sequence[Base]) -> None:
    """Insert new objects of one class at once; they count as read afterwards.

    Only their own columns: what they refer to exists already. The unit of work of the ORM would
    take longer than all statements of a checkout together. Needs a transaction.
    """
    table = table_of(type(objects[0]))
    for one in objects:
        for column, make in _defaults(table, one.__dict__):
            set_committed_value(one, column.name, make())
        for column in table.columns:
            if column.server_default is None and column.name not in one.__dict__:
                set_committed_value(one, column.name, None)
    names = [column.name for column in table.columns if column.name in objects[0].__dict__]
    _insert_few(table, [{name: one.__dict__[name] for name in names} for one in objects])
    for one in objects:
        make_transient_to_detached(one)


def _insert_few(table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows by one prepared statement."""
    names = tuple(rows[0])
    defaults = _defaults(table, names)
    values = {f"{name}_{at}": row[name] for at, row in enumerate(rows) for name in names}
    for column, make in defaults:
        values |= {f"{column.name}_{at}": make() for at in range(len(rows))}
    columns = (*names, *(column.name for column, _ in defaults))
    require_transaction().execute(_insert(table, columns, len(rows)), values)


@lru_cache(maxsize=256)
def _insert(table: Table, names: Sequence[str], count: int) -> Insert:
    rows = [
        {name: bindparam(f"{name}_{at}", type_=table.c[name].type) for name in names}
        for at in range(count)
    ]
    return prepared(insert(table).values(rows if count > 1 else rows[0]))


def bulk_update(table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Update rows by their `id`; one statement for all rows with the same columns.

    Needs a transaction. The caller locks the rows first, in the order of their ids.
    """
    by_columns: dict[tuple[str, ...], list[Mapping[str, object]]] = {}
    for row in rows:
        by_columns.setdefault(tuple(sorted(row)), []).append(row)
    for names, same in by_columns.items():
        require_transaction().execute(
            _update(table, names), {"rows": orjson.dumps(same, default=_enum_value).decode()}
        )


def any_of(column: Any, values: Collection[object]) -> ColumnElement[bool]:
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


def _enum_value(value: object) -> Any:
    if isinstance(value, PythonEnum):
        return value.value
    raise TypeError(f"{type(value).__name__} cannot be written")


def _is_copied(column: Column[object]) -> bool:
    kind = column.type
    if isinstance(kind, ARRAY):
        return kind.item_type.python_type in (int, UUID)
    return not isinstance(kind, LargeBinary | Numeric) or kind.python_type is int


def _text(
    rows: Sequence[Mapping[str, object]],
    names: Sequence[str],
    columns: Sequence[Column[object]],
    defaults: Sequence[tuple[Column[object], Callable[[], object]]],
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


def _defaults(
    table: Table, names: Collection[str]
) -> list[tuple[Column[object], Callable[[], object]]]:
    """Return the columns that rows leave out, each with the function that makes its default."""
    defaults: list[tuple[Column[object], Callable[[], object]]] = []
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


def _itself(value: object) -> object:
    return value


def _writer(column: Column[object]) -> Callable[[Any], str]:
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


def _json(value: object) -> str:
    # JSON has escaped line ends already.
    return orjson.dumps(value).decode().replace("\\", "\\\\")


def _array(values: Sequence[object]) -> str:
    return f"{{{','.join(map(str, values))}}}"


def _plain(value: str) -> str:
    # Four searches for what hardly any cell contains are cheaper than a scan of each character.
    for mark, written in _ESCAPES:
        if mark in value:
            value = value.replace(mark, written)
    return value


def _enumerated(value: object) -> str:
    return str(value.value if isinstance(value, PythonEnum) else value)


def _truth(value: bool) -> str:
    return "t" if value else "f"


_WRITERS: dict[type[Any], Callable[[Any], str]] = {
    str: _plain,
    bool: _truth,
    int: str,
    UUID: attrgetter("hex"),  # half the work of writing it with dashes
}
