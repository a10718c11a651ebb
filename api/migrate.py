"""`python -m api.migrate`: bring the database up to date, and cost next to nothing when it is.

Each start of a host calls it. What is usual, that there is nothing to do, is found out with one
query and without loading the shop; the rest is `flask db upgrade`.
"""

import os
import sys

import psycopg2
from psycopg2.extensions import connection as Connection

from api.platform.schema import MIGRATIONS, STATE_KEY, is_newer, mismatch, newest_migration
from api.platform.settings import Settings, SettingsError


def main() -> None:
    """Upgrade unless the database fits already. Exit status 1 and a sentence when it cannot.

    A database that newer code has upgraded is left alone, as long as it bears this code.
    """
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as unfit:
        sys.exit(str(unfit))
    expected, standing = newest_migration(), _standing(settings)
    found = standing.get("version_num")
    if not mismatch(standing, expected):
        newer = ", newer than this code and compatible with it" if found != expected else ""
        print(f"The database stands at migration {found}{newer}: nothing to do.")  # noqa: T201
        return
    if is_newer(found, expected):
        sys.exit(
            f"The database stands at migration {found}, which this code does not know and cannot "
            f"run on (it knows {expected}). Deploy a newer release, or restore a backup of before "
            "(docs/backup.md)."
        )
    # Another process instead of an import: only an upgrade has to wait for all of the shop's code.
    flask = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
    os.chdir(MIGRATIONS.parent)
    os.execv(sys.executable, flask)  # noqa: S606 - our own words


def _standing(settings: Settings) -> dict[str, str | None]:
    """Return where the database stands; nothing while the shop's role is not let in."""
    try:
        connection = _connected(settings.database_url)
    except psycopg2.OperationalError as away:
        if not settings.database_owner_url:
            sys.exit(_does_not_answer(away))
        try:
            _connected(settings.database_owner_url).close()
        except psycopg2.OperationalError as all_away:
            sys.exit(_does_not_answer(all_away))
        # The shop's role is not there yet, or has another password: the upgrade makes it.
        return {}
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(STATE_KEY)
            row = cursor.fetchone()
            return row[0] if row else {}
    except (psycopg2.errors.UndefinedTable, psycopg2.errors.InsufficientPrivilege):
        # Nobody has made the tables yet, or let the shop in: the upgrade does.
        return {}
    finally:
        connection.close()


def _connected(database_url: str) -> Connection:
    address = database_url.replace("postgresql+psycopg2://", "postgresql://", 1)
    return psycopg2.connect(address, connect_timeout=5)


def _does_not_answer(away: psycopg2.OperationalError) -> str:
    return f"The database does not answer: {str(away).strip().splitlines()[0]}"


if __name__ == "__main__":
    main()
