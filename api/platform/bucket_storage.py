"""Storage of media files in an S3-compatible bucket."""

from pathlib import Path
from urllib.parse import quote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import S3Store

from api.platform.settings import Settings
from api.platform.storage import FOR_EVER, TYPES, FileNotFound, StorageUnavailable, validate_key

_TIMEOUT = "20s"


class BucketStorage:
    """Stores files in a bucket of any S3-compatible service.

    Connections are opened at the first use: the web server forks its processes, and a connection
    must belong to one of them.
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
        """Store a file with its content type and cache headers; see `Storage`."""
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
        """Delete a file; see `Storage`."""
        try:
            self._store.delete(self._name(key))
        except FileNotFoundError:
            return
        except (BaseError, OSError) as broken:
            raise _told(broken) from broken

    def url(self, key: str) -> str:
        """Return the public URL of a file; see `Storage`."""
        return f"{self._public_url}/{quote(validate_key(key))}"

    def _name(self, key: str) -> str:
        return f"{self._prefix}/{validate_key(key)}".lstrip("/")


def _told(broken: Exception) -> StorageUnavailable:
    # Only its class: messages of an S3 service may contain keys and bucket names.
    return StorageUnavailable(cause=type(broken).__name__)
