"""A closed terminal ends the console, also when nobody passes the signal on."""

import os
import pty
import subprocess
import sys
from pathlib import Path


def test_a_closed_terminal_ends_the_console_without_a_signal(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "STOCKROOM_CONSOLE_HOME": str(tmp_path), "TERM": "xterm-256color"}
    # Not the terminal of its session: closing it sends nothing, as below a `make` that waits.
    console = subprocess.Popen(
        [sys.executable, "-m", "console", "--url", "http://127.0.0.1:9"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
    )
    os.close(theirs)
    try:
        seen = b""
        while b"password" not in seen:
            seen += os.read(ours, 65536)
        os.close(ours)
        assert console.wait(timeout=30) != 0
    finally:
        console.kill()
        console.wait()
