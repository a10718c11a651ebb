"""One checkout's shop as real processes, as in production: fsync on, limits on, worker running.

The servers come from this checkout; the web, the worker, the migrations and the commands come from
the checkout that is measured, with the Python of its own environment.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psycopg2
from redis import Redis

from api.dev import processes, stack
from api.dev.processes import Service
from api.dev.unix_user import unprivileged
from tests.benchmarks import meter
from tests.benchmarks.replies import Broken
from tests.support.stack import Running

EMAIL, PASSWORD = "owner@bench.test", "a-long-password-for-benches"
MEASURED = ("web", "worker", "postgres", "redis")
_FAST_SEEDING = {
    **{"fsync": "off", "wal_level": "minimal", "max_wal_senders": "0", "autovacuum": "off"},
    **{"max_wal_size": "8GB", "shared_buffers": "512MB", "checkpoint_timeout": "1h"},
}
_TOLD_OF_FAULTS = re.compile(
    r"Traceback|\b(?:CRITICAL|ERROR)\b|was sent SIG|\"level\": ?\"(?:error|critical)\"|\[error"
)
WAITING = """
    SELECT (SELECT count(*) FROM facts WHERE relayed_at IS NULL)
         + (SELECT count(*) FROM fact_deliveries WHERE done_at IS NULL)"""


class BenchShop:
    """A shop under measurement. `url` is its address, `env` what its processes see."""

    def __init__(self, name: str, checkout: Path = stack.ROOT) -> None:
        self.name, self.checkout = name, checkout
        self.python = str(checkout / ".venv/bin/python")
        self.folder = _new_folder()
        self._running: dict[str, Running] = {}
        self._logs_read: dict[str, int] = {}
        self._connection: Any = None
        self._redis: Redis | None = None
        try:
            self._begin()
        except BaseException:
            self.stop()
            raise

    def _begin(self) -> None:
        port = processes.free_port()
        given = {
            "STOCKROOM_ENV": "development",  # production refuses the Stripe look-alike
            "TRUSTED_PROXIES": "1",  # the client says from which address a request comes
            "LOG_LEVEL": "INFO",
            "LOG_FORMAT": "json",
            "SHOP_LANGUAGES": "en",
            # The crowd pays by transfer, from one address: no limits of unpaid orders.
            "MANUAL_PAYMENT": "everybody",
            "MANUAL_PAYMENT_MAX_ORDERS": "0",
            "MANUAL_PAYMENT_MAX_UNITS": "0",
            "MANUAL_PAYMENT_MAX_ORDERS_PER_IP": "0",
            "MANUAL_PAYMENT_MAX_UNITS_PER_IP": "0",
        }
        parts = stack.embedded(given, self.folder, web_port=port, durable=True)
        assert parts.cluster is not None
        # Older code, which is measured against, knows of one role alone.
        parts.environment |= {"DATABASE_URL": parts.cluster.url(), "DATABASE_OWNER_URL": ""}
        self.env = {**parts.environment, "PYTHONPATH": str(self.checkout)}
        # An installation is compiled; without this each command would compile the shop anew.
        self.env["PYTHONDONTWRITEBYTECODE"] = ""
        self.url = f"http://{processes.LOOPBACK}:{port}"
        self._described = {each.name: each for each in parts.services}
        for name in ("web", "worker"):
            described = getattr(stack, name)(self.env)
            self._described[name] = self._of_checkout(described)
        self.start("postgres", **_FAST_SEEDING)
        for name in self._described.keys() - {"postgres", "web", "worker"}:
            self.start(name)
        parts.cluster.ensure_database()
        self.command("flask", "--app", "wsgi", "db", "upgrade", "-d", "migrations")
        new_owner = ("create-staff", EMAIL, "--name", "Olivia Bench", "--role", "owner")
        self.flask(*new_owner, "--password-stdin", typed=PASSWORD)

    # Its processes.

    def start(self, name: str, **settings: str) -> None:
        """Start a part; `settings` are Postgres's, on top of the durable ones."""
        service = self._described[name]
        options = [part for item in settings.items() for part in ("-c", "=".join(item))]
        service = replace(service, command=(*service.command, *options))
        self._running[name] = Running(service, self.folder, owns_folder=False)

    def end(self, *names: str) -> None:
        """Stop parts in order."""
        for name in names:
            self._running.pop(name).stop()

    def open(self) -> None:
        """Start the web and the worker."""
        self.start("web")
        self.start("worker")

    def make_durable(self) -> None:
        """Start Postgres again as in production, after the seeding; the shop is open afterwards."""
        self.end("worker", "web")
        self.sql("CHECKPOINT")  # of a large shop it takes longer than Postgres is given to end
        self.hang_up()
        self.end("postgres")
        os.sync()
        self.start("postgres")
        ((fsync,),) = self.sql("SHOW fsync")
        assert fsync == "on", "the bench measures with fsync"
        self.open()

    def pid(self, name: str) -> int:
        """Return the process of a part."""
        return self._running[name].pid

    def pids(self) -> dict[str, int]:
        """Return the processes whose CPU is counted, by part."""
        return {name: self.pid(name) for name in MEASURED}

    def kill(self, name: str) -> None:
        """Kill a part without warning."""
        self._running[name].kill()

    def kill_one_web_worker(self) -> None:
        """Kill one of the processes that gunicorn has forked."""
        _, first, *_ = meter.family(self.pid("web"))
        os.kill(first, signal.SIGKILL)

    @contextmanager
    def hanging(self, name: str) -> Iterator[None]:
        """Let one part hang for the length of a block."""
        self._running[name].signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._running[name].signal(signal.SIGCONT)

    def refuse_faults(self) -> None:
        """Raise `Broken` when a process has ended, or said that something went wrong."""
        for name, running in self._running.items():
            if not _is_alive(running.pid):
                raise Broken(f"{self.name}: the {name} process ended during the run")
        for name in ("web", "worker"):
            log = self._running[name].log.read_text(errors="replace")
            new = log[self._logs_read.get(name, 0) :]
            self._logs_read[name] = len(log)
            fault = _TOLD_OF_FAULTS.search(new)
            if fault is not None:
                at = new.rfind("\n", 0, fault.start()) + 1
                raise Broken(f"{self.name}: the {name} log says: {new[at : at + 1500]}")

    def memory(self) -> dict[str, dict[str, list[float]]]:
        """Return RSS and PSS in MB of each process of the web and the worker."""
        return {name: meter.memory_mb(self.pid(name)) for name in ("web", "worker")}

    # Its data.

    def sql(self, statement: str, values: Any = None) -> list[Any]:
        """Run one statement past the shop and return its rows, if it has any."""
        if self._connection is None or self._connection.closed:
            self._connection = self.connect()
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall()) if cursor.description else []

    def connect(self) -> Any:
        """Open a database connection of the bench's own; what it does is committed at once."""
        connection = psycopg2.connect(self.env["DATABASE_URL"], application_name="bench")
        connection.autocommit = True
        return connection

    def hang_up(self) -> None:
        """Close the bench's own database connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def redis(self) -> Redis:
        """Return a connection of the bench's own to the shop's Redis."""
        if self._redis is None:
            self._redis = Redis.from_url(self.env["REDIS_URL"])
        return self._redis

    def postgres_log(self) -> Path:
        """Return the file in which Postgres writes what it was asked to log."""
        return self._running["postgres"].log

    def mails(self) -> int:
        """Return how many e-mails have arrived."""
        new = self.folder / "mailbox/new"
        return sum(1 for _ in os.scandir(new)) if new.exists() else 0

    def wait_until_settled(self, seconds: float = 180) -> None:
        """Wait until the worker has done everything that was asked of it. Raises `Broken`."""
        deadline = time.monotonic() + seconds
        while self.sql(WAITING) != [(0,)]:
            if not _is_alive(self.pid("worker")):
                raise Broken(f"{self.name}: the worker process ended during the run")
            if time.monotonic() > deadline:
                raise Broken(f"{self.name}: the worker was not done after {seconds:.0f} s")
            time.sleep(0.02)

    # Its owner.

    def flask(self, *command: str, typed: str = "") -> str:
        """Run a command of the checkout as the owner would; returns what it says."""
        return self.command("flask", "--app", "wsgi", *command, typed=typed)

    def command(self, module: str, *arguments: str, typed: str = "") -> str:
        """Run a Python module of the checkout to its end. Raises `Broken` when it fails."""
        done = subprocess.run(
            [self.python, "-m", module, *arguments],
            env={**os.environ, **self.env},
            cwd=self.checkout,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Broken(f"{self.name}: {arguments} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    @contextmanager
    def owner(self) -> Iterator["Owner"]:
        """Have the owner signed in for the length of a block."""
        owner = Owner(self.url)
        try:
            yield owner
        finally:
            owner.http.close()

    def stop(self) -> None:
        """End every process, the last one started first, and remove every file."""
        self.hang_up()
        if self._redis is not None:
            self._redis.close()
        for part in reversed(self._running.values()):
            part.stop()
        self._running.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _of_checkout(self, service: Service) -> Service:
        command = (self.python, *service.command[1:])
        return replace(service, command=command, folder=self.checkout)


class Owner:
    """The owner over HTTP, from an address of her own; each answer must be a success."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=f"{url}/api/v1", timeout=60)
        self.headers = {"X-Forwarded-For": "10.255.0.1"}
        form = {"email": EMAIL, "password": PASSWORD}
        pair = self.sends("POST", "/admin/auth/login", form)
        self.headers["Authorization"] = f"Bearer {pair['access_token']}"

    def sends(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        is_guest: bool = False,
    ) -> Any:
        """Make a request, as a guest if asked; returns the body of the answer. Raises `Broken`."""
        named = {**({} if is_guest else self.headers), **(headers or {})}
        while True:
            answer = self.http.request(method, path, json=body, headers=named)
            if answer.status_code != 429:
                break
            time.sleep(float(answer.headers.get("Retry-After", 1)))
        if answer.status_code >= 300:
            raise Broken(f"{method} {path}: {answer.status_code} {answer.text[:600]}")
        return answer.json() if answer.content else None


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


def _new_folder() -> Path:
    # /tmp may be in memory, where fsync costs nothing.
    root = "/var/tmp" if Path("/var/tmp").is_dir() else None
    folder = Path(tempfile.mkdtemp(prefix="stockroom-bench-", dir=root))
    if unprivileged() is not None:
        folder.chmod(0o711)  # let the database's user pass through, not look around
    return folder
