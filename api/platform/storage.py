"""Storage of media files: a folder on this machine, or an S3-compatible bucket.

A file has a key, `a/b/c.webp`, and is never overwritten, so it may be cached for ever. Domains use
the `Storage` protocol; the settings choose the implementation.
"""

import os
import re
import tempfile
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from api.kernel.errors import Unavailable
from api.platform.settings import Settings

FOR_EVER = "public, max-age=31536000, immutable"
TYPES = {
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}
"""The content types of files that are served, by the ending of their key."""

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*\.[a-z0-9]{1,5}")
_LONGEST_KEY = 255


class StorageUnavailable(Unavailable):
    """The storage cannot be reached, is full, or denies access."""

    code = "storage_unavailable"
    sentence = "Files cannot be stored or read right now. Nothing was changed; try again."


class FileNotFound(Exception):
    """No file has this key."""


class Storage(Protocol):
    """A store of files. Every method may be repeated; none belongs inside a transaction."""

    def put(self, key: str, content: bytes) -> None:
        """Store a file atomically. Raises `StorageUnavailable`."""

    def read(self, key: str) -> bytes:
        """Return a file. Raises `FileNotFound` and `StorageUnavailable`."""

    def delete(self, key: str) -> None:
        """Delete a file, if it exists. Raises `StorageUnavailable`."""

    def url(self, key: str) -> str:
        """Return the public URL of a file."""


class FolderStorage:
    """Stores files in a folder that all web and worker processes share."""

    def __init__(self, root: Path, public_url: str) -> None:
        self.root = root.absolute()
        self._public_url = public_url.rstrip("/")

    def put(self, key: str, content: bytes) -> None:
        """Store a file; see `Storage`. It gets its name only after it is synced to the disk."""
        file = self.path(key)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            handle, half = tempfile.mkstemp(dir=file.parent, prefix=".")
            try:
                with os.fdopen(handle, "wb") as writing:
                    writing.write(content)
                    writing.flush()
                    os.fsync(writing.fileno())
                # A proxy that serves the folder runs as another user.
                Path(half).chmod(0o644)
                Path(half).replace(file)
            except BaseException:
                Path(half).unlink(missing_ok=True)
                raise
        except OSError as broken:
            raise StorageUnavailable(cause=broken.strerror) from broken

    def read(self, key: str) -> bytes:
        """Return a file; see `Storage`."""
        try:
            return self.path(key).read_bytes()
        except FileNotFoundError as gone:
            raise FileNotFound(key) from gone
        except OSError as broken:
            raise StorageUnavailable(cause=broken.strerror) from broken

    def delete(self, key: str) -> None:
        """Delete a file, and its folder when that is empty; see `Storage`."""
        file = self.path(key)
        try:
            file.unlink(missing_ok=True)
        except OSError as broken:
            raise StorageUnavailable(cause=broken.strerror) from broken
        try:
            file.parent.rmdir()
        except OSError:
            return  # not empty, or another process was faster

    def url(self, key: str) -> str:
        """Return the public URL of a file; see `Storage`."""
        return f"{self._public_url}/{quote(validate_key(key))}"

    def path(self, key: str) -> Path:
        """Return the path of a file; ValueError for an invalid key, such as one with `..`."""
        return self.root / validate_key(key)


def open_storage(settings: Settings) -> Storage:
    """Return the storage that the settings choose."""
    if settings.media_url:
        # Only a shop with a bucket loads what reaches it, 4 MB.
        from api.platform.bucket_storage import BucketStorage  # noqa: PLC0415

        return BucketStorage(settings)
    public_url = settings.media_public_url or f"{settings.public_url.rstrip('/')}/media"
    return FolderStorage(Path(settings.media_root), public_url)


def validate_key(key: str) -> str:
    """Return a valid key unchanged; ValueError for anything that could leave the storage."""
    if len(key) > _LONGEST_KEY or not _KEY.fullmatch(key):
        raise ValueError(f"not a key: {key[:80]!r}")
    return key
