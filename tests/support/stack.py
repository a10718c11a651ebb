"""Real services for tests: thrown away afterwards, many at a time, as root or not.

They are started by the same code as `make run`, only without care for power cuts. Everything dies
with the test process, even when that is killed.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from mailbox import Maildir, Message
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, NullPool, create_engine, text

from api.dev import postgres, processes, redis_server, stack
from api.dev.processes import Service
from api.dev.unix_user import UnixUser, can_reach, unprivileged

PATIENCE_SECONDS = 20.0

Server = TypeVar("Server", "Postgres", "Redis")

Detours = Mapping[str, Callable[[str], str]]
"""By variable: what makes of an address the one that is told to the parts instead of it."""


class Running:
    """A started program and its folder."""

    def __init__(self, service: Service, folder: Path, *, owns_folder: bool) -> None:
        self.service = service
        self.folder = folder
        self.log = folder / f"{service.name}.log"
        self._owns_folder = owns_folder
        self._child: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def pid(self) -> int:
        """The process that runs; RuntimeError when none does."""
        if self._child is None:
            raise RuntimeError(f"{self.service.name} does not run")
        return self._child.pid

    def start(self) -> None:
        """Start it again after `kill`, with the same address and what it has on disk."""
        self._child = processes.start(self.service, self.log)

    def kill(self) -> None:
        """Kill it without warning, as a machine would that ran out of memory."""
        child = self._child
        assert child is not None
        child.kill()
        child.wait()
        processes.end_session(child.pid)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal: to stop in order, to hang, to go on."""
        assert self._child is not None
        self._child.send_signal(number)

    def ended(self) -> int:
        """Wait until it has ended by itself, and return its exit status."""
        assert self._child is not None
        return self._child.wait(PATIENCE_SECONDS)

    def stop(self) -> None:
        """End it and remove the folder that was made for it; harmless when repeated."""
        if self._child is not None:
            processes.stop(self.service, self._child)
            self._child = None
        if self._owns_folder:
            shutil.rmtree(self.folder, ignore_errors=True)


class Postgres(Running):
    """A PostgreSQL that forgets everything: `url(name)`, `fresh_database(template)`, `stop()`."""

    def __init__(self, folder: Path, *, owns_folder: bool) -> None:
        self.cluster = postgres.prepare(
            folder / "postgres", port=processes.free_port(), durable=False
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


class Redis(Running):
    """A redis-server that forgets everything: `url`, `stop()`."""

    def __init__(self, folder: Path, *, owns_folder: bool) -> None:
        self._server = redis_server.prepare(
            folder / "redis", port=processes.free_port(), durable=False
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


@contextmanager
def running_service(service: Service, folder: Path) -> Iterator[Running]:
    """Have any one program for the length of a block; its log appears in `folder`."""
    running = Running(service, folder, owns_folder=False)
    try:
        yield running
    finally:
        running.stop()


class RunningShop:
    """The whole shop as real processes: gunicorn, a worker and everything that they need.

    `url` is its address, `env` what the processes see, `mailbox` the Maildir with every letter.
    The parts are called postgres, redis, stripe, mailbox, web and worker; each can be killed and
    started again. Everything is thrown away by `stop`. `detours` lead the parts past somebody who
    gets in their way, as `{"STRIPE_API_BASE": road.lead_to}`.
    """

    def __init__(
        self,
        *,
        demo: bool = False,
        environment: Mapping[str, str] | None = None,
        detours: Detours | None = None,
    ) -> None:
        self._folder = _new_folder(unprivileged())
        self._running: dict[str, Running] = {}
        try:
            given = {"STOCKROOM_ENV": "development", **(environment or {})}
            port = processes.free_port()
            parts = stack.embedded(given, self._folder, web_port=port, durable=False)
            roads = detours or {}
            parts.environment = _led_past(roads, parts.environment)
            self.url = f"http://{processes.LOOPBACK}:{port}"
            self.env = parts.environment
            self.mailbox = self._folder / "mailbox"
            for service in parts.services:
                past = _led_past(roads, service.environment)
                self._begin(replace(service, environment=past))
            if parts.cluster is not None:
                parts.cluster.ensure_database()
            # A killed PostgreSQL must still know what it had confirmed; this costs next to nothing.
            self.sql(f"ALTER DATABASE {postgres.DATABASE} SET synchronous_commit = on")
            self._run_to_end(stack.first_steps(parts.environment, demo=demo))
            self._begin(stack.web(parts.environment))
            self._begin(stack.worker(parts.environment))
        except BaseException:
            self.stop()
            raise

    def kill(self, name: str) -> None:
        """Kill one part without warning, with the processes that it had forked."""
        self._running[name].kill()

    def start(self, name: str) -> None:
        """Start a killed part again, at its old address; returns when it answers."""
        self._running[name].start()

    def pid(self, name: str) -> int:
        """Return the process of one part; those that it forked descend from it."""
        return self._running[name].pid

    def tell_to_stop(self, name: str) -> int:
        """Ask one part to end as a supervisor does; returns its exit status."""
        self._running[name].signal(signal.SIGTERM)
        return self._running[name].ended()

    @contextmanager
    def hanging(self, name: str) -> Iterator[None]:
        """Let one part hang for the length of a block: it is there and does nothing."""
        self._running[name].signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._running[name].signal(signal.SIGCONT)

    @property
    def is_open(self) -> bool:
        """Whether it has parts that may run: until it is stopped for good."""
        return bool(self._running)

    def log(self, name: str) -> str:
        """Return everything that one part has said."""
        return self._running[name].log.read_text(errors="replace")

    def letters(self) -> list[Message]:
        """Return every letter that was sent, in no particular order."""
        return list(Maildir(self.mailbox, create=False)) if self.mailbox.exists() else []

    def flask(self, *command: str, typed: str = "") -> str:
        """Run `flask COMMAND` as the owner would, with something typed in; returns what it says."""
        return self._run_to_end(
            processes.Service(
                name=f"flask {command[0]}",
                command=(sys.executable, "-m", "flask", "--app", "wsgi", *command),
                is_ready=lambda: True,
                environment=self.env,
                folder=stack.ROOT,
            ),
            typed=typed,
        )

    @contextmanager
    def database(self) -> Iterator[Connection]:
        """Connect to the shop's database past the shop; what was changed is committed."""
        with create_engine(self._sqlalchemy_url(), poolclass=NullPool).begin() as connection:
            yield connection

    def sql(self, statement: str, **values: Any) -> list[Any]:
        """Run one statement past the shop and return its rows, if it has any."""
        with self.database() as connection:
            result = connection.execute(text(statement), values)
            return list(result) if result.returns_rows else []

    @contextmanager
    def holding(self, rows: str, **values: Any) -> Iterator[None]:
        """Hold the lock of rows for the length of a block, so that whoever needs them stands still.

        `rows` is a SELECT ... FOR UPDATE. Over the end of the database the lock is simply gone.
        """
        engine = create_engine(self._sqlalchemy_url(), poolclass=NullPool)
        connection = engine.connect()
        try:
            connection.execute(text(rows), values)
            yield
        finally:
            connection.invalidate()  # hangs up, whether somebody is there or not
            connection.close()

    def stop(self) -> None:
        """End everything, the last one started first, and remove every trace."""
        for part in reversed(self._running.values()):
            part.stop()
        self._running.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _sqlalchemy_url(self) -> str:
        url = self.env.get("DATABASE_OWNER_URL") or self.env["DATABASE_URL"]
        return url.replace("postgresql://", "postgresql+psycopg2://")

    def _begin(self, service: Service) -> None:
        self._running[service.name] = Running(service, self._folder, owns_folder=False)

    def _run_to_end(self, step: Service, *, typed: str = "") -> str:
        done = subprocess.run(
            step.tethered_command(),
            env=step.full_environment(),
            cwd=step.folder,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{step.name} failed:\n{done.stdout}{done.stderr}"
        return done.stdout


@contextmanager
def running_shop(
    *,
    demo: bool = False,
    environment: Mapping[str, str] | None = None,
    detours: Detours | None = None,
) -> Iterator[RunningShop]:
    """Have a whole shop for the length of a block."""
    shop = RunningShop(demo=demo, environment=environment, detours=detours)
    try:
        yield shop
    finally:
        shop.stop()


def _in_new_folder(kind: type[Server], account: UnixUser | None) -> Server:
    folder = _new_folder(account)
    try:
        return kind(folder, owns_folder=True)
    except BaseException:
        shutil.rmtree(folder)
        raise


def _led_past(detours: Detours, environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: detours[name](value) if name in detours else value
        for name, value in environment.items()
    }


def _new_folder(account: UnixUser | None) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="stockroom-test-"))
    if account is not None:
        folder.chmod(0o711)  # let the database's user pass through, not look around
    return folder
