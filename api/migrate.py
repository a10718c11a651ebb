"""`python -m api.migrate`: bring the database up to date, and cost next to nothing when it is.

Each start of a host calls it. What is usual, that there is nothing to do, is found out with one
query and without loading the shop; the rest is `flask db upgrade`.
"""

import os
import sys

import psycopg2

from api.platform.schema import MIGRATIONS, STANDING, is_newer, misfit, newest_migration
from api.platform.settings import Settings, SettingsError


def main() -> None:
    """Upgrade unless the database fits already. Exit status 1 and a sentence when it cannot.

    A database that newer code has upgraded is left alone, as long as it bears this code.
    """
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as unfit:
        sys.exit(str(unfit))
    expected, standing = newest_migration(), _standing(settings.database_url)
    found = standing.get("version_num")
    if not misfit(standing, expected):
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


def _standing(database_url: str) -> dict[str, str | None]:
    address = database_url.replace("postgresql+psycopg2://", "postgresql://", 1)
    try:
        connection = psycopg2.connect(address, connect_timeout=5)
    except psycopg2.OperationalError as away:
        sys.exit(f"The database does not answer: {str(away).strip().splitlines()[0]}")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(STANDING)
            row = cursor.fetchone()
            return row[0] if row else {}
    except (psycopg2.errors.UndefinedTable, psycopg2.errors.InsufficientPrivilege):
        # Nobody has made the tables yet, or let the shop in: the upgrade does.
        return {}
    finally:
        connection.close()


if __name__ == "__main__":
    main()
