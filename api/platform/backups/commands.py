"""The `flask` commands of backups: create, list, restore, verify."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps

import click
from flask.cli import with_appcontext

from api.kernel.text_folding import counted
from api.platform.backups import create, manifest, postgres_tools, storage, verify
from api.platform.backups import restore as restoring
from api.platform.backups.manifest import Manifest
from api.platform.backups.storage import BackupError
from api.platform.settings import current_settings

_from = click.option(
    "--from", "source", default="", help="Another folder or bucket than BACKUP_URL."
)
_identity = click.option(
    "--identity",
    "identity_file",
    default="",
    help="The file with the private key of age; BACKUP_IDENTITY_FILE by default.",
)


def _in_words(command: Callable[..., None]) -> Callable[..., None]:
    """Turn a `BackupError` into one sentence and exit status 1."""

    @wraps(command)
    def told(*args: object, **options: object) -> None:
        try:
            command(*args, **options)
        except BackupError as failed:
            raise click.ClickException(str(failed)) from failed

    return told


@click.command("backup")
@with_appcontext
@_in_words
def backup() -> None:
    """Make a backup: the database, the pictures, and the settings without their secrets.

    It goes to BACKUP_URL, encrypted when BACKUP_RECIPIENT names a public key, and the oldest ones
    beyond BACKUP_KEEP are forgotten. The shop stays open.
    """
    settings = current_settings()
    made = create.create_backup(settings)
    size = made.files[create.DUMP].stored_size
    sealed = "encrypted" if made.recipient else "not encrypted"
    click.echo(
        f"Backup {made.name} at {storage.backups_of(settings).name}: a dump of {size:,} bytes, "
        f"{counted(len(made.media), 'picture file')}, {sealed}."
    )


@click.command("backups")
@_from
@with_appcontext
@_in_words
def backups(source: str) -> None:
    """List the backups, the oldest first."""
    place = storage.backups_of(current_settings(), source)
    for name in manifest.names_at(place):
        one = manifest.read(place, name)
        sealed = "encrypted" if one.recipient else "not encrypted"
        click.echo(
            f"{name}  migration {one.migration}  PostgreSQL {one.server}  "
            f"{one.files[create.DUMP].stored_size:,} bytes  "
            f"{counted(len(one.media), 'picture file')}  {sealed}"
        )


@click.command("restore")
@click.argument("name", default="")
@_from
@_identity
@click.option(
    "--into",
    default="",
    metavar="DATABASE",
    help="Another database of the same server, which is made if there is none of that name.",
)
@click.option("--no-media", is_flag=True, help="Leave the pictures alone.")
@with_appcontext
@_in_words
def restore(name: str, source: str, identity_file: str, into: str, no_media: bool) -> None:
    """Restore the backup NAME, by default the newest, into the shop's empty database.

    A database that is not empty is refused: name another one by --into, or type the database's own
    name when asked for it. Even then what it held is kept, in a schema beside. Stop the API and the
    workers before. The database is brought up to this release afterwards.
    """
    settings = current_settings()
    place = storage.backups_of(settings, source)
    identity_file = identity_file or settings.backup_identity_file
    found = manifest.read(place, name)
    own = settings.database_owner_url or settings.database_url
    url = own
    if into:
        url = postgres_tools.with_name(own, into)
        _make_unless_there(own, into)
    with storage.temporary_folder() as folder:
        dump = restoring.fetch(place, found, create.DUMP, identity_file, folder)
        if restoring.is_in_use(url):
            raise BackupError(
                f"The shop is running on {postgres_tools.name_of(url)}:"
                " stop the API and the workers."
            )
        with _room_in(url, is_other=bool(into)) as aside:
            restoring.fill(url, dump)
            restoring.upgrade(settings, url)
    click.echo(f"Backup {found.name} is in the database {postgres_tools.name_of(url)}.")
    if aside:
        click.echo(f"What was there is kept: DROP SCHEMA {aside} CASCADE forgets it.")
    if not no_media:
        written = restoring.restore_media(settings, place, found, identity_file)
        click.echo(f"{counted(written, 'picture file')} put back, the others were there.")
    if not into:
        if not restoring.empty_redis():
            click.echo("Redis does not answer: empty it (FLUSHDB) before the shop starts.")
        click.echo("Start the shop; its worker asks Stripe about everything since the backup.")


@click.command("prove-backup")
@click.argument("name", default="")
@_from
@_identity
@with_appcontext
@_in_words
def prove_backup(name: str, source: str, identity_file: str) -> None:
    """Verify the backup NAME, by default the newest, by restoring it.

    It goes into a scratch database, is brought up to this release, and the doctors look at it;
    pictures are held against their checksums. Readiness tells when one was last proved.
    """
    settings = current_settings()
    place = storage.backups_of(settings, source)
    identity_file = identity_file or settings.backup_identity_file
    proved: Manifest = verify.prove_backup(settings, place, name, identity_file)
    click.echo(f"Backup {proved.name} can be restored.")


def _make_unless_there(own: str, name: str) -> None:
    connection = postgres_tools.connected(own)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            is_there = cursor.fetchone() is not None
    finally:
        connection.close()
    if not is_there:
        postgres_tools.execute(own, "CREATE DATABASE {} TEMPLATE template0", name)


@contextmanager
def _room_in(url: str, *, is_other: bool) -> Iterator[str]:
    """Provide an empty schema to restore into; yields the name of a schema that was moved aside."""
    if restoring.is_empty(url):
        yield ""
        return
    name = postgres_tools.name_of(url)
    if is_other:
        raise BackupError(f"The database {name} is not empty: name one that is, or a new one.")
    click.echo(f"The database {name} is not empty. What it holds is kept in a schema beside.")
    if click.prompt("To replace it, type its name", default="", show_default=False) != name:
        raise BackupError("Nothing was changed.")
    aside = restoring.set_aside(url)
    try:
        yield aside
    except BaseException:
        restoring.put_back(url, aside)
        raise


commands: list[click.Command] = [backup, backups, restore, prove_backup]
