"""The database: the declarative base, the session, and `transaction()`.

Transactions are opened by routes, jobs, commands and flows, never by services.
"""

import enum
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, wraps
from typing import Any, Final, TypeVar, cast
from uuid import UUID

import orjson
import structlog
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from psycopg2.extensions import STATUS_READY
from sqlalchemy import (
    DDL,
    DateTime,
    Dialect,
    Enum,
    MetaData,
    Row,
    Select,
    Table,
    Uuid,
    event,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, Engine, Result
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from api.kernel import clock
from api.kernel.errors import DomainError
from api.kernel.ids import new_id
from api.platform import prepared
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
    """A datetime with its time zone; raises ValueError for a naive one, which is ambiguous."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """The Python type of a value; pagination cursors are parsed by it."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware datetime unchanged."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a stored datetime needs its time zone")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored datetime in UTC, whatever the time zone of the connection."""
        return None if value is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base class of all tables. Constraint names follow one convention, for migrations."""

    metadata = MetaData(naming_convention=_CONSTRAINT_NAMES)
    type_annotation_map = {  # noqa: RUF012
        datetime: UtcDateTime,
        UUID: Uuid,
        dict[str, Any]: JSONB,
        dict[str, object]: JSONB,
        list[Any]: JSONB,
        list[dict[str, Any]]: JSONB,
        list[dict[str, object]]: JSONB,
        list[str]: JSONB,
    }


class WithId:
    """A row with a time-ordered UUID, which exists before the row is stored."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)


Entity = TypeVar("Entity", bound=WithId)


class Versioned:
    """A row that people edit: each change increments `version`, which is sent as the ETag."""

    version: Mapped[int] = mapped_column(default=1, server_default="1")


class Timestamped:
    """A row with its time of creation."""

    created_at: Mapped[datetime] = mapped_column(default=clock.now)


def named_enum(kind: type[enum.StrEnum], name: str) -> Enum:
    """Return the column type of a StrEnum: text with a named CHECK, extendable by a migration."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )


class ReadWriteSession(FlaskSession):
    """A session that reads in autocommit, without BEGIN and ROLLBACK, outside of a `transaction`.

    That halves the round trips of a page, and no connection idles in a transaction. READ COMMITTED
    gives each statement its own snapshot anyway. Writes need a `transaction`.
    """

    def get_bind(self, *args: Any, **options: Any) -> Engine | Connection:
        """Return the engine, in autocommit while no transaction is open."""
        bound = super().get_bind(*args, **options)
        if self.info.get("in_transaction") or not isinstance(bound, Engine):
            return bound
        return _reading(bound)

    def execute(self, statement: Any, params: Any = None, **options: Any) -> Any:
        """Run a statement; prepared ones go past the ORM."""
        result = self._prepared(statement, params)
        return super().execute(statement, params, **options) if result is None else result

    def scalar(self, statement: Any, params: Any = None, **options: Any) -> Any:
        """Run a statement, and return the first column of its first row."""
        result = self._prepared(statement, params)
        return super().scalar(statement, params, **options) if result is None else result.scalar()

    def scalars(self, statement: Any, params: Any = None, **options: Any) -> Any:
        """Run a statement, and return the first column of its rows."""
        result = self._prepared(statement, params)
        return super().scalars(statement, params, **options) if result is None else result.scalars()

    def _prepared(self, statement: Any, params: object) -> Result[object] | None:
        if not statement.get_execution_options().get("prepared"):
            return None
        self._autoflush()
        # Asked of the session each time: that is what begins the savepoint of a nested transaction.
        return prepared.run(self.connection(), statement, params)


@cache
def _reading(engine: Engine) -> Engine:
    return engine.execution_options(isolation_level="AUTOCOMMIT")


# Models inherit from Base, which is typed; the extension provides the engine and scoped session.
db = SQLAlchemy(
    metadata=Base.metadata, session_options={"class_": ReadWriteSession, "expire_on_commit": False}
)
session = db.session
"""The session of the running request or job."""

BeforeCommit = Callable[[Session], None]
_before_commit: list[BeforeCommit] = []
_after_commit: list[BeforeCommit] = []


def before_commit(step: BeforeCommit) -> BeforeCommit:
    """Register a function that runs before every commit, such as writing the emitted events."""
    _before_commit.append(step)
    return step


def after_commit(step: BeforeCommit) -> BeforeCommit:
    """Register a function that runs after every commit. It must not raise, and may be lost."""
    _after_commit.append(step)
    return step


@contextmanager
def transaction() -> Iterator[Session]:
    """Open the one transaction of a request, a job or a flow step; commit at the end.

    Rolls back when the block raises. Raises RuntimeError when nested: services must not open their
    own. No network call, template or password hashing belongs inside. Objects that were read
    before are loaded again when used: somebody may have changed them since.
    """
    current = session()
    if current.info.get("in_transaction"):
        raise RuntimeError("transactions do not nest: the caller of a service opens them")
    current.rollback()  # returns the connection that earlier reads used in autocommit
    # Otherwise even a row that is locked now would have the values that an earlier step has read.
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
    """Return a model's table, for frequent statements of single columns.

    They bypass the ORM, which costs more than the rest of a small statement. The session does not
    flush before such a statement.
    """
    return cast(Table, model.__table__)


def append_only(table: Table) -> None:
    """Add a trigger that refuses updates and deletes of a table's rows."""
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
    """Return the session inside an open transaction; RuntimeError when the caller opened none."""
    current = session()
    if not current.info.get("in_transaction"):
        raise RuntimeError("a service was called outside of a transaction")
    return current


def lock_entity(
    model: type[Entity], row_id: UUID, missing: DomainError, *, alone: bool = True
) -> Entity:
    """Lock a row until the transaction ends, and return it as it is then. Raises `missing`.

    Unless `alone`, other rows may come to refer to it meanwhile.
    """
    found = require_transaction().scalar(
        select(model)
        .where(model.id == row_id)
        .with_for_update(key_share=not alone)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise missing
    return found


def end_read_transaction() -> None:
    """Release the connection before a network call; RuntimeError inside a transaction."""
    if session().info.get("in_transaction"):
        raise RuntimeError("the network must not be called inside a transaction")
    session.rollback()


def init_app(app: Flask, settings: Settings) -> None:
    """Configure the engine: UTC sessions, JSON by orjson, a statement timeout, short lock waits."""
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
            # A parallel worker takes ten times longer to start than a page of a list to read.
            "options": "-c timezone=utc -c statement_timeout=30000 -c lock_timeout=10000 "
            "-c idle_in_transaction_session_timeout=60000 -c max_parallel_workers_per_gather=0 "
            "-c plan_cache_mode=force_generic_plan",
        },
    }
    db.init_app(app)
    with app.app_context():
        for engine in db.engines.values():
            engine.dialect.set_isolation_level = _set_autocommit  # type: ignore[assignment,method-assign]
            prepared.init_engine(engine)


def _set_autocommit(connection: Any, level: str) -> None:
    """Switch autocommit on or off on the client side only.

    Once a level was set, psycopg2 leaves autocommit by an extra SET, so every page would end with
    one more round trip, and fail in it when the server has just gone.
    """
    if connection.closed:
        return
    if connection.status != STATUS_READY:
        connection.rollback()
    connection.autocommit = level == "AUTOCOMMIT"


View = TypeVar("View", bound=Callable[..., Any])

ATTEMPTS = 5
_DEADLOCK = "40P01"
_PAUSE_SECONDS = 0.05

_log = structlog.get_logger("api.turns")


def retry_on_deadlock(view: View) -> View:
    """Run a view again when PostgreSQL aborted its transaction because of a deadlock.

    Locking rows in one order avoids most deadlocks, but unique values (slugs, SKUs) are locked in
    the order in which rows are inserted, so two bulk writes of the same values can still deadlock.
    For views whose whole effect is one transaction that they open themselves, so that nothing of
    the failed attempt is left. The error of the last attempt is raised.
    """

    @wraps(view)
    def retried(*args: object, **kwargs: object) -> object:
        for attempt in range(1, ATTEMPTS):
            try:
                return view(*args, **kwargs)
            except OperationalError as error:
                if getattr(error.orig, "pgcode", None) != _DEADLOCK:
                    raise
                _log.info("begins_again", attempt=attempt)
            # Random, so that transactions that were aborted together do not collide again.
            time.sleep(random.uniform(0, _PAUSE_SECONDS * attempt))  # noqa: S311 - no secret
        return view(*args, **kwargs)

    return cast(View, retried)
