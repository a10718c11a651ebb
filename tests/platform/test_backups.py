"""Backups: made with real pg_dump, sealed by age, kept in a folder or a bucket, and given back."""

import dataclasses
import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pyrage
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from api.kernel import clock
from api.platform import health, service_registry
from api.platform.backups import create, jobs, manifest, postgres_tools, records, restore, storage
from api.platform.backups.storage import BackupError
from api.platform.db import session, transaction
from api.platform.settings import Settings
from tests.support import s3
from tests.support.shop import Shop
from tests.support.stack import Postgres

PICTURES = {"aa/bb/mug-800.webp": b"a mug", "cc/dd/cup-800.webp": b"a cup"}


@dataclasses.dataclass
class Keeper:
    """The owner at the shell: changes settings, runs commands."""

    app: Flask
    settings: Settings

    def sets(self, **changes: Any) -> Settings:
        """Set something anew, for this test."""
        self.settings = dataclasses.replace(self.settings, **changes)
        service_registry.register(self.app, Settings, self.settings)
        return self.settings

    def runs(self, *command: str, typed: str = "") -> Result:
        """Run a command of the shop."""
        session.remove()
        return self.app.test_cli_runner().invoke(args=list(command), input=typed)


@pytest.fixture
def keeper(
    app: Flask, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Keeper]:
    """The owner of a shop with two pictures and a folder for backups."""
    monkeypatch.setenv("STOCKROOM_ENV", "development")
    monkeypatch.setenv("REDIS_URL", settings.redis_url)
    media = tmp_path / "media"
    for key, content in PICTURES.items():
        (media / key).parent.mkdir(parents=True)
        (media / key).write_bytes(content)
    person = Keeper(app, settings)
    person.sets(backup_url=str(tmp_path / "backups"), media_root=str(media))
    yield person
    service_registry.register(app, Settings, settings)


@pytest.fixture
def key_pair(tmp_path: Path) -> tuple[str, Path]:
    """A public key, and the file with its private one as age-keygen writes it."""
    identity = pyrage.x25519.Identity.generate()
    file = tmp_path / "backup-key.txt"
    file.write_text(f"# public key: {identity.to_public()}\n{identity}\n")
    return str(identity.to_public()), file


@pytest.fixture
def other_database(postgres: Postgres) -> Iterator[str]:
    """The name of a database that is not there yet."""
    yield "given_back"
    postgres.drop_database(postgres.url("given_back"))


def rows(url: str, question: str) -> list[tuple[Any, ...]]:
    """Ask a database past the shop."""
    connection = psycopg2.connect(postgres_tools.plain_url(url))
    try:
        with connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchall()
    finally:
        connection.close()


def beside(keeper: Keeper, name: str) -> str:
    """Return the address of another database of the same server."""
    return postgres_tools.with_name(keeper.settings.database_url, name)


def test_a_backup_comes_back_whole_into_another_database(
    keeper: Keeper, shop: Shop, other_database: str, tmp_path: Path
) -> None:
    shop.sells("MUG", 7)
    shop.an_order(MUG=2)
    made = keeper.runs("backup")
    assert made.exit_code == 0, made.output
    assert "2 picture files, not encrypted" in made.output
    shutil.rmtree(tmp_path / "media")

    done = keeper.runs("restore", "--into", other_database)

    assert done.exit_code == 0, done.output
    assert "2 picture files put back" in done.output
    url = beside(keeper, other_database)
    assert rows(url, "SELECT count(*), max(total) FROM orders") == rows(
        keeper.settings.database_url, "SELECT count(*), max(total) FROM orders"
    )
    assert rows(url, "SELECT on_hand, allocated FROM stock_levels") == [(7, 2)]
    kept = {key: (tmp_path / "media" / key).read_bytes() for key in PICTURES}
    assert kept == PICTURES
    assert (tmp_path / "media/aa/bb/mug-800.webp").stat().st_mode & 0o777 == 0o644


def test_a_restore_over_a_full_database_asks_for_its_name_and_keeps_what_was_there(
    keeper: Keeper, shop: Shop, postgres: Postgres
) -> None:
    shop.sells("MUG", 7)
    assert keeper.runs("backup").exit_code == 0
    name = "to_replace"
    assert keeper.runs("restore", "--into", name, "--no-media").exit_code == 0
    url = beside(keeper, name)
    connection = psycopg2.connect(postgres_tools.plain_url(url))
    with connection, connection.cursor() as cursor:
        cursor.execute("UPDATE variants SET title = 'of today'")
    connection.close()
    keeper.sets(database_url=url)
    try:
        refused = keeper.runs("restore", "--no-media", typed="yes\n")
        assert (refused.exit_code, "Nothing was changed" in refused.output) == (1, True)
        assert rows(url, "SELECT title FROM variants") == [("of today",)]
        again = keeper.runs("restore", "--into", name, "--no-media")
        assert "is not empty: name one that is" in again.output

        done = keeper.runs("restore", "--no-media", typed=f"{name}\n")

        assert done.exit_code == 0, done.output
        assert rows(url, "SELECT count(*) FROM variants WHERE title = 'of today'") == [(0,)]
        ((aside,),) = rows(url, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'before%'")
        assert f"DROP SCHEMA {aside} CASCADE" in done.output
        assert rows(url, f"SELECT title FROM {aside}.variants") == [("of today",)]
    finally:
        session.remove()
        postgres.drop_database(postgres_tools.plain_url(url))


def test_a_restore_that_fails_leaves_the_database_as_it_was(
    keeper: Keeper, shop: Shop, monkeypatch: pytest.MonkeyPatch, postgres: Postgres
) -> None:
    shop.sells("MUG", 7)
    assert keeper.runs("backup").exit_code == 0
    assert keeper.runs("restore", "--into", "kept_whole", "--no-media").exit_code == 0
    url = beside(keeper, "kept_whole")
    keeper.sets(database_url=url)

    def dies(*_: Any) -> None:
        raise BackupError("the disk is full")

    monkeypatch.setattr(restore, "fill", dies)
    try:
        done = keeper.runs("restore", "--no-media", typed="kept_whole\n")
        assert (done.exit_code, "the disk is full" in done.output) == (1, True)
        assert rows(url, "SELECT count(*) FROM variants") == [(1,)]
    finally:
        session.remove()
        postgres.drop_database(postgres_tools.plain_url(url))


def test_a_backup_is_refused_to_a_shop_that_runs(
    keeper: Keeper, shop: Shop, postgres: Postgres
) -> None:
    assert keeper.runs("backup").exit_code == 0
    url = postgres.fresh_database()
    running = psycopg2.connect(url, application_name="stockroom")
    try:
        done = keeper.runs("restore", "--into", urlsplit(url).path[1:])
        assert (done.exit_code, "stop the API and the workers" in done.output) == (1, True)
    finally:
        running.close()
        postgres.drop_database(url)


def test_an_encrypted_backup_opens_with_the_private_key_alone(
    keeper: Keeper, shop: Shop, key_pair: tuple[str, Path], tmp_path: Path
) -> None:
    public, identity = key_pair
    keeper.sets(backup_recipient=public)
    assert "encrypted" in keeper.runs("backup").output
    folder = tmp_path / "backups"
    (dump,) = folder.glob("*/database.dump.age")
    assert dump.read_bytes().startswith(b"age-encryption.org/v1")
    assert not any(file.name == "mug-800.webp" for file in folder.rglob("*"))
    if shutil.which("age"):
        opened = subprocess.run(
            ["age", "--decrypt", "-i", str(identity), str(dump)], capture_output=True, check=True
        )
        assert opened.stdout.startswith(b"PGDMP")

    without = keeper.runs("restore", "--into", "nowhere")
    assert "name the file with the private key" in without.output
    other = tmp_path / "other.txt"
    other.write_text(f"{pyrage.x25519.Identity.generate()}\n")
    wrong = keeper.runs("restore", "--into", "nowhere", "--identity", str(other))
    assert "does not open this backup" in wrong.output
    place = storage.backups_of(keeper.settings)
    found = manifest.read(place)
    with storage.temporary_folder() as room:
        file = restore.fetch(place, found, create.DUMP, str(identity), room)
        assert file.read_bytes().startswith(b"PGDMP")


def test_a_bucket_takes_nothing_that_is_not_encrypted_and_gives_it_back(
    keeper: Keeper,
    shop: Shop,
    key_pair: tuple[str, Path],
    other_database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop.sells("MUG", 7)
    public, identity = key_pair
    with s3.running_bucket() as bucket:
        keeper.sets(
            backup_url="s3://pictures/shop",
            backup_endpoint=bucket.endpoint,
            backup_region=s3.REGION,
            backup_access_key=s3.ACCESS_KEY,
            backup_secret_key=s3.SECRET_KEY,
        )
        refused = keeper.runs("backup")
        assert "BACKUP_RECIPIENT is missing" in refused.output
        assert bucket.objects == {}

        with pytest.raises(BackupError, match="no public key of age"):
            storage.recipient_of(keeper.sets(backup_recipient="ssh-ed25519 AAAA"))
        keeper.sets(backup_recipient=public, backup_identity_file=str(identity), backup_keep=1)
        names = [made_at(keeper, monkeypatch, hour) for hour in (0, 1)]

        sealed = [name for name in bucket.objects if not name.endswith("manifest.json")]
        assert all(bucket.objects[name].content.startswith(b"age-enc") for name in sealed)
        assert len(sealed) == len(bucket.objects) - 1 == 2 + len(PICTURES)
        assert all(name.startswith((f"shop/{names[1]}/", "shop/media-")) for name in bucket.objects)
        shutil.rmtree(tmp_path / "media")
        done = keeper.runs("restore", "--into", other_database)
        assert done.exit_code == 0, done.output
        url = beside(keeper, other_database)
        assert rows(url, "SELECT sum(on_hand) FROM stock_levels") == [(7,)]
        assert (tmp_path / "media/cc/dd/cup-800.webp").read_bytes() == b"a cup"


def test_the_settings_go_along_without_their_secrets(
    keeper: Keeper, shop: Shop, tmp_path: Path
) -> None:
    keeper.sets(metrics_token="a-token-of-forty-characters", smtp_url="smtp://user:pass@mail")
    assert keeper.runs("backup").exit_code == 0
    (file,) = (tmp_path / "backups").glob("*/settings.json")

    told = json.loads(file.read_text())

    assert told["currency"] == "EUR"
    for secret in ("a-token-of", "user:pass", "sk_test", keeper.settings.secret_key, "postgresql"):
        assert secret not in file.read_text()


def test_a_damaged_dump_is_noticed(keeper: Keeper, shop: Shop, tmp_path: Path) -> None:
    assert keeper.runs("backup").exit_code == 0
    (dump,) = (tmp_path / "backups").glob("*/database.dump")
    content = bytearray(dump.read_bytes())
    content[-10] ^= 1
    dump.write_bytes(content)

    done = keeper.runs("restore", "--into", "nowhere")

    assert (done.exit_code, "is damaged" in done.output) == (1, True)


def made_at(keeper: Keeper, monkeypatch: pytest.MonkeyPatch, hour: int) -> str:
    """Make a backup at another time."""
    moment = clock.now() + timedelta(hours=hour)
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: moment)
        return create.create_backup(keeper.settings).name


def test_pictures_are_kept_once_and_the_oldest_backups_go(
    keeper: Keeper, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, media = tmp_path / "backups", tmp_path / "media"
    keeper.sets(backup_keep=2)
    first = made_at(keeper, monkeypatch, 0)
    before = (folder / "media/aa/bb/mug-800.webp").stat().st_mtime_ns
    (media / "cc/dd/cup-800.webp").unlink()
    second = made_at(keeper, monkeypatch, 1)
    assert (folder / "media/aa/bb/mug-800.webp").stat().st_mtime_ns == before
    assert (folder / "media/cc/dd/cup-800.webp").exists()  # the first one names it

    third = made_at(keeper, monkeypatch, 2)

    place = storage.backups_of(keeper.settings)
    assert manifest.names_at(place) == [second, third]
    assert not (folder / first / "database.dump").exists()
    assert not (folder / "media/cc/dd/cup-800.webp").exists()
    assert (folder / "media/aa/bb/mug-800.webp").exists()
    with transaction():
        records.note_proof(second, None)
    fourth = made_at(keeper, monkeypatch, 3)
    fifth = made_at(keeper, monkeypatch, 4)
    assert manifest.names_at(place) == [second, fourth, fifth]  # the one that proved stays


def test_two_backups_at_once_are_one(keeper: Keeper, shop: Shop) -> None:
    with (
        create._alone(keeper.settings.database_url),
        pytest.raises(BackupError, match="being made right now"),
    ):
        create.create_backup(keeper.settings)


def test_a_proof_restores_upgrades_examines_and_is_told(
    keeper: Keeper, shop: Shop, tmp_path: Path
) -> None:
    shop.sells("MUG", 7)
    assert records.in_words(is_set_up=False).startswith("not set up")
    assert records.in_words(is_set_up=True) == "none was made yet"
    assert keeper.runs("backup").exit_code == 0
    assert records.in_words(is_set_up=True) == "none was proved yet"

    done = keeper.runs("prove-backup")

    assert done.exit_code == 0, done.output
    assert records.in_words(is_set_up=True).startswith("ok, proved at 2")
    assert health.backups().startswith("ok, proved at 2")
    scratch = "SELECT count(*) FROM pg_database WHERE datname LIKE 'stockroom_proof_%'"
    assert rows(keeper.settings.database_url, scratch) == [(0,)]

    (tmp_path / "backups/media/aa/bb/mug-800.webp").write_bytes(b"x")
    again = keeper.runs("prove-backup")
    assert (again.exit_code, "is not whole" in again.output) == (1, True)
    assert "cannot be restored" in records.in_words(is_set_up=True)
    assert shop.staff().gets("/overview").json["backups"]["state"] == "failed"


def test_a_shop_that_does_not_add_up_proves_nothing(keeper: Keeper, shop: Shop) -> None:
    shop.sells("MUG", 7)
    session.execute(text("UPDATE stock_levels SET on_hand = on_hand + 1"))
    assert keeper.runs("backup").exit_code == 0

    done = keeper.runs("prove-backup")

    assert (done.exit_code, "wsgi doctor stock" in done.output) == (1, True)
    assert records.standing()["last_proved_at"] is None


def test_the_timetable_backs_up_once_a_day(
    keeper: Keeper, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = storage.backups_of(keeper.settings)
    jobs.back_up_when_due()
    jobs.back_up_when_due()
    assert len(manifest.names_at(place)) == 1
    tomorrow = clock.now() + timedelta(hours=24)
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: tomorrow)
        jobs.back_up_when_due()
    assert len(manifest.names_at(place)) == 2
    keeper.sets(backup_url="")
    jobs.back_up_when_due()
    jobs.prove_when_due()


def test_of_the_programs_here_the_oldest_that_fits_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for major in (14, 16, 17):
        (tmp_path / str(major)).mkdir()
        fake = tmp_path / str(major) / "pg_dump"
        fake.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {major}.3 (Debian)'\n")
        fake.chmod(0o755)
    here = [str(tmp_path / str(major) / "pg_dump") for major in (14, 17, 16)]
    monkeypatch.setattr(postgres_tools, "_installed", lambda name: iter(here))

    assert postgres_tools.program("pg_dump", 15) == here[2]
    with pytest.raises(BackupError, match=r"needs pg_dump 18 or newer.*the newest here is 17"):
        postgres_tools.program("pg_dump", 18)
    monkeypatch.setattr(postgres_tools, "_installed", lambda name: iter([]))
    with pytest.raises(BackupError, match="apt install postgresql-client-16"):
        postgres_tools.program("pg_dump", 16)
