"""Real services for tests: thrown away afterwards, many at a time, as root or not.

They are started by the same code as `make run`, only without care for power cuts. Everything dies
with the test process, even when that is killed.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from api.dev import postgres, redis_server, services
from api.dev.account import Account, can_reach, unprivileged
from api.dev.services import Service

Server = TypeVar("Server", "Postgres", "Redis")


class _Running:
    """A started program and its folder."""

    def __init__(self, service: Service, folder: Path, *, owns_folder: bool) -> None:
        self.service = service
        self.folder = folder
        self.log = folder / f"{service.name}.log"
        self._owns_folder = owns_folder
        self._child: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it again after `kill`, with the same address and what it has on disk."""
        self._child = services.start(self.service, self.log)

    def kill(self) -> None:
        """Kill it without warning, as a machine would that ran out of memory."""
        child = self._child
        assert child is not None
        child.kill()
        child.wait()
        services.end_session(child.pid)

    def stop(self) -> None:
        """End it and remove the folder that was made for it; harmless when repeated."""
        if self._child is not None:
            services.stop(self.service, self._child)
            self._child = None
        if self._owns_folder:
            shutil.rmtree(self.folder, ignore_errors=True)


class Postgres(_Running):
    """A PostgreSQL that forgets everything: `url(name)`, `fresh_database(template)`, `stop()`."""

    def __init__(self, folder: Path, *, owns_folder: bool) -> None:
        self.cluster = postgres.prepare(
            folder / "postgres", port=services.free_port(), durable=False
        )
        super().__init__(self.cluster.service(), folder, owns_folder=owns_folder)

    def url(self, database: str = postgres.DATABASE) -> str:
        """Return the address of one database, which need not exist."""
        return self.cluster.url(database)

    def create_database(self, name: str = postgres.DATABASE) -> str:
        """Create an empty database unless it exists, and return its address."""
        self.cluster.ensure_database(name)
        return self.cluster.url(name)

    def fresh_database(self, template: str = "template1") -> str:
        """Copy a database that nobody is connected to, under a new name; return its address."""
        return self.cluster.fresh_database(template)

    def drop_database(self, url: str) -> None:
        """Remove a database, cutting off whoever still uses it."""
        self.cluster.drop_database(url)


class Redis(_Running):
    """A redis-server that forgets everything: `url`, `stop()`."""

    def __init__(self, folder: Path, *, owns_folder: bool) -> None:
        self._server = redis_server.prepare(
            folder / "redis", port=services.free_port(), durable=False
        )
        self.url = self._server.url
        super().__init__(self._server.service(), folder, owns_folder=owns_folder)


def start_postgres(folder: Path | None = None) -> Postgres:
    """Start a throwaway PostgreSQL; about a second, so once per test session.

    Without a folder, and for root in one that its database user cannot reach, a new one is made
    and removed by `stop`.
    """
    account = unprivileged()
    if folder is not None and (account is None or can_reach(folder / "postgres")):
        return Postgres(folder, owns_folder=False)
    return _in_new_folder(Postgres, account)


def start_redis(folder: Path | None = None) -> Redis:
    """Start a throwaway redis-server; a few hundredths of a second."""
    if folder is not None:
        return Redis(folder, owns_folder=False)
    return _in_new_folder(Redis, None)


@contextmanager
def running_postgres(folder: Path | None = None) -> Iterator[Postgres]:
    """Have a throwaway PostgreSQL for the length of a block."""
    server = start_postgres(folder)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def running_redis(folder: Path | None = None) -> Iterator[Redis]:
    """Have a throwaway redis-server for the length of a block."""
    server = start_redis(folder)
    try:
        yield server
    finally:
        server.stop()


def _in_new_folder(kind: type[Server], account: Account | None) -> Server:
    folder = Path(tempfile.mkdtemp(prefix="stockroom-test-"))
    if account is not None:
        folder.chmod(0o711)  # let the database's user pass through, not look around
    try:
        return kind(folder, owns_folder=True)
    except BaseException:
        shutil.rmtree(folder)
        raise
