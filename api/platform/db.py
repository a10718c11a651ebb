"""The database: one declarative base, one session, and transactions that only the edge opens."""

import enum
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, cast
from uuid import UUID

import orjson
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from psycopg2.extensions import STATUS_READY
from sqlalchemy import DDL, DateTime, Dialect, Enum, MetaData, Row, Select, Table, Uuid, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from api.kernel import clock
from api.kernel.ids import new_id
from api.platform.settings import Settings

_CONSTRAINT_NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


AnyRow = Row[*tuple[Any, ...]]
"""A row of columns, read by name."""

AnySelect = Select[*tuple[Any, ...]]
"""A query for such rows."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment with its time zone; refuses a naive one, because nobody knows what it means."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What a value of it is in Python; cursors are read back by it."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Let an aware moment pass."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a stored moment needs its time zone")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored moment in UTC, whatever zone the connection speaks of."""
        return None if value is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every table of the shop. Constraint names follow one convention, so migrations can speak."""

    metadata = MetaData(naming_convention=_CONSTRAINT_NAMES)
    type_annotation_map = {  # noqa: RUF012
        datetime: UtcDateTime,
        UUID: Uuid,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        list[dict[str, Any]]: JSONB,
        list[str]: JSONB,
    }


class WithId:
    """A row named by us with a time-ordered id before it is stored."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)


class Versioned:
    """A row that people edit: each change raises `version`, which travels as the ETag."""

    version: Mapped[int] = mapped_column(default=1, server_default="1")


class Timestamped:
    """A row that remembers when it came to be."""

    created_at: Mapped[datetime] = mapped_column(default=clock.now)


def named_enum(kind: type[enum.StrEnum], name: str) -> Enum:
    """Store a StrEnum by its value with a named CHECK: values can be added by a migration."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )


class ReadWriteSession(FlaskSession):
    """Reads outside of a transaction go out one by one, without BEGIN before and ROLLBACK after.

    That halves the round trips of a page, and nothing idles in a transaction. READ COMMITTED gives
    each statement a view of its own anyway. What writes opens a `transaction`.
    """

    def get_bind(self, *args: Any, **options: Any) -> Engine | Connection:
        """Return the engine, in autocommit while no transaction is open."""
        bound = super().get_bind(*args, **options)
        if self.info.get("in_transaction") or not isinstance(bound, Engine):
            return bound
        return _reading(bound)


@cache
def _reading(engine: Engine) -> Engine:
    return engine.execution_options(isolation_level="AUTOCOMMIT")


# Models descend from Base, which is typed; the extension lends the engine and the scoped session.
db = SQLAlchemy(
    metadata=Base.metadata, session_options={"class_": ReadWriteSession, "expire_on_commit": False}
)
session = db.session
"""The session of the running request or job."""

BeforeCommit = Callable[[Session], None]
_before_commit: list[BeforeCommit] = []
_after_commit: list[BeforeCommit] = []


def before_commit(step: BeforeCommit) -> BeforeCommit:
    """Register what every transaction does last, such as writing the facts that it collected."""
    _before_commit.append(step)
    return step


def after_commit(step: BeforeCommit) -> BeforeCommit:
    """Register what follows every commit. It may be lost and must not raise: the deed is done."""
    _after_commit.append(step)
    return step


@contextmanager
def transaction() -> Iterator[Session]:
    """Open the one transaction of a request, a job or a flow step; commit at the end.

    Rolls back when the block raises. Refuses to nest: a service that opened its own could not be
    part of a larger whole. No network, template or password hashing belongs inside. What was read
    before is read again when it is needed: another one may have changed it since.
    """
    current = session()
    if current.info.get("in_transaction"):
        raise RuntimeError("transactions belong to the edge and do not nest")
    current.rollback()  # gives back the connection that earlier reads used in autocommit
    # Else even a row that is locked now would be the one that an earlier step remembers.
    current.expire_all()
    current.info["in_transaction"] = True
    try:
        yield current
        for step in _before_commit:
            step(current)
        current.commit()
        for step in _after_commit:
            step(current)
    except BaseException:
        current.rollback()
        raise
    finally:
        current.info.clear()


def table_of(model: type[Base]) -> Table:
    """Return a model's table, for hot statements of columns.

    Written with the table they pass the ORM by, whose part costs more than all the rest of a small
    statement. What the session still has to write is not written before such a one.
    """
    return cast(Table, model.__table__)


def append_only(table: Table) -> None:
    """Forbid the database itself to change or delete rows of a table: history is only added to."""
    for statement in append_only_ddl(table.name):
        event.listen(table, "after_create", DDL(statement))  # type: ignore[no-untyped-call]


def append_only_ddl(table: str) -> tuple[str, str]:
    """Return the statements that make a table append-only; migrations run the same ones."""
    return (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME; END $$",
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    )


def require_transaction() -> Session:
    """Return the session inside an open transaction; RuntimeError when the edge opened none."""
    current = session()
    if not current.info.get("in_transaction"):
        raise RuntimeError("a service was called outside of a transaction")
    return current


def end_read_transaction() -> None:
    """End the read-only transaction: no connection may idle in one while the network is slow."""
    if session().info.get("in_transaction"):
        raise RuntimeError("the network must not be called inside a transaction")
    session.rollback()


def init_app(app: Flask, settings: Settings) -> None:
    """Connect the app: UTC sessions, JSON by orjson, a statement timeout, short lock waits."""
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "json_serializer": lambda value: orjson.dumps(value).decode(),
        "json_deserializer": orjson.loads,
        "pool_size": settings.database_pool_size,
        "max_overflow": settings.database_pool_size,
        "pool_timeout": 5,
        "pool_recycle": 1800,
        "hide_parameters": True,  # names and addresses stay out of tracebacks
        "connect_args": {
            "application_name": "stockroom",
            "connect_timeout": 5,
            "options": "-c timezone=utc -c statement_timeout=30000 -c lock_timeout=10000 "
            "-c idle_in_transaction_session_timeout=60000",
        },
    }
    db.init_app(app)
    with app.app_context():
        for engine in db.engines.values():
            engine.dialect.set_isolation_level = _set_autocommit  # type: ignore[assignment,method-assign]


def _set_autocommit(connection: Any, level: str) -> None:
    """Let each statement be its own transaction, or not; nothing is said to the server.

    psycopg2 takes the way back from autocommit by a SET of its own once a level was named, so
    every page would end with one more round trip, and fail in it when the server has just gone.
    """
    if connection.closed:
        return
    if connection.status != STATUS_READY:
        connection.rollback()
    connection.autocommit = level == "AUTOCOMMIT"
