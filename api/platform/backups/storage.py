"""Storage of backups: a folder or an S3-compatible bucket. Files may be encrypted ("sealed").

They are encrypted with age (https://age-encryption.org) to a public key, so that somebody with
access to the bucket or the shop's machine cannot read them. `age --decrypt` opens them as well.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from api.kernel import packages
from api.platform.settings import Settings

_CHUNK = 1024 * 1024
SEALED = ".age"


class BackupError(Exception):
    """A backup cannot be created, found, read or restored; says why and what to do."""


@dataclass(frozen=True)
class Place:
    """A folder or a bucket, and its name for people."""

    store: Any
    name: str
    is_bucket: bool

    def put(self, key: str, content: Path | bytes) -> None:
        """Store a file atomically. Raises `BackupError`."""
        with self._told(f"write {key}"):
            self.store.put(key, content)

    def fetch(self, key: str, target: Path) -> None:
        """Write a stored file to `target`. Raises `BackupError`, also when it does not exist."""
        with self._told(f"read {key}"), target.open("wb") as writing:
            for chunk in self.store.get(key).stream():
                writing.write(bytes(chunk))

    def read(self, key: str) -> bytes:
        """Return a small file. Raises `BackupError`, also when it does not exist."""
        with self._told(f"read {key}"):
            return bytes(self.store.get(key).bytes())

    def sizes(self, prefix: str = "") -> dict[str, int]:
        """Return the sizes of the files below a prefix, by key, in bytes."""
        with self._told("list what is there"):
            found = self.store.list(prefix=prefix or None)
            return {one["path"]: one["size"] for batch in found for one in batch}

    def delete(self, keys: list[str]) -> None:
        """Delete files, if they exist. Raises `BackupError`."""
        for key in keys:
            try:
                with self._told(f"delete {key}"):
                    self.store.delete(key)
            except BackupError as failed:
                if not isinstance(failed.__cause__, FileNotFoundError):
                    raise

    @contextmanager
    def _told(self, deed: str) -> Iterator[None]:
        from obstore.exceptions import BaseError  # noqa: PLC0415 - optional, see `_opened`

        try:
            yield
        except (BaseError, OSError) as broken:
            # Only its kind: what an S3 service answers may hold names and signatures.
            reason = broken.strerror if isinstance(broken, OSError) and broken.strerror else ""
            kind = reason or type(broken).__name__
            raise BackupError(f"Cannot {deed} at {self.name}: {kind}.") from broken


def backups_of(settings: Settings, url: str = "") -> Place:
    """Return the storage of backups, or that of another URL; `BackupError` if none is set."""
    return _opened(
        url or settings.backup_url,
        endpoint=settings.backup_endpoint,
        region=settings.backup_region,
        access_key=settings.backup_access_key,
        secret_key=settings.backup_secret_key,
    )


def media_of(settings: Settings) -> Place:
    """Return the storage of the shop's pictures."""
    return _opened(
        settings.media_url or settings.media_root,
        endpoint=settings.media_endpoint,
        region=settings.media_region,
        access_key=settings.media_access_key,
        secret_key=settings.media_secret_key,
    )


def _opened(url: str, *, endpoint: str, region: str, access_key: str, secret_key: str) -> Place:
    if not url:
        raise BackupError(
            "No place for backups is set: BACKUP_URL names a folder or s3://bucket/folder."
        )
    if (problem := packages.problem_of("s3")) is not None:
        raise BackupError(problem.detail)
    from obstore.exceptions import BaseError  # noqa: PLC0415 - of requirements-s3.txt
    from obstore.store import LocalStore, S3Store  # noqa: PLC0415 - as above

    if not url.startswith("s3://"):
        try:
            folder = Path(url).absolute()
            return Place(LocalStore(folder, mkdir=True), str(folder), is_bucket=False)
        except (BaseError, OSError) as broken:
            raise BackupError(f"Cannot use the folder {url}: {broken}") from broken
    address = urlsplit(url)
    options = {
        "region": region,
        "endpoint": endpoint,
        "access_key_id": access_key,
        "secret_access_key": secret_key,
    }
    store = S3Store(
        address.netloc,
        prefix=address.path.strip("/") or None,
        config={name: value for name, value in options.items() if value},  # type: ignore[arg-type]
        client_options={"allow_http": endpoint.startswith("http://"), "timeout": "300s"},
        retry_config={"max_retries": 3},
    )
    return Place(store, url, is_bucket=True)


def recipient_of(settings: Settings) -> str:
    """Return the public key that backups are encrypted to, "" for none; `BackupError` if invalid.

    A bucket requires one: it is somebody else's machine.
    """
    key = settings.backup_recipient
    if not key:
        if settings.backup_url.startswith("s3://"):
            raise BackupError(
                "BACKUP_RECIPIENT is missing: nothing goes to a bucket that is not encrypted. Make "
                "a key pair with age-keygen, keep the private key elsewhere, set the public one."
            )
        return ""
    import pyrage  # noqa: PLC0415 - of requirements-s3.txt

    try:
        pyrage.x25519.Recipient.from_str(key)
    except pyrage.RecipientError as unfit:
        raise BackupError("BACKUP_RECIPIENT is no public key of age (age1...).") from unfit
    return key


def seal(source: Path, target: Path, recipient: str) -> None:
    """Encrypt a file to a public key."""
    import pyrage  # noqa: PLC0415 - of requirements-s3.txt

    with source.open("rb") as reading, target.open("wb") as writing:
        pyrage.encrypt_io(reading, writing, [pyrage.x25519.Recipient.from_str(recipient)])


def unseal(source: Path, target: Path, identity_file: str) -> None:
    """Decrypt a file with the private keys in a file, as age-keygen writes it."""
    import pyrage  # noqa: PLC0415 - of requirements-s3.txt

    with source.open("rb") as reading, target.open("wb") as writing:
        try:
            pyrage.decrypt_io(reading, writing, identities(identity_file))
        except pyrage.DecryptError as unfit:
            raise BackupError(
                f"The key in {identity_file} does not open this backup, or the file is damaged."
            ) from unfit


def identities(identity_file: str) -> list[object]:
    """Read the private keys in a file; `BackupError` when there are none."""
    if not identity_file:
        raise BackupError(
            "This backup is encrypted: name the file with the private key by --identity or "
            "BACKUP_IDENTITY_FILE."
        )
    import pyrage  # noqa: PLC0415 - of requirements-s3.txt

    try:
        lines = Path(identity_file).read_text().splitlines()
        keys = [line.strip() for line in lines if line.startswith("AGE-SECRET-KEY-")]
        found = [pyrage.x25519.Identity.from_str(key) for key in keys]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError) as unfit:
        raise BackupError(f"Cannot read a private key from {identity_file}.") from unfit
    if not found:
        raise BackupError(f"{identity_file} holds no private key of age (AGE-SECRET-KEY-1...).")
    return found


def checksum(file: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with file.open("rb") as reading:
        return hashlib.file_digest(reading, "sha256").hexdigest()


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Provide a private temporary folder, deleted at the end; TMPDIR says where."""
    with tempfile.TemporaryDirectory(prefix="stockroom-backup-") as folder:
        yield Path(folder)
