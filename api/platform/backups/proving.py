"""Prove a backup: give it back into a scratch database, bring that up to date, and examine it."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg2

from api.platform.backups import manifest, places, programs, records, restoring
from api.platform.backups.making import DUMP
from api.platform.backups.manifest import Manifest
from api.platform.backups.places import BackupError, Place
from api.platform.db import transaction
from api.platform.settings import Settings

EXAMINATION = ("doctor", "stock", "goods", "orders", "money", "catalogue")
"""The command that finds nothing wrong in a shop that is whole.

Not about taxes, which somebody has set up or not, and deliveries, which were under way.
"""
_SAMPLES = 50


def prove(settings: Settings, place: Place, name: str = "", identity_file: str = "") -> Manifest:
    """Prove a backup, the newest without a name, and write down how it went.

    Raises `BackupError` when it cannot be given back or something in it is wrong. The scratch
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
    restoring.check_media(place, backup, identity_file, samples=_SAMPLES)
    with places.workroom() as room:
        dump = restoring.fetched(place, backup, DUMP, identity_file, room)
        with _scratch(settings) as url:
            restoring.fill(url, dump)
            restoring.upgrade(settings, url)
            restoring.flask(EXAMINATION, settings, url)


@contextmanager
def _scratch(settings: Settings) -> Iterator[str]:
    """Have an empty database beside the shop's own for the length of a block."""
    url = settings.database_owner_url or settings.database_url
    name = f"stockroom_proof_{uuid4().hex[:12]}"
    try:
        programs.execute(url, "CREATE DATABASE {} TEMPLATE template0", name)
    except psycopg2.errors.InsufficientPrivilege as refused:
        raise BackupError(
            "The database user may not create the scratch database. As the administrator of "
            "PostgreSQL: ALTER ROLE name CREATEDB, for the user of "
            f"{'DATABASE_OWNER_URL' if settings.database_owner_url else 'DATABASE_URL'}."
        ) from refused
    try:
        yield programs.with_name(url, name)
    finally:
        programs.execute(url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
