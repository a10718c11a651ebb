"""Create a backup: dump, settings without secrets, new pictures; then delete the oldest ones."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

from api.kernel import clock
from api.kernel.release import VERSION
from api.platform.backups import manifest, postgres_tools, records, storage
from api.platform.backups.manifest import Kept, Manifest
from api.platform.backups.storage import BackupError, Place
from api.platform.db import transaction
from api.platform.schema import STATE_KEY
from api.platform.settings import Settings

DUMP = "database.dump"
SETTINGS = "settings.json"
_ONE_AT_A_TIME = 7362  # the advisory lock of backups


def create_backup(settings: Settings) -> Manifest:
    """Create and record a backup, and delete those beyond `backup_keep`; returns its manifest.

    Raises `BackupError`; earlier backups are not touched then, and the incomplete one has no
    manifest. Takes an advisory lock: a second one at the same time is refused.
    """
    place, recipient = storage.backups_of(settings), storage.recipient_of(settings)
    url = settings.database_owner_url or settings.database_url
    with _alone(url), storage.temporary_folder() as folder:
        made_at = clock.now()
        name = made_at.strftime("%Y%m%dT%H%M%SZ")
        server = postgres_tools.server_major(url)
        dump = folder / DUMP
        _dump(url, server, dump)
        settings_file = folder / SETTINGS
        settings_file.write_text(json.dumps(_without_secrets(settings), indent=1, default=str))
        draft = Manifest(
            name=name,
            created_at=made_at.isoformat(),
            release=VERSION,
            migration=_migration(url),
            server=server,
            recipient=recipient,
            files={},
            pool=f"media-{hashlib.sha256(recipient.encode()).hexdigest()[:8]}"
            if recipient
            else "media",
            media={},
        )
        for file in (dump, settings_file):
            draft.files[file.name] = _keep(place, file, draft.stored_as(file.name), recipient)
        _keep_media(settings, place, draft, folder)
        place.put(f"{name}/{manifest.MANIFEST}", draft.as_json())
    with transaction():
        records.note_made(
            {
                "name": name,
                "created_at": made_at,
                "place": place.name,
                "migration": draft.migration,
                "size_bytes": draft.files[DUMP].stored_size,
                "is_encrypted": bool(recipient),
            }
        )
        proved = records.last_proved()
    gone = rotate(place, keep=settings.backup_keep, spare=proved)
    if gone:
        with transaction():
            records.forget(gone)
    return draft


def rotate(place: Place, *, keep: int, spare: str | None) -> list[str]:
    """Delete all but the newest backups, and unused pictures; returns the names of the deleted.

    `spare`, the one that was verified last, is kept, too: newer ones may be unusable.
    """
    names = manifest.names_at(place)
    gone = [name for name in names[:-keep] if name != spare]
    if not gone:
        return []
    kept = [manifest.read(place, name) for name in names if name not in gone]
    needed = {one.stored_media(key) for one in kept for key in one.media}
    lying = place.sizes()
    # The manifest first, so that a half deleted backup counts as none.
    place.delete([f"{name}/{manifest.MANIFEST}" for name in gone])
    place.delete([key for key in lying if key.partition("/")[0] in gone])
    pools = {one.pool for one in kept} | {"media"}
    place.delete(
        [
            key
            for key in lying
            if (key.partition("/")[0] in pools or key.startswith("media-")) and key not in needed
        ]
    )
    return gone


@contextmanager
def _alone(url: str) -> Iterator[None]:
    connection = postgres_tools.connected(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", (_ONE_AT_A_TIME,))
            row = cursor.fetchone()
        if row is None or not row[0]:
            raise BackupError("Another backup is being made right now.")
        yield
    finally:
        connection.close()


def _dump(url: str, server: int, target: Path) -> None:
    postgres_tools.run(
        [
            postgres_tools.program("pg_dump", server),
            *("--format=custom", "--no-owner", "--no-privileges", "--schema=public"),
            *("--lock-wait-timeout=60000", f"--file={target}"),
        ],
        url,
        "pg_dump",
    )


def _migration(url: str) -> str | None:
    connection = postgres_tools.connected(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(STATE_KEY)
            row = cursor.fetchone()
            return row[0].get("version_num") if row else None
    finally:
        connection.close()


def _without_secrets(settings: Settings) -> dict[str, object]:
    """Return the settings without secrets, which are the fields that `repr` leaves out."""
    return {one.name: getattr(settings, one.name) for one in fields(settings) if one.repr}


def _keep(place: Place, file: Path, key: str, recipient: str) -> Kept:
    """Encrypt a file if a recipient is set, store it, and return its sizes and checksum."""
    size, digest = file.stat().st_size, storage.checksum(file)
    stored = file
    if recipient:
        stored = file.with_name(file.name + storage.SEALED)
        storage.seal(file, stored, recipient)
    stored_size = stored.stat().st_size
    place.put(key, stored)
    return Kept(size=size, sha256=digest, stored_size=stored_size)


def _keep_media(settings: Settings, place: Place, draft: Manifest, folder: Path) -> None:
    """Copy the pictures that the pool lacks; the others are listed in earlier manifests."""
    source = storage.media_of(settings)
    lying = place.sizes(draft.pool)
    known: dict[str, Kept] = {}
    for name in manifest.names_at(place)[-1:]:
        earlier = manifest.read(place, name)
        if earlier.pool == draft.pool:
            known = earlier.media
    for key, size in sorted(source.sizes().items()):
        if any(part.startswith(".") for part in key.split("/")):
            continue  # half written
        stored, kept = draft.stored_media(key), known.get(key)
        if kept is not None and kept.size == size and lying.get(stored) == kept.stored_size:
            draft.media[key] = kept
            continue
        file = folder / "picture"
        try:
            source.fetch(key, file)
        except BackupError as gone:
            if isinstance(gone.__cause__, FileNotFoundError):
                continue  # it was deleted meanwhile
            raise
        draft.media[key] = _keep(place, file, stored, draft.recipient)
