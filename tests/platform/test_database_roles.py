"""The shop's own role sells and refunds, and changes neither a table nor history."""

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg2
import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from api.app import create_app
from api.platform.db import db, session, transaction
from api.platform.settings import Settings
from tests.architecture.test_migrations import MIGRATIONS, shop_on
from tests.support.contract import ContractClient
from tests.support.gateway import ScriptedGateway
from tests.support.mailer import RecordingMailer
from tests.support.shop import Shop
from tests.support.stack import Postgres

HISTORY = ("stock_movements", "price_history", "order_entries", "payment_events", "audit_log")


@pytest.fixture
def two_roles(
    app: Flask,
    postgres: Postgres,
    settings: Settings,
    gateway: ScriptedGateway,
    mailer: RecordingMailer,
) -> Iterator[Flask]:
    """A shop whose tables belong to one role, and that runs as another."""
    admin = psycopg2.connect(postgres.url("postgres"))
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute("CREATE ROLE shop_owner LOGIN PASSWORD 'owner'")
        cursor.execute("CREATE ROLE shop_app LOGIN PASSWORD 'app'")
        cursor.execute("CREATE DATABASE two_roles OWNER shop_owner")
    address = make_url(postgres.url("two_roles")).set(drivername="postgresql+psycopg2")

    def as_role(name: str) -> str:
        url = address.set(username=f"shop_{name}", password=name)
        return url.render_as_string(hide_password=False)

    changed = dataclasses.replace(
        settings, database_url=as_role("app"), database_owner_url=as_role("owner")
    )
    shop = create_app(changed, mailer=mailer, gateway=gateway)
    shop.test_client_class = ContractClient
    try:
        with shop.app_context():
            upgrade(directory=str(MIGRATIONS))
            yield shop
            session.remove()
            db.engine.dispose()
    finally:
        with admin.cursor() as cursor:
            cursor.execute("DROP DATABASE two_roles WITH (FORCE)")
            cursor.execute("DROP ROLE shop_app")
            cursor.execute("DROP ROLE shop_owner")
        admin.close()


def refused(statement: str) -> bool:
    """Whether the database refuses a statement for want of the right, and not by a trigger."""
    try:
        with transaction():
            session.execute(text(statement))
    except ProgrammingError as denied:
        return "permission denied" in str(denied.orig) or "must be owner" in str(denied.orig)
    return False


def test_the_shop_sells_as_a_role_that_changes_no_table(
    two_roles: Flask, gateway: ScriptedGateway, mailer: RecordingMailer
) -> None:
    shop = Shop(two_roles, gateway, mailer).opens()
    shop.sells("MUG", 7)
    order = shop.an_order(MUG=2)
    answer = shop.staff().cancels(order)
    assert answer.status_code == 200, answer.json

    for table in HISTORY:
        assert session.scalar(text(f"SELECT count(*) FROM {table}")) is not None
        assert refused(f"UPDATE {table} SET id = id"), table
        assert refused(f"DELETE FROM {table}"), table
        assert refused(f"TRUNCATE {table}"), table
        assert refused(f"ALTER TABLE {table} DISABLE TRIGGER USER"), table
    assert refused("CREATE TABLE mine (id int)")
    assert refused("DROP TABLE orders")
    assert refused("ALTER TABLE orders ADD COLUMN mine int")
    assert refused("UPDATE alembic_version SET version_num = '0001'")
    assert session.scalar(text("SELECT count(*) FROM orders")) == 1


@pytest.fixture
def one_role(postgres: Postgres, settings: Settings) -> Iterator[str]:
    """A database of an older release, whose tables belong to the only role that there is."""
    url = postgres.fresh_database()
    with shop_on(url, settings):
        upgrade(directory=str(MIGRATIONS))
    yield url
    postgres.drop_database(url)
    with psycopg2.connect(postgres.url("postgres")) as admin, admin.cursor() as cursor:
        cursor.execute("DROP ROLE IF EXISTS second, may_little")
    admin.close()


def migrated(owner: str, shop: str) -> subprocess.CompletedProcess[str]:
    """Start a host, as far as the database goes."""
    environment = {
        **{"PATH": os.environ["PATH"], "STOCKROOM_ENV": "development"},
        **{"DATABASE_URL": shop, "DATABASE_OWNER_URL": owner, "REDIS_URL": "redis://127.0.0.1:1"},
    }
    command = [sys.executable, "-m", "api.migrate"]
    return subprocess.run(
        command, cwd=MIGRATIONS.parent, env=environment, capture_output=True, text=True, check=False
    )


def as_user(url: str, name: str, password: str) -> str:
    """Return the address for somebody else."""
    return make_url(url).set(username=name, password=password).render_as_string(False)


def test_a_start_makes_the_second_role_of_a_shop_that_had_one(one_role: str) -> None:
    for password in ("p'w:d%40 1", "another"):
        shop = as_user(one_role, "second", password)
        for expected in ("", "nothing to do"):
            done = migrated(one_role, shop)
            assert done.returncode == 0, done.stderr
            assert expected in done.stdout
        with psycopg2.connect(shop) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM orders")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute("CREATE TABLE mine (id int)")
        connection.close()
    away = migrated(as_user(one_role, "nobody", "x"), as_user(one_role, "second", "wrong"))
    assert away.returncode == 1
    assert "The database does not answer" in away.stderr


def test_an_owner_that_may_make_no_role_says_who_must(one_role: str) -> None:
    with psycopg2.connect(one_role) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE ROLE may_little LOGIN PASSWORD 'little'")
        cursor.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO may_little")
    connection.close()

    done = migrated(as_user(one_role, "may_little", "little"), as_user(one_role, "missing", "x"))

    assert done.returncode == 1
    assert "createuser --pwprompt missing" in done.stderr
    assert "Traceback" not in done.stderr
