"""Who runs PostgreSQL when the person at the terminal is root, and where its files then live.

PostgreSQL refuses to run as root. An ordinary user needs none of this: the data stays in `var/`
and belongs to them.
"""

import hashlib
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from api.dev.errors import DevError

_ROOT_ONLY_HOME = Path("/var/lib/stockroom")
_CANDIDATES = ("nobody", "postgres", "daemon")


@dataclass(frozen=True)
class UnixUser:
    """A system user without rights."""

    name: str
    uid: int
    gid: int


def unprivileged() -> UnixUser | None:
    """Return the user to drop to, or None when we are not root and there is nothing to drop."""
    if os.geteuid() != 0:
        return None
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return UnixUser(name, entry.pw_uid, entry.pw_gid)
    raise DevError(
        "PostgreSQL refuses to run as root and this machine has no user called "
        f"{', '.join(_CANDIDATES)}: start as an ordinary user, or set DATABASE_URL."
    )


def can_reach(path: Path) -> bool:
    """Say whether any user may pass through every folder above `path`."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.absolute().parents)


def private_home(wanted: Path, account: UnixUser | None) -> Path:
    """Return the folder for files of `account`: the wanted one, unless the account cannot reach it.

    A checkout below /root is closed to everyone else. Opening its parents would expose what else
    is there, so the files move to a folder of their own below /var/lib.
    """
    home = wanted.absolute()
    if account is not None and not can_reach(home):
        _ROOT_ONLY_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
        home = _home_below_var_lib(home)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account is not None:
        os.chown(home, account.uid, account.gid)
    return home


def other_homes(wanted: Path) -> list[Path]:
    """Return where `private_home` may have put files instead of the wanted folder."""
    elsewhere = _home_below_var_lib(wanted.absolute())
    return [elsewhere] if elsewhere.exists() else []


def _home_below_var_lib(home: Path) -> Path:
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    return _ROOT_ONLY_HOME / f"{home.name}-{digest}"


def reachable_copy(site: Path, folders: list[Path], account: UnixUser | None) -> Path:
    """Return a place that has these folders below `site` and that `account` may read.

    That is `site` itself whenever possible. Otherwise they are copied, once for each version, with
    their places relative to each other: programs look for their libraries beside themselves.
    """
    if account is None or all(_is_readable_by_all(site / folder) for folder in folders):
        return site
    age = max((site / folder).stat().st_mtime_ns for folder in folders)
    digest = hashlib.sha256(f"{site}:{age}".encode()).hexdigest()[:12]
    copy = _ROOT_ONLY_HOME / f"programs-{digest}"
    if not copy.exists():
        _ROOT_ONLY_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
        unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
        for folder in folders:
            shutil.copytree(site / folder, unfinished / folder, symlinks=True)
        for path in (unfinished, *unfinished.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        unfinished.rename(copy)
    return copy


def _is_readable_by_all(folder: Path) -> bool:
    """Look at the folder and at one file in it: packages are installed with one set of rights."""
    example = next(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return can_reach(example) and bool(example.stat().st_mode & stat.S_IROTH)
