"""Where files are kept: a folder on this machine, or a bucket that speaks S3.

A file is named by a key, `a/b/c.webp`, and never written again under it, so what is read once may
be kept for ever. Domains ask for the port; which of the two it is, the settings say.
"""

import os
import re
import tempfile
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import S3Store

from api.kernel.errors import Unavailable
from api.platform.settings import Settings

FOR_EVER = "public, max-age=31536000, immutable"
TYPES = {
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}
"""What is ever given out, by how its key ends."""

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*\.[a-z0-9]{1,5}")
_LONGEST_KEY = 255
_TIMEOUT = "20s"


class StorageUnavailable(Unavailable):
    """The place where files are kept cannot be reached, is full, or does not let us in."""

    code = "storage_unavailable"
    sentence = "Files cannot be stored or read right now. Nothing was changed; try again."


class FileNotFound(Exception):
    """Nothing is kept under this key."""


class Storage(Protocol):
    """Wherever files are kept. Every verb may be repeated; none belongs inside a transaction."""

    def put(self, key: str, content: bytes) -> None:
        """Keep a file, whole or not at all. Raises `StorageUnavailable`."""

    def read(self, key: str) -> bytes:
        """Return a file. Raises `FileGone` and `StorageUnavailable`."""

    def delete(self, key: str) -> None:
        """Forget a file; one that is not there is forgotten already."""

    def url(self, key: str) -> str:
        """Return the address at which the whole world may read a file."""


class FolderStorage:
    """Keeps files below a folder that all web and worker processes share."""

    def __init__(self, root: Path, public_url: str) -> None:
        self.root = root.absolute()
        self._public_url = public_url.rstrip("/")

    def put(self, key: str, content: bytes) -> None:
        """Keep a file; see `Storage`. It appears under its name only when it is on the disk."""
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
        """Forget a file, and its folder when nothing else is in it; see `Storage`."""
        file = self.path(key)
        try:
            file.unlink(missing_ok=True)
        except OSError as broken:
            raise StorageUnavailable(cause=broken.strerror) from broken
        try:
            file.parent.rmdir()
        except OSError:
            return  # others are still in it, or another one was quicker

    def url(self, key: str) -> str:
        """Return the public address of a file; see `Storage`."""
        return f"{self._public_url}/{quote(validate_key(key))}"

    def path(self, key: str) -> Path:
        """Return where a file lies; ValueError for what is no key, as one that climbs out."""
        return self.root / validate_key(key)


class BucketStorage:
    """Keeps files in a bucket of any service that speaks S3.

    Nothing is opened before the first file: the web server makes its processes by forking, and a
    connection must belong to one of them.
    """

    def __init__(self, settings: Settings) -> None:
        address = urlsplit(settings.media_url)
        self._prefix = address.path.strip("/")
        endpoint = settings.media_endpoint
        options = {
            "region": settings.media_region,
            "endpoint": endpoint or None,
            "access_key_id": settings.media_access_key or None,
            "secret_access_key": settings.media_secret_key or None,
        }
        self._store = S3Store(
            address.netloc,
            config={name: value for name, value in options.items() if value},  # type: ignore[arg-type]
            client_options={"allow_http": endpoint.startswith("http://"), "timeout": _TIMEOUT},
            retry_config={"max_retries": 2},
        )
        plain = endpoint or f"https://s3.{settings.media_region}.amazonaws.com"
        self._public_url = settings.media_public_url.rstrip(
            "/"
        ) or f"{plain.rstrip('/')}/{address.netloc}/{self._prefix}".rstrip("/")

    def put(self, key: str, content: bytes) -> None:
        """Keep a file with its type and its life for browsers; see `Storage`."""
        name = self._name(key)
        kind = TYPES.get(Path(key).suffix, "application/octet-stream")
        try:
            self._store.put(
                name,
                content,
                attributes={"Content-Type": kind, "Cache-Control": FOR_EVER},
                use_multipart=False,
            )
        except (BaseError, OSError) as broken:
            raise _told(broken) from broken

    def read(self, key: str) -> bytes:
        """Return a file; see `Storage`."""
        try:
            return bytes(self._store.get(self._name(key)).bytes())
        except FileNotFoundError as gone:
            raise FileNotFound(key) from gone
        except (BaseError, OSError) as broken:
            raise _told(broken) from broken

    def delete(self, key: str) -> None:
        """Forget a file; see `Storage`."""
        try:
            self._store.delete(self._name(key))
        except FileNotFoundError:
            return
        except (BaseError, OSError) as broken:
            raise _told(broken) from broken

    def url(self, key: str) -> str:
        """Return the public address of a file; see `Storage`."""
        return f"{self._public_url}/{quote(validate_key(key))}"

    def _name(self, key: str) -> str:
        return f"{self._prefix}/{validate_key(key)}".lstrip("/")


def open_storage(settings: Settings) -> Storage:
    """Return the storage that the settings name."""
    if settings.media_url:
        return BucketStorage(settings)
    public_url = settings.media_public_url or f"{settings.public_url.rstrip('/')}/media"
    return FolderStorage(Path(settings.media_root), public_url)


def validate_key(key: str) -> str:
    """Return a key as it is; ValueError for anything that could name something else."""
    if len(key) > _LONGEST_KEY or not _KEY.fullmatch(key):
        raise ValueError(f"not a key: {key[:80]!r}")
    return key


def _told(broken: Exception) -> StorageUnavailable:
    # Only its kind: what an S3 service answers may hold names of keys and buckets.
    return StorageUnavailable(cause=type(broken).__name__)
