"""Make `.venv` and install what the requirements name; does nothing when that is done already.

Run by the Makefile with the machine's own Python, so it uses the standard library alone and syntax
that an old Python understands well enough to say that it is too old.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
STAMP = VENV / ".installed"
OLDEST = (3, 11)


def main() -> None:
    """Bring `.venv` up to date, one make at a time; one sentence and exit status 1 if it cannot."""
    _refuse_what_cannot_work()
    if _is_up_to_date():
        return
    turn = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(turn, fcntl.LOCK_EX)  # a second make waits, and then finds everything done
    if _is_up_to_date():
        return
    print(
        "Installing what Stockroom needs into .venv; this is done once, in about a minute ...",
        flush=True,
    )
    if not _works() or _made_by_another_python():
        _run([sys.executable, "-m", "venv", "--clear", str(VENV)], "making .venv failed")
    python = str(VENV / "bin/python")
    # Compiled by all cores afterwards, which pip would do with one.
    install = [python, "-m", "pip", "install", "-qq", "--no-compile", "--disable-pip-version-check"]
    # What is installed is what was locked, down to the last package and its checksum.
    locked = ["--require-hashes", "-r", str(ROOT / "requirements-dev.lock")]
    _run([*install, *locked], "the installation failed")
    compiling = [python, "-m", "compileall", "-qq", "-j", "0", str(VENV / "lib")]
    # Packages carry a few files in the syntax of other Pythons; those fail and nobody misses them.
    subprocess.run(compiling, check=False)
    STAMP.write_text("\n".join(_fingerprint()))


def _refuse_what_cannot_work() -> None:
    if sys.version_info < OLDEST:
        found = ".".join(str(part) for part in sys.version_info[:3])
        _refuse(
            f"this is Python {found} and Stockroom needs 3.11 or newer: install one, "
            "or name it, as in make run PYTHON=/path/to/python3.11"
        )
    try:
        __import__("ensurepip")
        __import__("venv")
    except ImportError:
        _refuse(
            "this Python lacks its venv module: install it (on Debian and Ubuntu: "
            f"apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv)"
        )
    if VENV.is_symlink():
        # Making it anew would empty whatever it points to.
        _refuse(f"{VENV} is a link to somewhere else: remove the link, so that .venv can be made")
    if not os.access(ROOT, os.W_OK):
        _refuse(f"the folder {ROOT} cannot be written to: use a checkout that is yours")


def _is_up_to_date() -> bool:
    return STAMP.exists() and STAMP.read_text().split("\n") == _fingerprint()


def _fingerprint() -> "list[str]":
    """Return what the installation depends on: the Python, the folder, what is locked."""
    wanted = (ROOT / "requirements-dev.lock").read_bytes()
    return [sys.base_prefix, sys.version.split()[0], str(VENV), hashlib.sha256(wanted).hexdigest()]


def _made_by_another_python() -> bool:
    return STAMP.exists() and STAMP.read_text().split("\n")[:3] != _fingerprint()[:3]


def _works() -> bool:
    """Say whether `.venv` still has a Python that starts: the one it links to may be gone."""
    try:
        found = subprocess.run([str(VENV / "bin/python"), "-c", "import pip"], check=False)
    except OSError:
        return False
    return found.returncode == 0


def _run(command: "list[str]", refusal: str) -> None:
    if subprocess.run(command, check=False).returncode != 0:
        _refuse(f"{refusal}; the reason is above")


def _refuse(sentence: str) -> None:
    sys.exit(f"stockroom: {sentence}.")


if __name__ == "__main__":
    main()
