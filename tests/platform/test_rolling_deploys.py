"""Hosts of two releases share one database for a while, and go back to the older one."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psycopg2
import pytest
from flask_migrate import upgrade
from sqlalchemy import text

from api.platform import health
from api.platform.db import db, session
from api.platform.schema import is_newer, mismatch, newest_migration
from api.platform.settings import Settings
from tests.architecture.test_migrations import MIGRATIONS, shop_on
from tests.support.stack import Postgres

ROOT = MIGRATIONS.parent
UPGRADES = (
    [sys.executable, "-m", "api.migrate"],
    [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"],
)


@pytest.fixture(scope="module")
def shop_database(postgres: Postgres, settings: Settings) -> Iterator[str]:
    """A database that this release has brought up to date."""
    url = postgres.fresh_database()
    with shop_on(url, settings):
        upgrade(directory=str(MIGRATIONS))
    yield url
    postgres.drop_database(url)


def stands_at(url: str, revision: str, compatible_from: str | None) -> None:
    """Let the database look as newer code leaves it."""
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE alembic_version SET version_num = %s, compatible_from = %s",
            (revision, compatible_from),
        )
    connection.close()


@pytest.fixture
def newer(shop_database: str) -> Iterator[str]:
    """A database that newer code has upgraded, and left fit for ours."""
    head = newest_migration()
    assert head is not None
    stands_at(shop_database, "9999", head)
    yield shop_database
    stands_at(shop_database, head, "0012")


def run(command: list[str], url: str) -> subprocess.CompletedProcess[str]:
    """Run a command of a host that is about to start."""
    environment = {
        **{"PATH": os.environ["PATH"], "STOCKROOM_ENV": "development"},
        **{"DATABASE_URL": url, "REDIS_URL": "redis://127.0.0.1:1"},
    }
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("command", UPGRADES, ids=["api.migrate", "flask db upgrade"])
def test_older_code_leaves_a_newer_database_that_bears_it(newer: str, command: list[str]) -> None:
    done = run(command, newer)

    assert done.returncode == 0, done.stderr
    assert "9999, " in done.stdout + done.stderr
    assert "newer than this code" in done.stdout + done.stderr


@pytest.mark.parametrize("command", UPGRADES, ids=["api.migrate", "flask db upgrade"])
def test_older_code_does_not_start_on_a_database_that_does_not_bear_it(
    newer: str, command: list[str]
) -> None:
    stands_at(newer, "9999", "9998")

    done = run(command, newer)

    assert done.returncode == 1
    assert "Deploy a newer release" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_host_of_the_older_release_stays_ready(newer: str, settings: Settings) -> None:
    with shop_on(newer, settings):
        assert health.database() == "ok"
        stands_at(newer, "9999", "9998")
        session.rollback()
        assert "needs newer code" in health.database()


def test_the_database_keeps_which_code_it_bears(shop_database: str, settings: Settings) -> None:
    with shop_on(shop_database, settings):
        row = session.execute(text("SELECT version_num, compatible_from FROM alembic_version"))
        kept = tuple(row.one())

    assert kept[0] == newest_migration()
    assert "0012" <= kept[1] <= kept[0]


@pytest.mark.parametrize(
    ("found", "oldest", "expected", "fits"),
    [
        ("0016", "0012", "0016", True),
        ("0017", "0012", "0016", True),
        ("0017", "0017", "0016", False),
        ("0017", None, "0016", False),
        ("0015", "0012", "0016", False),
        (None, None, "0016", False),
    ],
)
def test_which_schema_bears_which_code(
    found: str | None, oldest: str | None, expected: str, fits: bool
) -> None:
    standing = {"version_num": found, "compatible_from": oldest}

    assert (mismatch(standing, expected) == "") is fits
    assert is_newer(found, expected) is (found == "0017")


def test_a_second_deploy_waits_for_the_first(shop_database: str, settings: Settings) -> None:
    """For longer than a step of the schema waits for a lock: that patience is another one."""
    first = psycopg2.connect(shop_database)
    with first.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(7361)")
    first.commit()
    release = threading.Timer(3.5, first.close)
    release.start()
    began = time.monotonic()
    with shop_on(shop_database, settings):
        upgrade(directory=str(MIGRATIONS))
        with db.engine.connect() as connection:
            held = connection.execute(
                text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7361")
            ).scalar_one()
    release.join()

    assert time.monotonic() - began > 3.4
    assert held == 0


@pytest.mark.serial
def test_a_start_with_nothing_to_do_costs_next_to_nothing(shop_database: str) -> None:
    """Half a second of CPU at most, the start of Python included."""
    run(UPGRADES[0], shop_database)  # so that what it imports is compiled
    before = os.times()

    done = run(UPGRADES[0], shop_database)

    after = os.times()
    spent = after.children_user + after.children_system
    spent -= before.children_user + before.children_system
    assert done.returncode == 0, done.stderr
    assert "nothing to do" in done.stdout
    assert spent <= 0.5
