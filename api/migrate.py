"""`python -m api.migrate`: upgrade the database, at almost no cost when it is up to date.

Each start of a host runs it. The usual case, nothing to do, takes one query and does not load the
app; otherwise it runs `flask db upgrade`.
"""

import os
import sys

import psycopg2
from psycopg2.extensions import connection as Connection

from api.platform.schema import MIGRATIONS, STATE_KEY, is_newer, mismatch, newest_migration
from api.platform.settings import Settings, SettingsError


def main() -> None:
    """Upgrade the database unless it is compatible. Exits with status 1 and a reason if impossible.

    A database that a newer release has upgraded is left alone while it is compatible with this one.
    """
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.exit(str(error))
    expected, state = newest_migration(), _database_state(settings)
    current = state.get("version_num")
    if not mismatch(state, expected):
        newer = ", newer than this code and compatible with it" if current != expected else ""
        print(f"The database is at migration {current}{newer}: nothing to do.")  # noqa: T201
        return
    if is_newer(current, expected):
        sys.exit(
            f"The database is at migration {current}, which this code does not know and cannot "
            f"run on (it knows {expected}). Deploy a newer release, or restore a backup of before "
            "(docs/backup.md)."
        )
    # Another process instead of an import: only an upgrade has to load the whole app.
    flask = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
    os.chdir(MIGRATIONS.parent)
    os.execv(sys.executable, flask)  # noqa: S606 - our own words


def _database_state(settings: Settings) -> dict[str, str | None]:
    """Return the row of `alembic_version`; empty while the shop's role has no access."""
    try:
        connection = _connect(settings.database_url)
    except psycopg2.OperationalError as error:
        if not settings.database_owner_url:
            sys.exit(_does_not_answer(error))
        try:
            _connect(settings.database_owner_url).close()
        except psycopg2.OperationalError as owner_error:
            sys.exit(_does_not_answer(owner_error))
        # The shop's role does not exist yet, or has another password: the upgrade creates it.
        return {}
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(STATE_KEY)
            row = cursor.fetchone()
            return row[0] if row else {}
    except (psycopg2.errors.UndefinedTable, psycopg2.errors.InsufficientPrivilege):
        # The tables do not exist yet, or the role has no access: the upgrade changes that.
        return {}
    finally:
        connection.close()


def _connect(database_url: str) -> Connection:
    address = database_url.replace("postgresql+psycopg2://", "postgresql://", 1)
    return psycopg2.connect(address, connect_timeout=5)


def _does_not_answer(error: psycopg2.OperationalError) -> str:
    return f"The database does not answer: {str(error).strip().splitlines()[0]}"


if __name__ == "__main__":
    main()
