"""The log in a file: whole lines of many processes, put aside by size and day, for ten days."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.platform.log_file import KEPT_DAYS, LogFile

WRITES = """
import sys, time
from api.platform import log_file
log_file._LOOK_EVERY_SECONDS = 0.001
file = log_file.LogFile(sys.argv[1], most_bytes=20_000)
for n in range(2_000):
    file.write(f"{sys.argv[2]} {n:06} {'x' * 60}\\n".encode())
"""


def test_many_processes_write_whole_lines_and_lose_none_while_it_is_put_aside(
    tmp_path: Path,
) -> None:
    """Handlers of the standard library lose lines here: each process puts the file aside itself."""
    path = tmp_path / "logs" / "shop.log"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITES, str(path), f"w{n}"]) for n in range(3)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]

    pieces = sorted(path.parent.glob("shop.log*"))
    lines = [
        line for piece in pieces if not piece.name.endswith(".lock")
        for line in piece.read_text().splitlines()
    ]  # fmt: skip
    assert len(pieces) > 5
    assert len(lines) == len(set(lines)) == 6_000
    assert {len(line) for line in lines} == {70}


def test_a_new_day_begins_a_new_file_and_what_is_old_goes(tmp_path: Path) -> None:
    path = tmp_path / "shop.log"
    old, young = tmp_path / "shop.log.20260101-000000-0", tmp_path / "shop.log.20260102-000000-0"
    for piece, days in ((old, KEPT_DAYS + 1), (young, KEPT_DAYS - 1)):
        piece.write_text("past\n")
        then = time.time() - days * 24 * 3600
        os.utime(piece, (then, then))
    path.write_text("yesterday\n")
    yesterday = (datetime.now(UTC) - timedelta(days=1)).timestamp()
    os.utime(path, (yesterday, yesterday))

    file = LogFile(str(path))
    file.write(b"today\n")

    assert path.read_text() == "today\n"
    (aside,) = set(tmp_path.glob("shop.log.2*")) - {young}
    assert aside.read_text() == "yesterday\n"
    assert young.exists()
    assert not old.exists()


def test_a_file_that_somebody_else_took_away_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `logrotate` and careless hands do."""
    monkeypatch.setattr("api.platform.log_file._LOOK_EVERY_SECONDS", 0.0)
    path = tmp_path / "shop.log"
    file = LogFile(str(path))
    file.write(b"one\n")
    path.unlink()
    file.write(b"two\n")

    assert path.read_text() == "two\n"
