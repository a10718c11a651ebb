"""A real CUPS, where it is installed: what `lp` hands over reaches the printer behind its queue."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from api.platform.service_registry import get_service, register
from api.platform.settings import Settings
from tests.printing.test_printing import PrinterPort, a_printer, boss, job, port, prints
from tests.support.shop import Staff
from tests.support.work import drain

__all__ = ["boss", "port"]
CUPSD = shutil.which("cupsd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
pytestmark = pytest.mark.skipif(CUPSD is None, reason="needs the package cups")
CONFIG = """
Listen 127.0.0.1:{port}
DefaultAuthType None
<Location />
  Allow from 127.0.0.1
</Location>
<Policy default>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
"""
FILES = """
ServerRoot {at}
StateDir {at}/state
CacheDir {at}/cache
RequestRoot {at}/spool
TempDir {at}/spool/tmp
ErrorLog {at}/error_log
AccessLog {at}/access_log
PageLog {at}/page_log
"""


@pytest.fixture
def cups(app: Flask) -> Iterator[str]:
    """A print server of its own, which the settings name."""
    # Its backends run as another user, whom the folder of a test keeps out.
    with tempfile.TemporaryDirectory() as folder:
        yield from _served(app, Path(folder))


def _served(app: Flask, folder: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        at = f"127.0.0.1:{free.getsockname()[1]}"
    for name in ("state", "cache", "spool/tmp"):
        (folder / name).mkdir(parents=True)
    (folder / "cupsd.conf").write_text(CONFIG.format(port=at.rpartition(":")[2]))
    (folder / "cups-files.conf").write_text(FILES.format(at=folder))
    folder.chmod(0o755)
    assert CUPSD is not None
    files = ("-c", folder / "cupsd.conf", "-s", folder / "cups-files.conf")
    server = subprocess.Popen([CUPSD, "-f", *files])
    before = get_service(Settings)
    register(app, Settings, replace(before, cups_server=at))
    try:
        until = time.monotonic() + 10
        while subprocess.run(["lpstat", "-h", at, "-r"], capture_output=True).returncode:
            assert time.monotonic() < until, "cupsd does not answer"
            time.sleep(0.05)
        yield at
    finally:
        register(app, Settings, before)
        server.terminate()
        server.wait(10)


def test_cups_prints_what_it_was_handed_and_an_unknown_queue_loses_nothing(
    boss: Staff, cups: str, port: PrinterPort
) -> None:
    where = ["-v", f"socket://{port.address}", "-m", "raw"]
    subprocess.run(
        ["lpadmin", "-h", cups, "-p", "zebra", "-E", *where], check=True, capture_output=True
    )
    there = UUID(a_printer(boss, "zebra", connection="cups")["id"])
    nowhere = UUID(a_printer(boss, "nowhere", connection="cups", name="Nowhere")["id"])
    one, lost = prints(there, b"^XA1^XZ", copies=2), prints(nowhere, b"^XA2^XZ")
    drain()

    assert (job(one)["status"], job(lost)["status"]) == ("printed", "queued")
    assert "does not exist" in job(lost)["last_error"]
    until = time.monotonic() + 20
    while not port.taken and time.monotonic() < until:
        time.sleep(0.05)
    assert b"".join(port.taken) == b"^XA1^XZ" * 2
