"""What a process keeps in its memory for its whole life."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask, url_for

from api import worker
from api.platform.http import Blueprint, Schema
from api.platform.settings import Settings

ROOT = Path(__file__).resolve().parents[2]

# The first block that is freed would raise glibc's limit, so that the second one stayed in the heap
# below the third.
_FREE_BLOCKS = """
import ctypes, os
from api.platform import memory

memory.return_freed_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]

def block(megabytes):
    address = libc.malloc(megabytes << 20)
    libc.memset(address, 1, megabytes << 20)
    return address

def resident():
    with open("/proc/self/statm") as numbers:
        return int(numbers.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20

libc.free(block(30))
before = resident()
freed, above = block(24), block(1)
libc.free(freed)
print(resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="others are left as they are")
def test_what_is_freed_goes_back_to_the_system() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FREE_BLOCKS],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert int(done.stdout) < 12


def test_the_worker_gives_it_back_too(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """It unpacks pictures: twenty of them would leave 40 MB behind."""
    called: list[str] = []

    def stop(*_: object, **__: object) -> None:
        called.append("app")
        raise InterruptedError

    monkeypatch.setattr(worker, "return_freed_memory", lambda: called.append("memory"))
    monkeypatch.setattr(worker, "create_app", stop)
    monkeypatch.setattr(Settings, "from_env", lambda _: settings)

    with pytest.raises(InterruptedError):
        worker.main()

    assert called == ["memory", "app"]


def test_rules_compile_what_builds_urls_when_a_url_is_built(bare_app: Flask) -> None:
    rules = list(bare_app.url_map.iter_rules())
    compiled = [
        rule.rule
        for rule in rules
        for build in (rule._build, rule._build_unknown)
        if build.__func__.__code__.co_filename == "<werkzeug routing>"  # type: ignore[attr-defined]
    ]
    one = next(rule.endpoint for rule in rules if rule.rule == "/api/v1/products/<slug>")
    with bare_app.test_request_context():
        built = url_for(one, slug="mugs & more", page="2")

    assert compiled == []
    assert built == "/api/v1/products/mugs%20&%20more?page=2"


def test_operations_share_the_instance_of_a_schema() -> None:
    class Answer(Schema):
        pass

    blueprint = Blueprint("one", __name__)
    described = []
    for _ in range(2):

        @blueprint.arguments(Answer)
        @blueprint.response(200, Answer)
        @blueprint.alt_response(202, schema=Answer)
        def view() -> None:
            pass

        shown = view._apidoc  # type: ignore[attr-defined]
        described.append(shown["response"]["responses"][200][0]["schema"])
        described.append(shown["response"]["responses"][202][0]["schema"])
        described.append(shown["arguments"]["parameters"][0]["schema"])

    assert len({id(schema) for schema in described}) == 1
