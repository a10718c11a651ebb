"""Configuration of gunicorn, for `make run` and production alike.

PORT and WEB_CONCURRENCY come from the environment. It listens on loopback only: a reverse proxy
stands in front in production, and the container overrides `--bind`.
"""

import gc
import os
import resource
import sys
import tempfile
from pathlib import Path

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

# Almost nothing that is loaded below is garbage; collecting again and again would take a quarter of
# the start-up time.
gc.disable()

bind = f"127.0.0.1:{os.environ.get('PORT') or 8000}"
worker_class = "api.platform.serving.worker.Worker"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = 4
worker_connections = 1_000  # of each worker; a slow client costs one, and no thread

# Each connection is an open file, and many systems begin with 1,024 of them.
_open_files, _most_open_files = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(
    resource.RLIMIT_NOFILE, (max(_open_files, min(8_192, _most_open_files)), _most_open_files)
)

# No request header changes scheme or path: only TRUSTED_PROXIES says which proxies are trusted.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}

limit_request_line = 8190  # fifty values of a filter, written in another script, are still one line

# The app is built once and shared by all workers: less memory, and an error in it is seen at once.
preload_app = True

timeout = 60
graceful_timeout = 25
max_requests = 20_000  # bounds the damage of a slow leak; the jitter keeps workers apart
max_requests_jitter = 2_000

# Unused, and the user of a unit or a container has no home directory for it.
control_socket_disable = True

# The heartbeat of workers is a file; on a busy disk that would stall them.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108

# The app logs one line per request itself, with its id; gunicorn's would say less.
accesslog = None
errorlog = "-"
loglevel = "warning"


def _remove_stale_metrics(folder: Path) -> None:
    """Remove the metrics files of processes that have ended, such as those of an earlier start.

    Each file is named by its process, as counter_4711.db; without this they stay for ever.
    """
    for file in folder.glob("*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if pid.isdecimal() and not Path("/proc", pid).exists():
            file.unlink(missing_ok=True)


# The workers add up their metrics in this folder. It must be known before the app is built.
_own_metrics_folder = (
    None
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    else tempfile.TemporaryDirectory(prefix="stockroom-metrics-")
)
if _own_metrics_folder is not None:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = _own_metrics_folder.name
elif Path("/proc/self").exists():
    _remove_stale_metrics(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))


def when_ready(server: Arbiter) -> None:
    """Warn once per start about missing tax rates, and close connections before workers fork.

    Refuses to start when all customers would share one address (TRUSTED_PROXIES). The app is
    imported here because the metrics folder must be set before.
    """
    from api.platform import production_checks  # noqa: PLC0415
    from api.platform.settings import SettingsError  # noqa: PLC0415
    from api.shipping.commands import warn_of_tax_gaps  # noqa: PLC0415

    shop = server.app.wsgi()
    names = [listener.sock.getsockname() for listener in server.LISTENERS]
    hosts = [name[0] if isinstance(name, tuple) else "/" for name in names]
    if problem := production_checks.missing_proxy(shop.extensions["stockroom_settings"], hosts):
        sys.exit(str(SettingsError([problem])))
    with shop.app_context():
        warn_of_tax_gaps()
        for engine in shop.extensions["sqlalchemy"].engines.values():
            engine.dispose()


def pre_fork(server: Arbiter, worker: Worker) -> None:
    """Freeze shared objects: the garbage collector of a worker would copy their memory pages."""
    gc.collect()
    gc.freeze()


def post_fork(server: Arbiter, worker: Worker) -> None:
    """Give each worker its own database connections."""
    gc.enable()
    shop = server.app.wsgi()
    with shop.app_context():
        for engine in shop.extensions["sqlalchemy"].engines.values():
            engine.dispose(close=False)


def post_worker_init(worker: Worker) -> None:
    """End the worker on SIGTERM without resetting connections; see `api.platform.draining`."""
    from api.platform.draining import drain_on_sigterm  # noqa: PLC0415

    drain_on_sigterm(worker)


def on_exit(server: Arbiter) -> None:
    """Remove the metrics folder if it was created here."""
    if _own_metrics_folder is not None:
        _own_metrics_folder.cleanup()
