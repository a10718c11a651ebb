"""The manifest of a backup: file names, sizes, checksums, and the key it is encrypted to."""

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from api.platform.backups.storage import SEALED, BackupError, Place

FORMAT = 1
MANIFEST = "manifest.json"
_NAME = re.compile(r"\d{8}T\d{6}Z")


@dataclass(frozen=True)
class Kept:
    """A file of a backup: its original size and checksum, and its stored size."""

    size: int
    sha256: str
    stored_size: int


@dataclass(frozen=True)
class Manifest:
    """One backup. `pool` is the folder of its pictures, by key in `media`."""

    name: str
    created_at: str
    release: str
    migration: str | None
    server: int
    recipient: str
    """The public key that it is encrypted to; empty for none."""
    files: dict[str, Kept]
    pool: str
    media: dict[str, Kept]
    format: int = FORMAT

    def stored_as(self, name: str) -> str:
        """Return the storage key of a file of this backup."""
        return f"{self.name}/{name}{SEALED if self.recipient else ''}"

    def stored_media(self, key: str) -> str:
        """Return the storage key of a picture in the pool."""
        return f"{self.pool}/{key}{SEALED if self.recipient else ''}"

    def as_json(self) -> bytes:
        """Serialize the manifest."""
        return json.dumps(asdict(self), indent=1).encode()


def names_at(place: Place) -> list[str]:
    """Return the complete backups of a place, the oldest first."""
    folders = (key.removesuffix(f"/{MANIFEST}") for key in place.sizes() if key.endswith(MANIFEST))
    return sorted(name for name in folders if _NAME.fullmatch(name))


def read(place: Place, name: str = "") -> Manifest:
    """Return a backup's manifest, that of the newest without a name. `BackupError` for none."""
    if not name:
        names = names_at(place)
        if not names:
            raise BackupError(f"There is no backup at {place.name}.")
        name = names[-1]
    elif not _NAME.fullmatch(name):
        raise BackupError(f"{name} is no name of a backup: they are called as 20261130T031000Z.")
    try:
        told: dict[str, Any] = json.loads(place.read(f"{name}/{MANIFEST}"))
        if told["format"] != FORMAT:
            raise BackupError(
                f"The backup {name} has format {told['format']}, this release reads {FORMAT}: "
                "restore it with the release that made it."
            )
        for part in ("files", "media"):
            told[part] = {key: Kept(**kept) for key, kept in told[part].items()}
        return Manifest(**told)
    except (ValueError, KeyError, TypeError) as damaged:
        raise BackupError(f"The manifest of the backup {name} is damaged.") from damaged
