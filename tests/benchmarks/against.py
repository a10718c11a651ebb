"""Another commit beside this checkout: in a folder and with an environment of its own."""

import subprocess
import sys
from pathlib import Path

from api.dev import stack

BUILT = stack.ROOT / "var/bench"


def build(commit: str) -> tuple[str, Path]:
    """Check a commit out below var/bench and install what it needs; returns its name and folder.

    What was built before is used again. Raises `SystemExit` when there is no such commit.
    """
    known = _git(stack.ROOT, "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}")
    if known.returncode != 0:
        raise SystemExit(f"make bench: there is no commit {commit} here; fetch it first")
    whole = known.stdout.strip()
    folder = BUILT / whole[:12]
    if not (folder / ".git").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        _must(_git(stack.ROOT, "clone", "-q", "--shared", "--no-checkout", ".", str(folder)))
        _must(_git(folder, "checkout", "-q", "--detach", whole))
    # The Python that made our environment; that of the environment itself would be in the way.
    python = Path(sys.base_prefix) / f"bin/python{sys.version_info[0]}.{sys.version_info[1]}"
    _must(
        subprocess.run(
            ["make", "-s", "ready", f"PYTHON={python if python.exists() else 'python3'}"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    )
    return whole[:7], folder


def here() -> str:
    """Name the commit of this checkout, with a + when files differ from it."""
    name = _git(stack.ROOT, "rev-parse", "--short", "HEAD").stdout.strip()
    changed = _git(stack.ROOT, "status", "--porcelain", "--untracked-files=no").stdout.strip()
    return f"{name or 'here'}{'+' if changed else ''}"


def _git(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def _must(done: "subprocess.CompletedProcess[str]") -> None:
    if done.returncode != 0:
        raise SystemExit(f"make bench: {' '.join(map(str, done.args))} failed:\n{done.stderr}")
