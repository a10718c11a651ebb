"""Restore a backup: check it, fill a database, upgrade that, copy the pictures."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from redis.exceptions import RedisError

from api.kernel import clock
from api.platform.backups import postgres_tools, storage
from api.platform.backups.manifest import Kept, Manifest
from api.platform.backups.storage import BackupError, Place
from api.platform.redis import client
from api.platform.schema import MIGRATIONS
from api.platform.settings import Settings

_TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
_OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'stockroom'
      AND pid <> pg_backend_pid()
"""


def is_empty(url: str) -> bool:
    """Return whether a database has no table."""
    return _count(url, _TABLES) == 0


def is_in_use(url: str) -> bool:
    """Return whether the shop's API or a worker is connected to a database."""
    return _count(url, _OTHERS) > 0


def fetch(place: Place, backup: Manifest, name: str, identity_file: str, folder: Path) -> Path:
    """Download and decrypt a file of a backup; raises `BackupError` if its checksum differs."""
    return _fetch(place, backup.stored_as(name), backup.files[name], backup, identity_file, folder)


def fill(url: str, dump: Path) -> None:
    """Restore a dump into an empty database, all of it or nothing."""
    restore = postgres_tools.program("pg_restore", postgres_tools.server_major(url))
    postgres_tools.run(
        [
            *(restore, "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"),
            # The schema itself is there already, in every database.
            *("--schema=public", str(dump)),
        ],
        url,
        "pg_restore",
    )


def set_aside(url: str) -> str:
    """Rename the schema of a database, so that its contents are kept; returns the new name.

    Nothing is deleted: `put_back` undoes it, and the owner drops it after a successful restore.
    """
    aside = f"before_restore_{clock.now():%Y%m%d_%H%M%S}"
    postgres_tools.execute(url, "ALTER SCHEMA public RENAME TO {}", aside)
    postgres_tools.execute(url, "CREATE SCHEMA public")
    return aside


def put_back(url: str, aside: str) -> None:
    """Undo `set_aside`, and drop a partial restore."""
    postgres_tools.execute(url, "DROP SCHEMA public CASCADE")
    postgres_tools.execute(url, "ALTER SCHEMA {} RENAME TO public", aside)


def upgrade(settings: Settings, url: str) -> None:
    """Upgrade a restored database to this release."""
    _run([sys.executable, "-m", "api.migrate"], settings, url)


def flask(command: Sequence[str], settings: Settings, url: str) -> None:
    """Run a command of the shop on another database; `BackupError` with its words if it fails."""
    _run([sys.executable, "-m", "flask", "--app", "wsgi", *command], settings, url)


def _run(command: list[str], settings: Settings, url: str) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": postgres_tools.plain_url(url),
        "DATABASE_OWNER_URL": "",
        "MEDIA_ROOT": settings.media_root,
    }
    done = subprocess.run(  # noqa: S603 - our own words
        command,
        cwd=MIGRATIONS.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip().splitlines() or ["it said nothing"]
        raise BackupError(f"{' '.join(command[2:])} failed: {' / '.join(said[-3:])}")


def restore_media(settings: Settings, place: Place, backup: Manifest, identity_file: str) -> int:
    """Copy the pictures that the shop's storage lacks; returns how many."""
    target, written = storage.media_of(settings), 0
    existing = target.sizes()
    with storage.temporary_folder() as folder:
        for key, kept in sorted(backup.media.items()):
            if existing.get(key) == kept.size:
                continue
            stored = backup.stored_media(key)
            file = _fetch(place, stored, kept, backup, identity_file, folder)
            target.put(key, file.read_bytes())
            if not target.is_bucket:
                # A proxy that serves the folder runs as another user.
                _let_everybody_read(Path(target.name), key)
            written += 1
    return written


def check_media(place: Place, backup: Manifest, identity_file: str, *, samples: int) -> None:
    """Check the sizes of all pictures in the pool and the checksums of some, or `BackupError`."""
    sizes = place.sizes(backup.pool)
    for key, kept in backup.media.items():
        if sizes.get(backup.stored_media(key)) != kept.stored_size:
            raise BackupError(f"The picture {key} of the backup {backup.name} is not whole.")
    keys = sorted(backup.media)
    with storage.temporary_folder() as folder:
        for key in keys[:: max(1, len(keys) // samples)]:
            stored = backup.stored_media(key)
            _fetch(place, stored, backup.media[key], backup, identity_file, folder)


def empty_redis() -> bool:
    """Empty Redis, whose data is of the shop before the restore; False when it does not answer.

    Nothing is lost: jobs come due again, cached responses are made again.
    """
    try:
        client().flushdb()
    except RedisError:
        return False
    return True


def _fetch(
    place: Place, stored: str, kept: Kept, backup: Manifest, identity_file: str, folder: Path
) -> Path:
    file = folder / "fetched"
    if backup.recipient:
        sealed = folder / "sealed"
        place.fetch(stored, sealed)
        storage.unseal(sealed, file, identity_file)
    else:
        place.fetch(stored, file)
    if file.stat().st_size != kept.size or storage.checksum(file) != kept.sha256:
        raise BackupError(f"{stored} at {place.name} is damaged: it is not what was put there.")
    return file


def _let_everybody_read(root: Path, key: str) -> None:
    (root / key).chmod(0o644)
    for folder in (root / key).parents:
        if folder == root:
            return
        folder.chmod(0o755)


def _count(url: str, question: str) -> int:
    connection = postgres_tools.connected(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(question)
            row = cursor.fetchone()
            return int(row[0]) if row else 0
    finally:
        connection.close()
