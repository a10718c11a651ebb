"""Verify a backup: restore it into a scratch database, upgrade that, and run the doctor on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg2

from api.platform.backups import manifest, postgres_tools, records, restore, storage
from api.platform.backups.create import DUMP
from api.platform.backups.manifest import Manifest
from api.platform.backups.storage import BackupError, Place
from api.platform.db import transaction
from api.platform.settings import Settings

EXAMINATION = ("doctor", "stock", "goods", "orders", "money", "catalogue")
"""The doctor command that must find no differences.

Without taxes, which may not be set up, and deliveries, which were in progress.
"""
_SAMPLES = 50


def prove_backup(
    settings: Settings, place: Place, name: str = "", identity_file: str = ""
) -> Manifest:
    """Verify a backup, by default the newest, and record the result.

    Raises `BackupError` when it cannot be restored or the doctor finds a difference. The scratch
    database is dropped in any case.
    """
    backup = manifest.read(place, name)
    try:
        _prove(settings, place, backup, identity_file)
    except BackupError as failed:
        with transaction():
            records.note_proof(backup.name, str(failed))
        raise
    with transaction():
        records.note_proof(backup.name, None)
    return backup


def _prove(settings: Settings, place: Place, backup: Manifest, identity_file: str) -> None:
    restore.check_media(place, backup, identity_file, samples=_SAMPLES)
    with storage.temporary_folder() as folder:
        dump = restore.fetch(place, backup, DUMP, identity_file, folder)
        with _scratch(settings) as url:
            restore.fill(url, dump)
            restore.upgrade(settings, url)
            restore.flask(EXAMINATION, settings, url)


@contextmanager
def _scratch(settings: Settings) -> Iterator[str]:
    """Create an empty database beside the shop's own, and drop it at the end of the block."""
    url = settings.database_owner_url or settings.database_url
    name = f"stockroom_proof_{uuid4().hex[:12]}"
    try:
        postgres_tools.execute(url, "CREATE DATABASE {} TEMPLATE template0", name)
    except psycopg2.errors.InsufficientPrivilege as refused:
        raise BackupError(
            "The database user may not create the scratch database. As the administrator of "
            "PostgreSQL: ALTER ROLE name CREATEDB, for the user of "
            f"{'DATABASE_OWNER_URL' if settings.database_owner_url else 'DATABASE_URL'}."
        ) from refused
    try:
        yield postgres_tools.with_name(url, name)
    finally:
        postgres_tools.execute(url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
