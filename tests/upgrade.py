"""`make test-upgrade FROM=commit`: older code on the schema of this checkout.

The older commit is laid out beside, gets the migrations of this checkout instead of its own, and
runs its own tests: what fails there would fail on a host that still runs it while a deploy rolls.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from api.dev.stack import ROOT

TESTS = ("tests/journeys", "tests/orders", "tests/inventory")
"""By default; those about the migrations themselves would fail, and say nothing."""


def main(commit: str, *tests: str) -> int:
    """Run the tests of an older commit; returns pytest's exit status."""
    if not commit:
        sys.exit("stockroom: name the older commit: make test-upgrade FROM=v1.2.")
    with tempfile.TemporaryDirectory(prefix="stockroom-older-") as folder:
        older = Path(folder)
        packed = subprocess.run(
            ["git", "archive", commit], cwd=ROOT, stdout=subprocess.PIPE, check=False
        )
        if packed.returncode != 0:
            return packed.returncode
        subprocess.run(["tar", "--extract", "--directory", folder], input=packed.stdout, check=True)
        shutil.rmtree(older / "migrations")
        shutil.copytree(ROOT / "migrations", older / "migrations")
        command = [sys.executable, "-m", "pytest", "-q", *(tests or TESTS)]
        return subprocess.run(command, cwd=older, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
