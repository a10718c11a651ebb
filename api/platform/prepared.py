"""Statements whose plan each connection keeps, and that are compiled once for each process.

Postgres plans a statement anew each time it comes; the lines of a cart take four times as long to
plan as to read. A `prepared` statement is sent with its values alone after the first time on a
connection, and after some runs Postgres plans it no more. That suits statements that find rows by
a key, whose best plan does not depend on the values.

Behind a pooler such as PgBouncer, which may hand every transaction another connection, they are
sent as all others are: what one transaction has prepared would be unknown to the next.

A session runs them past the ORM and past SQLAlchemy's own execution, which take longer than the
round trip.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import md5
from typing import Any, Final, TypeVar

import psycopg2
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, Result
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.sql import Executable
from sqlalchemy.sql.dml import Insert

Statement = TypeVar("Statement", bound=Executable)
_PARAMETER = re.compile(r"%\((\w+)\)s|%%")
_NOTHING: Final = SimpleResultMetaData(())


def prepared(statement: Statement) -> Statement:
    """Have a statement prepared by each connection that runs it. Build it once, at the import.

    Its plan is one for any value (`plan_cache_mode`), so values that a partial index depends on,
    and limits, must be constants in it.
    """
    return statement.execution_options(prepared=True)


def init_engine(engine: Engine) -> None:
    """Let an engine prepare statements."""
    event.listen(engine, "connect", _allow_when_direct)
    event.listen(engine, "do_execute", _execute)


@dataclass(slots=True)
class _Compiled:
    """A statement as text, and how values go in and come out."""

    text: str
    values: tuple[tuple[str, str, Any, Any], ...]
    """Of each parameter: its name, that of its value, what converts it, and its own value."""
    columns: Any
    metadata: SimpleResultMetaData | None = None


def run(connection: Connection, statement: Executable, values: object) -> Result[object] | None:
    """Run a prepared statement; None leaves it to SQLAlchemy, as with many sets of values."""
    given = {} if values is None else values
    if not isinstance(given, dict):
        return None
    names = tuple(given) if isinstance(statement, Insert) else ()
    compiled = _compiled(statement, connection.dialect, names)
    if compiled is None:
        return None
    bound = {
        name: given.get(key, own) if convert is None else convert(given.get(key, own))
        for name, key, convert, own in compiled.values
    }
    raw = connection.connection
    cursor: Any = raw.cursor()
    for listener in connection.dispatch.before_cursor_execute:
        listener(connection, cursor, compiled.text, bound, None, False)
    try:
        if not _send(cursor, compiled.text, bound, raw.info):
            cursor.execute(compiled.text, bound)
        told = cursor.description
        rows = cursor.fetchall() if told else ()
    except psycopg2.Error as error:
        connection._handle_dbapi_exception(error, compiled.text, bound, cursor, None)
    cursor.close()
    if compiled.metadata is None:
        compiled.metadata = _metadata(compiled, told, connection.dialect)
    return IteratorResult(compiled.metadata, iter(rows))


_REQUIRED: Final = object()


@lru_cache(maxsize=1_024)
def _compiled(statement: Any, dialect: Dialect, names: tuple[str, ...]) -> _Compiled | None:
    """Compile a statement; None when it needs more of SQLAlchemy: values, lists, objects."""
    if statement.is_dml and statement._propagate_attrs:
        return None
    if any(isinstance(one["expr"], type) for one in getattr(statement, "column_descriptions", ())):
        return None
    made = statement.compile(dialect=dialect, column_keys=list(names) or None)
    if made.insert_prefetch or made.update_prefetch or made.post_compile_params:
        return None
    if made.literal_execute_params or made.escaped_bind_names:
        return None
    sent, values = made.string, []
    for parameter, name in made.bind_names.items():
        if parameter.unique and isinstance(parameter.value, int | str):
            # A constant: the plan knows it, and it is not sent each time.
            constant = made.render_literal_value(parameter.value, parameter.type)
            sent = sent.replace(f"%({name})s", constant)
            continue
        own = _REQUIRED if parameter.required else parameter.effective_value
        values.append((name, parameter.key, made._bind_processors.get(name), own))
    return _Compiled(sent, tuple(values), made._result_columns)


def _metadata(compiled: _Compiled, told: Any, dialect: Dialect) -> SimpleResultMetaData:
    """Name the columns of the rows, and say how each value is converted."""
    if told is None:
        return _NOTHING
    if len(compiled.columns) != len(told):  # the statement was written as text
        return SimpleResultMetaData([column.name for column in told])
    return SimpleResultMetaData(
        [column.keyname for column in compiled.columns],
        _processors=[
            column.type._cached_result_processor(dialect, of.type_code)
            for column, of in zip(compiled.columns, told, strict=True)
        ],
    )


def _allow_when_direct(connection: Any, record: Any) -> None:
    """Allow prepared statements where the other end is Postgres: a pooler invents its own pid."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    connection.rollback()
    if backend == connection.get_backend_pid():
        record.info["prepared"] = set()


def _execute(cursor: object, statement: str, values: object, context: Any) -> bool:
    """Send a statement of SQLAlchemy as prepared; False leaves that to SQLAlchemy."""
    if not context.execution_options.get("prepared"):
        return False
    return _send(cursor, statement, values, context.root_connection.info)


def _send(cursor: Any, statement: str, values: object, info: Any) -> bool:
    """Send a statement as prepared; False where the connection allows none."""
    known = info.get("prepared")
    if known is None:
        return False
    name, prepare, execute = _texts(statement)
    if name not in known:
        cursor.execute(prepare)  # stays when the transaction is rolled back
        known.add(name)
    cursor.execute(execute, values)
    return True


@cache
def _texts(statement: str) -> tuple[str, str, str]:
    """Return the name of a statement, and how it is prepared and executed."""
    names: list[str] = []

    def numbered(found: re.Match[str]) -> str:
        name = found.group(1)
        if name is None:
            return "%"
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    text = _PARAMETER.sub(numbered, statement)
    called = f"s_{md5(text.encode(), usedforsecurity=False).hexdigest()}"
    values = ", ".join(f"%({name})s" for name in names)
    return (
        called,
        f"PREPARE {called} AS {text}",
        f"EXECUTE {called}" + (f" ({values})" if values else ""),
    )
