"""Files: whole or not at all, never outside of their folder, and in a bucket that checks us."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.platform import storage
from api.platform.bucket_storage import BucketStorage
from api.platform.settings import Settings, SettingsError
from api.platform.storage import FileNotFound, FolderStorage, StorageUnavailable
from tests.support.s3 import ACCESS_KEY, REGION, SECRET_KEY, Bucket, running_bucket

KEY = "ab/0123/small.webp"


@pytest.fixture
def folder(tmp_path: Path) -> FolderStorage:
    """An empty folder."""
    return FolderStorage(tmp_path / "media", "https://shop.test/media/")


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    """A bucket that checks every signature."""
    with running_bucket() as running:
        yield running


def in_bucket(bucket: Bucket, **changes: str) -> BucketStorage:
    """Return the storage of a shop that keeps its pictures in the bucket."""
    settings = Settings(
        media_url="s3://pictures/shop",
        media_endpoint=bucket.endpoint,
        media_region=REGION,
        media_access_key=changes.get("access_key", ACCESS_KEY),
        media_secret_key=changes.get("secret_key", SECRET_KEY),
        media_public_url=changes.get("public_url", ""),
    )
    kept = storage.open_storage(settings)
    assert isinstance(kept, BucketStorage)
    return kept


def test_a_file_comes_back_as_it_was_put(folder: FolderStorage) -> None:
    folder.put(KEY, b"picture")

    assert folder.read(KEY) == b"picture"
    assert folder.url(KEY) == "https://shop.test/media/ab/0123/small.webp"
    assert stat.S_IMODE(folder.path(KEY).stat().st_mode) == 0o644


def test_a_deleted_file_leaves_no_folder_behind(folder: FolderStorage) -> None:
    folder.put(KEY, b"picture")

    folder.delete(KEY)
    folder.delete(KEY)

    with pytest.raises(FileNotFound):
        folder.read(KEY)
    assert not folder.path(KEY).parent.exists()


@pytest.mark.parametrize(
    "key",
    ["../secret.jpg", "/etc/passwd.png", "a/../../b.webp", "a//b.jpg", ".hidden.jpg", "a\\b.jpg",
     "a/b", "", "A.JPG", "a/b.jpg\n", "x" * 300 + ".jpg"],
)  # fmt: skip
def test_what_could_name_another_file_is_no_key(folder: FolderStorage, key: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        folder.path(key)


def test_a_write_that_breaks_off_leaves_nothing(
    folder: FolderStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.put(KEY, b"first")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageUnavailable):
        folder.put("ab/0123/large.webp", b"second")

    assert [file.name for file in folder.path(KEY).parent.iterdir()] == ["small.webp"]


def test_the_bucket_takes_what_is_signed(bucket: Bucket) -> None:
    kept = in_bucket(bucket)

    kept.put(KEY, b"picture" * 1000)

    stored = bucket.objects["shop/" + KEY]
    assert stored.content == b"picture" * 1000
    assert stored.headers["content-type"] == "image/webp"
    assert stored.headers["cache-control"] == storage.FOR_EVER
    assert kept.read(KEY) == b"picture" * 1000
    assert kept.url(KEY) == f"{bucket.endpoint}/pictures/shop/{KEY}"


def test_the_bucket_forgets(bucket: Bucket) -> None:
    kept = in_bucket(bucket)
    kept.put(KEY, b"picture")

    kept.delete(KEY)
    kept.delete(KEY)

    assert bucket.objects == {}
    with pytest.raises(FileNotFound):
        kept.read(KEY)


def test_a_wrong_key_is_told_without_saying_which(bucket: Bucket) -> None:
    kept = in_bucket(bucket, secret_key="wrong")

    with pytest.raises(StorageUnavailable) as refused:
        kept.put(KEY, b"picture")

    assert bucket.objects == {}
    assert "wrong" not in str(refused.value.facts)
    assert "wrong" not in str(refused.value)


def test_a_bucket_in_trouble_is_asked_again(bucket: Bucket) -> None:
    kept = in_bucket(bucket)
    bucket.failures = [503]

    kept.put(KEY, b"picture")

    assert kept.read(KEY) == b"picture"
    assert [line.split()[0] for line in bucket.asked] == ["PUT", "PUT", "GET"]


def test_a_bucket_that_is_not_there_is_unavailable(bucket: Bucket) -> None:
    kept = in_bucket(bucket)
    kept._store = in_bucket(Bucket(endpoint="http://127.0.0.1:9"))._store

    with pytest.raises(StorageUnavailable):
        kept.read(KEY)


def test_another_host_may_give_the_pictures_out(bucket: Bucket) -> None:
    kept = in_bucket(bucket, public_url="https://cdn.shop.test/p/")

    assert kept.url(KEY) == f"https://cdn.shop.test/p/{KEY}"


_FORKING = """
import os, sys
from api.platform import storage
from api.platform.settings import Settings
kept = storage.open_storage(Settings(
    media_url="s3://pictures/shop", media_endpoint=sys.argv[1], media_region=sys.argv[2],
    media_access_key=sys.argv[3], media_secret_key=sys.argv[4]))
child = os.fork()
kept.put("child.webp" if child == 0 else "parent.webp", b"picture")
if child == 0:
    os._exit(0)
sys.exit(os.waitpid(child, 0)[1])
"""


def test_a_forked_process_speaks_to_the_bucket_by_itself(bucket: Bucket) -> None:
    """The web server builds the shop once and forks; so does the worker, for each job."""
    command = [sys.executable, "-c", _FORKING, bucket.endpoint, REGION, ACCESS_KEY, SECRET_KEY]

    subprocess.run(command, check=True, timeout=60)

    assert sorted(bucket.objects) == ["shop/child.webp", "shop/parent.webp"]


def test_a_bucket_needs_a_name() -> None:
    base = {
        "STOCKROOM_ENV": "development",
        "DATABASE_URL": "postgresql://shop@127.0.0.1/shop",
        "REDIS_URL": "redis://127.0.0.1/0",
    }
    for wrong in ("s3://", "s3:///folder", "s3://UPPER", "https://bucket"):
        with pytest.raises(SettingsError) as unfit:
            Settings.from_env({**base, "MEDIA_URL": wrong})
        assert "MEDIA_URL" in unfit.value.problems[0]

    fit = Settings.from_env({**base, "MEDIA_URL": "s3://bucket/a/folder"})
    assert fit.media_url == "s3://bucket/a/folder"
