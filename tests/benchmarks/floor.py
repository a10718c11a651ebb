"""The least that a request can cost here: bare Flask, and a schema-checked route with Redis."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from api.dev import processes
from api.dev.processes import Service
from tests.benchmarks.replies import Request
from tests.benchmarks.works import Work, address
from tests.support.stack import running_service

_APP = "floor_app:app"
# As gunicorn.conf.py has it. A file of that name in the root would be read, so it runs elsewhere.
_GUNICORN = (
    "gunicorn -k gthread -w 2 --threads 4 --preload --keep-alive 75 --max-requests 20000"
    " --max-requests-jitter 2000 --worker-tmp-dir /dev/shm --log-level error"
)


def _requests(path: str) -> list[Request]:
    return [Request(path, headers=address(place)) for place in range(50)]


def _anything(request: Request, body: Any) -> None:
    """Take every reply as it is: the floor knows only one."""


BARE = Work("bare", "bare Flask", lambda _: _requests("/bare"), _anything, '"data":')
_PATH = "/checked?limit=20&category=x"
CHECKED = Work(
    "checked", "schema, one Redis trip", lambda _: _requests(_PATH), _anything, '"data":'
)


@contextmanager
def running_floor(folder: Path, redis_url: str) -> Iterator[tuple[str, int]]:
    """Have the floor under gunicorn for the length of a block: its address and its process."""
    port = processes.free_port()
    floor = Service(
        name="floor",
        command=(sys.executable, "-m", *_GUNICORN.split(), "-b", f"127.0.0.1:{port}", _APP),
        is_ready=lambda: processes.answers(port),
        environment={"REDIS_URL": redis_url},
        folder=Path(__file__).parent,
    )
    with running_service(floor, folder) as running:
        yield f"http://127.0.0.1:{port}", running.pid
