"""Prepared statements: planned once for each connection, and never behind a pooler."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import (
    Connection,
    Engine,
    Integer,
    bindparam,
    create_engine,
    literal,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.exc import DataError

from api.orders.models import Order
from api.platform import prepared
from api.platform.db import session, transaction
from api.platform.settings import Settings

KEPT = text("SELECT count(*), sum(generic_plans + custom_plans) FROM pg_prepared_statements")
SUM = prepared.prepared(text("SELECT CAST(:a AS int) + CAST(:a AS int), '5 %'"))


@contextmanager
def engine_of(url: Any) -> Iterator[Engine]:
    """Open an engine of one connection that prepares statements."""
    engine = create_engine(url, pool_size=1, max_overflow=0)
    prepared.init_engine(engine)
    yield engine
    engine.dispose()


def test_each_connection_prepares_a_statement_once_and_keeps_it(settings: Settings) -> None:
    with engine_of(settings.database_url) as engine:
        for value in (2, 3):
            with engine.connect() as connection:
                assert connection.execute(SUM, {"a": value}).one() == (2 * value, "5 %")
                connection.rollback()
        with engine.connect() as connection:
            assert connection.execute(KEPT).one() == (1, 2)
            connection.invalidate()
        with engine.connect() as connection:
            assert connection.execute(SUM, {"a": 4}).one() == (8, "5 %")
            assert connection.execute(KEPT).one() == (1, 1)


def test_other_statements_are_sent_as_they_are(settings: Settings) -> None:
    with engine_of(settings.database_url) as engine, engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
        assert connection.execute(KEPT).one() == (0, None)


def test_behind_a_pooler_nothing_is_prepared(settings: Settings) -> None:
    with (
        pooler(settings.database_url) as url,
        engine_of(url) as engine,
        engine.connect() as connection,
    ):
        assert connection.execute(SUM, {"a": 2}).one() == (4, "5 %")
        assert sum_of(connection, 3) == (6, "5 %")
        assert connection.execute(KEPT).one() == (0, None)


def sum_of(connection: Connection, value: object) -> object:
    """Run the sum past SQLAlchemy's own execution."""
    result = prepared.run(connection, SUM, {"a": value})
    assert result is not None
    return result.one()


def test_what_runs_past_sqlalchemy_shares_the_plan_and_refuses_alike(settings: Settings) -> None:
    with engine_of(settings.database_url) as engine, engine.connect() as connection:
        assert connection.execute(SUM, {"a": 2}).one() == (4, "5 %")
        assert sum_of(connection, 3) == (6, "5 %")
        assert connection.execute(KEPT).one() == (1, 2)
        with pytest.raises(DataError):
            sum_of(connection, "five")
        connection.rollback()
        assert sum_of(connection, 4) == (8, "5 %")


def test_constants_are_part_of_a_statement_whose_first_plan_is_kept(app: Flask) -> None:
    given = bindparam("a", type_=Integer)
    statement = prepared.prepared(select(given + 1, literal("5 % of it's sum")).limit(1))

    assert session.execute(statement, {"a": 2}).all() == [(3, "5 % of it's sum")]
    kept = text(
        "SELECT cardinality(parameter_types), generic_plans, custom_plans"
        " FROM pg_prepared_statements WHERE statement LIKE '%5 \\% of it%'"
    )
    assert session.execute(kept).all() == [(1, 1, 0)]


def test_statements_of_the_orm_are_left_to_it(settings: Settings) -> None:
    with engine_of(settings.database_url) as engine, engine.connect() as connection:
        assert prepared.run(connection, prepared.prepared(select(Order)), None) is None
        ended = prepared.prepared(update(Order).values(email="nobody@example.test"))
        assert prepared.run(connection, ended, None) is None


@contextmanager
def pooler(database_url: str) -> Iterator[Any]:
    """Stand between as PgBouncer does: what it tells of the server's process is its own."""
    there = make_url(database_url)
    door = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve, args=(door, there.host, there.port), daemon=True).start()
    plain = {"sslmode": "disable", "gssencmode": "disable"}
    yield there.set(port=door.getsockname()[1]).update_query_dict(plain)
    door.close()


def _serve(door: socket.socket, host: str, port: int) -> None:
    with suppress(OSError):
        while True:
            client, _ = door.accept()
            server = socket.create_connection((host, port))
            for way in ((client, server, False), (server, client, True)):
                threading.Thread(target=_pass_on, args=way, daemon=True).start()


def _pass_on(source: socket.socket, to: socket.socket, is_server: bool) -> None:
    begins = b"K" + (12).to_bytes(4)
    with suppress(OSError), to:
        while got := source.recv(65536):
            at = got.find(begins) if is_server else -1
            if at >= 0:
                got = got[: at + 5] + b"\x7f\xff\xff\xff" + got[at + 9 :]
                is_server = False
            to.sendall(got)


def test_a_savepoint_takes_back_what_a_prepared_statement_wrote(app: Flask) -> None:
    """The session begins it when it is asked for its connection."""
    write = prepared.prepared(
        text("INSERT INTO traits (kind, key, label) VALUES ('tag', :key, :key) RETURNING id")
    )
    with transaction():
        session.execute(write, {"key": "kept"})
        nested = session.begin_nested()
        session.execute(write, {"key": "taken back"})
        nested.rollback()

    assert session.scalars(text("SELECT key FROM traits")).all() == ["kept"]
