"""`python -m api.dev run | stop | console | env | clean [FOLDER]`: what the Makefile calls.

The data lives in FOLDER, which is `var` unless said otherwise. `python -m api.dev stripe --help`
lists what can be made to happen at the embedded Stripe of the shop that runs in `var`.
"""

import os
import signal
import sys
import time
from pathlib import Path

from api.dev import environment, run, stack
from api.dev.errors import DevError
from api.dev.fake_stripe import commands
from api.dev.pidfiles import InstanceLock

_LONGEST_STOP = 60  # seconds


def main(command: str, folder: Path) -> None:
    """Perform one command; a `Trouble` becomes one sentence and exit status 1."""
    try:
        if command == "run":
            run.run(folder)
        elif command == "stop":
            stop(folder)
        elif command == "console":
            console(folder)
        elif command == "clean":
            run.clean(folder)
        elif command == "env":
            print(environment.exports(folder))
        elif command == "stripe":
            commands.main(sys.argv[2:], folder)
        else:
            raise DevError(
                f"There is no command {command!r}: use run, stop, console, clean or stripe."
            )
    except DevError as trouble:
        sys.exit(f"stockroom: {trouble}")


def stop(folder: Path) -> None:
    """Ask the running copy to stop and wait until it has."""
    lock = InstanceLock(folder)
    if not lock.is_held():
        print("Stockroom is not running in this folder.")
        return
    os.kill(int(lock.running()["pid"]), signal.SIGTERM)
    deadline = time.monotonic() + _LONGEST_STOP
    while lock.is_held():
        if time.monotonic() > deadline:
            raise DevError(f"Stockroom is still stopping after {_LONGEST_STOP} s; see var/log.")
        time.sleep(0.05)
    print("Stopped.")


def console(folder: Path) -> None:
    """Become the counter of the copy that runs here, wherever it listens."""
    lock = InstanceLock(folder)
    address = str(lock.running().get("address", "")) if lock.is_held() else ""
    given = ["--url", address] if address and not os.environ.get("STOCKROOM_URL") else []
    os.execv(sys.executable, [sys.executable, "-m", "console", *given])  # noqa: S606


if __name__ == "__main__":
    main(
        sys.argv[1] if len(sys.argv) > 1 else "run",
        Path(sys.argv[2]) if len(sys.argv) > 2 and sys.argv[1] != "stripe" else stack.ROOT / "var",
    )
