"""The proxy files as Caddy and nginx themselves run them, in front of a real gunicorn."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from api.dev.processes import free_port
from api.dev.stack import ROOT
from api.platform.settings import Settings
from tests.support.shop import Shop

PICTURE = "aa/bb/mug-800.webp"
SLOW = (
    b"GET /health HTTP/1.1\r\nHost: shop\r\nX: ",
    b"POST /api/v1/cart/items HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
    b"Content-Length: 500\r\n\r\n{",
)
"""A head and a body without an end."""
PATIENCE_SECONDS = 150
BYTES = b"RIFF....WEBP, as far as a proxy cares"


_ANY = ("127.0.0.1", 0)
_GUNICORN = ("-m", "gunicorn", "--config", "gunicorn.conf.py", "wsgi:app")


def is_there(port: int) -> bool:
    """Whether anybody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Api:
    """Gunicorn, on a socket that is not its own, as systemd's is not: it outlives a restart.

    In a container it listens itself, and nobody does while it restarts.
    """

    def __init__(self, settings: Settings, folder: Path, *, listens_itself: bool = False) -> None:
        self._socket = None if listens_itself else socket.create_server(_ANY, backlog=512)
        self.port = free_port() if self._socket is None else self._socket.getsockname()[1]
        self._log = (folder / "gunicorn.log").open("ab")
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self._environment = {
            **kept,
            "STOCKROOM_ENV": "development",
            "DATABASE_URL": settings.database_url.replace("+psycopg2", ""),
            "REDIS_URL": settings.redis_url,
            "MEDIA_ROOT": str(folder / "elsewhere"),
            "TRUSTED_PROXIES": "1",
            "RATE_LIMITS": "off",
            "STRIPE_SECRET_KEY": "sk_test_scripted",
            "STRIPE_WEBHOOK_SECRET": "whsec_test",
            "PORT": str(self.port),
        }

    def start(self) -> None:
        """Start it; as systemd does, where the socket is not its own: that is descriptor 3."""
        if self._socket is None:
            self._run([sys.executable, *_GUNICORN], ())
            return
        hand_over = (
            "import os, sys; os.dup2(int(sys.argv[1]), 3);"
            "os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()));"
            "os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"
        )
        own = self._socket.fileno()
        self._run([sys.executable, "-c", hand_over, str(own), *_GUNICORN], {own, 3})

    def start_and_wait(self) -> None:
        """Start it as a container is started: it counts once it is ready."""
        self.start()
        deadline = time.monotonic() + PATIENCE_SECONDS
        said: tuple[Any, ...] = ()
        while not said or said[0] != 200:
            assert self._process.poll() is None
            assert time.monotonic() < deadline, said
            time.sleep(0.1)
            said = asked(self.port, "/health/ready") if is_there(self.port) else ()

    def end(self) -> None:
        """Stop it in order, as `systemctl stop` and `docker stop` do."""
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(40) == 0

    def restart(self) -> None:
        """Do as `systemctl restart`: stop in order, then start."""
        self.end()
        self.start()

    def stop(self) -> None:
        """End it at once, if it runs."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:  # a shell starts background jobs deaf to SIGQUIT
                self._process.kill()
                self._process.wait(10)
        if self._socket is not None:
            self._socket.close()
        self._log.close()

    def _run(self, command: list[str], descriptors: Collection[int]) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self._environment,
            pass_fds=descriptors,
            stdout=self._log,
            stderr=self._log,
        )


def caddy(folder: Path, port: int, api: int, beside: int) -> list[str]:
    """Write the Caddyfile for this machine; only addresses and folders differ.

    It waits for the one API that it knows, and needs none beside.
    """
    site = (ROOT / "deploy/Caddyfile").read_text().replace("/var/lib/stockroom", str(folder))
    site = site.replace("{$SHOP_DOMAIN:shop.example}", f"http://127.0.0.1:{port}")
    site = site.replace("{$STOCKROOM_API:127.0.0.1:8000}", f"127.0.0.1:{api}")
    # A test has no time for slow people: they have a second for what is theirs to send.
    site = site.replace("read_header 10s", "read_header 1s").replace("read_body 2m", "read_body 1s")
    # On a busy machine a start takes longer than on one that serves a shop.
    site = site.replace("lb_try_duration 30s", f"lb_try_duration {PATIENCE_SECONDS}s")
    site = site.replace("\n{\n", "\n{\n\tadmin off\n\tauto_https off\n", 1)
    (folder / "Caddyfile").write_text(site)
    config = str(folder / "Caddyfile")
    return ["caddy", "run", "--adapter", "caddyfile", "--config", config]


def nginx(folder: Path, port: int, api: int, beside: int) -> list[str]:
    """Write the site into a configuration of its own; without certificates it speaks HTTP."""
    site = (ROOT / "deploy/nginx.conf").read_text().replace("/var/lib/stockroom", str(folder))
    site = site.replace("127.0.0.1:8000", f"127.0.0.1:{api}")
    site = site.replace("127.0.0.1:8001", f"127.0.0.1:{beside}")
    site = re.sub(r"client_(header|body)_timeout \d+s", r"client_\1_timeout 1s", site)
    site = re.sub(r"listen 443 ssl;", f"listen 127.0.0.1:{port};", site)
    site = re.sub(r"listen 80;", f"listen 127.0.0.1:{free_port()};", site)
    site = re.sub(r"^ *ssl_certificate.*\n", "", site, flags=re.MULTILINE)
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;"
        f"{'user root;' if os.geteuid() == 0 else ''}"
        f"events {{}} http {{ access_log off; {temporary}\n{site} }}"
    )
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]


KINDS: dict[str, Callable[[Path, int, int, int], list[str]]] = {"caddy": caddy, "nginx": nginx}


@contextmanager
def proxy(kind: str, folder: Path, api: int, beside: int) -> Iterator[int]:
    """Have the proxy for the length of a block; gives its port."""
    port = free_port()
    folder.mkdir()
    (folder / "media" / PICTURE).parent.mkdir(parents=True)
    (folder / "media" / PICTURE).write_bytes(BYTES)
    with (folder / "out.log").open("wb") as log:
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        process = subprocess.Popen(
            KINDS[kind](folder, port, api, beside), stdout=log, stderr=log, env=environment
        )
        try:
            _wait_until_it_listens(port, process, folder)
            yield port
        finally:
            process.terminate()
            process.wait(10)


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + 10
    while True:
        if is_there(port):
            return
        said = (folder / "out.log").read_text()
        assert process.poll() is None, said
        assert time.monotonic() < deadline, said
        time.sleep(0.05)


@pytest.fixture
def api(settings: Settings, shop: Shop, tmp_path: Path) -> Iterator[Api]:
    """The shop behind gunicorn, with one product on the shelf."""
    shop.sells("MUG", 10_000)
    running = Api(settings, tmp_path)
    running.start()
    try:
        yield running
    finally:
        running.stop()


@contextmanager
def every_proxy(folder: Path, api: int, beside: int) -> Iterator[dict[str, int]]:
    """Have every proxy that this machine has, all in front of the same API; gives their ports."""
    there = [kind for kind in KINDS if shutil.which(kind)]
    if not there:
        pytest.skip("neither Caddy nor nginx is installed here")
    with ExitStack() as stack:
        yield {kind: stack.enter_context(proxy(kind, folder / kind, api, beside)) for kind in there}


@pytest.fixture
def proxies(api: Api, tmp_path: Path) -> Iterator[dict[str, int]]:
    """Every proxy, in front of an API that is alone."""
    with every_proxy(tmp_path, api.port, free_port()) as ports:
        yield ports


@pytest.fixture
def copies(settings: Settings, shop: Shop, tmp_path: Path) -> Iterator[tuple[Api, Api]]:
    """The API as a container runs it, and the one that is started beside it for a while."""
    shop.sells("MUG", 10_000)
    with ExitStack() as stack:
        api, beside = (stack.enter_context(_container(settings, tmp_path)) for _ in range(2))
        yield api, beside


@contextmanager
def _container(settings: Settings, folder: Path) -> Iterator[Api]:
    running = Api(settings, folder, listens_itself=True)
    try:
        running.start_and_wait()
        yield running
    finally:
        running.stop()


def asked(
    port: int, path: str, body: Any = None, method: str = ""
) -> tuple[int, bytes, dict[str, str]]:
    """Ask once, over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    headers = {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": "application/json"}
    try:
        if body is None:
            connection.request(method or "GET", path)
        else:
            connection.request(method or "POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), {k.lower(): v for k, v in answer.getheaders()}
    finally:
        connection.close()


class Customers:
    """People who look and buy all the time, through every proxy."""

    def __init__(self, proxies: dict[str, int], variant: str) -> None:
        self.seen: Counter[str] = Counter()
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep_asking, args=(kind, port, body), daemon=True)
            for kind, port in proxies.items()
            for body in (None, None, *[{"variant_id": variant, "quantity": 1}] * 2)
        ]

    def __enter__(self) -> "Customers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)

    def _keep_asking(self, kind: str, port: int, body: Any) -> None:
        path = "/api/v1/cart/items" if body else "/api/v1/products"
        while not self._over.is_set():
            try:
                status, *_ = asked(port, path, body)
            except (OSError, http.client.HTTPException) as cut:
                self.seen[f"{kind} {path}: {cut!r}"] += 1
            else:
                self.seen[f"{kind} {path}: {status}"] += 1
            time.sleep(0.01)


def test_behind_the_given_proxies(api: Api, proxies: dict[str, int]) -> None:
    """What they give out, what they keep in, and that a restart loses no request."""
    variant = _variant(proxies)
    for kind, port in proxies.items():
        status, body, headers = asked(port, f"/media/{PICTURE}")
        assert (status, body) == (200, BYTES), kind
        assert "immutable" in headers["cache-control"], kind
        assert headers["x-content-type-options"] == "nosniff", kind
        # A picture that the disk of the proxy does not have is asked of the shop, which has none.
        status, body, headers = asked(port, "/media/aa/bb/not-here.webp")
        assert (status, headers["content-type"]) == (404, "application/problem+json"), kind
        for path in ("/metrics", "/metrics/", "/metrics/x", "/%6detrics", "//metrics", "/METRICS"):
            status, body, _ = asked(port, path)
            assert status == 404, (kind, path)
            assert b"python_info" not in body, (kind, path)
        status, body, _ = asked(port, "/health/ready")
        assert status == 200, (kind, body)

        for said in SLOW:
            assert _seconds_until_hung_up_on(port, said) < 4, (kind, said)
        status, _, headers = asked(port, "/health")
        assert headers.get("server", kind).lower() in ("caddy", "nginx"), kind

    with Customers(proxies, variant) as customers:
        time.sleep(0.5)
        for _ in range(2):
            api.restart()
            _wait_until_answered(proxies)
        time.sleep(0.5)

    _nobody_was_lost(customers, proxies)


def test_containers_that_are_replaced_lose_no_request(
    copies: tuple[Api, Api], tmp_path: Path
) -> None:
    """As `deploy/replace` does it: a second one stands in for nginx, Caddy lets people wait."""
    api, beside = copies
    with (
        every_proxy(tmp_path, api.port, beside.port) as proxies,
        Customers(proxies, _variant(proxies)) as customers,
    ):
        time.sleep(0.5)
        api.end()
        time.sleep(0.5)  # until there is a new container
        api.start_and_wait()
        time.sleep(0.5)
        beside.end()
        time.sleep(0.5)

    _nobody_was_lost(customers, proxies)


def _nobody_was_lost(customers: Customers, proxies: dict[str, int]) -> None:
    lost = {what: n for what, n in customers.seen.items() if not what.endswith((": 200", ": 201"))}
    assert lost == {}
    for kind in proxies:
        assert customers.seen[f"{kind} /api/v1/products: 200"] > 20
        assert customers.seen[f"{kind} /api/v1/cart/items: 200"] > 10


def _seconds_until_hung_up_on(port: int, said: bytes) -> float:
    """Say something that does not end, and wait."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(said)
        try:
            while line.recv(4096):
                pass
        except ConnectionResetError:
            pass
    return time.monotonic() - began


def _variant(proxies: dict[str, int]) -> str:
    port = next(iter(proxies.values()))
    product = json.loads(asked(port, "/api/v1/products")[1])["data"][0]
    found = json.loads(asked(port, f"/api/v1/products/{product['slug']}")[1])
    return str(found["variants"][0]["id"])


def _wait_until_answered(proxies: dict[str, int]) -> None:
    for port in proxies.values():
        assert asked(port, "/health/live")[0] == 200
