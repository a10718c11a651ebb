#!/usr/bin/env bash
# SQLAlchemy 2.1.9: `session.begin_nested()` sends no SAVEPOINT. That is sent when the session is next
# asked for its connection, so a statement on a `Connection` that was kept from before still belongs
# to the outer transaction, and `nested.rollback()` leaves what it wrote.
# A good guess: it begins where `begin_nested()` is called, as that of a connection does.
# Met where statements went past the ORM on a connection kept for the whole transaction
# (api/platform/db.py; tests/platform/test_prepared.py has the test).
set -euo pipefail
VERSION=2.1.9
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "sqlalchemy==$VERSION"
"$folder/venv/bin/python" - <<'PYTHON'
from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session

engine = create_engine("sqlite://")


@event.listens_for(engine, "connect")
def _own_transactions(connection, _record):
    connection.isolation_level = None  # as SQLAlchemy's documentation has it for savepoints in SQLite


@event.listens_for(engine, "begin")
def _begin(connection):
    connection.exec_driver_sql("BEGIN")


begun = []
event.listen(engine, "savepoint", lambda _connection, name: begun.append(name))


def kept(asks_again: bool) -> list[str]:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS rows"))
        connection.execute(text("CREATE TABLE rows (name TEXT)"))
    begun.clear()
    with Session(engine) as session, session.begin():
        connection = session.connection()
        nested = session.begin_nested()
        at_once = len(begun)
        if asks_again:
            connection = session.connection()
        connection.execute(text("INSERT INTO rows VALUES ('written within')"))
        nested.rollback()
        assert at_once == 0, begun
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT name FROM rows")))


with_kept, with_asked = kept(asks_again=False), kept(asks_again=True)
print("after begin_nested(): no SAVEPOINT yet")
print("rows after the rollback, on the kept connection:", with_kept)
print("rows after the rollback, on the session's connection:", with_asked)
assert with_kept == ["written within"], with_kept
assert with_asked == [], with_asked
PYTHON
