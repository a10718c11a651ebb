"""Periodic jobs: a backup a day and a verification a week, unless a recent one exists."""

from datetime import timedelta

import structlog

from api.kernel import clock
from api.platform.backups import records
from api.platform.settings import current_settings

_EVERY = timedelta(hours=23)
_PROVE_EVERY = timedelta(days=7)
_log = structlog.get_logger("api.backups")


def back_up_when_due() -> None:
    """Create a backup when the last one is a day old; nothing while BACKUP_URL is empty.

    Does nothing either where a system timer creates them often enough.
    """
    settings = current_settings()
    if not settings.backup_url:
        return
    from api.platform.backups import create  # noqa: PLC0415 - 6 MB, for one hour of the day

    last = records.standing()["last_backup_at"]
    if last is None or last <= clock.now() - _EVERY:
        made = create.create_backup(settings)
        _log.info("backup_made", name=made.name, bytes=made.files[create.DUMP].stored_size)


def prove_when_due() -> None:
    """Verify the newest backup once a week, where its private key is available.

    A private key that is kept elsewhere, as is advisable, means verifying it there.
    """
    settings = current_settings()
    if not settings.backup_url:
        return
    from api.platform.backups import manifest, storage, verify  # noqa: PLC0415 - as above

    found = records.standing()
    if found["last_backup_at"] is None:
        return
    if found["last_proved_at"] is not None and (
        found["last_proved_at"] > clock.now() - _PROVE_EVERY
    ):
        return
    place = storage.backups_of(settings)
    newest = manifest.read(place)
    if newest.recipient and not settings.backup_identity_file:
        _log.info("backup_not_proved", reason="its private key is not here")
        return
    proved = verify.prove_backup(settings, place, identity_file=settings.backup_identity_file)
    _log.info("backup_proved", name=proved.name)
