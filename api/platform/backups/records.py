"""Records of backups in the database: when each was created and verified, for readiness."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, String, Text, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel import clock
from api.platform.db import Base, require_transaction, session

LATE_AFTER = timedelta(hours=26)
"""A nightly backup may take its time; two days without one are a fault."""
UNPROVED_AFTER = timedelta(days=8)


class BackupRecord(Base):
    """A backup that was created, and whether restoring it was tested."""

    __tablename__ = "backups"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    """When it was made, as its folder is called: 20261130T031000Z."""
    created_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(String(500))
    migration: Mapped[str | None] = mapped_column(String(32))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    """Of the dump; pictures are kept once for all backups."""
    is_encrypted: Mapped[bool]
    proved_at: Mapped[datetime | None]
    """When it was last restored into a scratch database, upgraded and checked by the doctor."""
    failure: Mapped[str | None] = mapped_column(Text)
    """Why the last verification failed."""


def note_made(record: Mapping[str, object]) -> None:
    """Record a backup, unless it is recorded already. Needs a transaction."""
    require_transaction().execute(
        insert(BackupRecord).values(dict(record)).on_conflict_do_nothing()
    )


def note_proof(name: str, failure: str | None) -> None:
    """Record the result of a verification. Needs a transaction."""
    change: dict[str, object] = {"failure": failure}
    if failure is None:
        change["proved_at"] = clock.now()
    require_transaction().execute(
        update(BackupRecord).where(BackupRecord.name == name).values(**change)
    )


def forget(names: list[str]) -> None:
    """Delete the records of deleted backups. Needs a transaction."""
    for name in names:
        require_transaction().execute(
            BackupRecord.__table__.delete().where(BackupRecord.name == name)  # type: ignore[attr-defined]
        )


def standing() -> dict[str, datetime | None]:
    """Return when the last backup was created and when one was last verified; None for never."""
    row = session.execute(
        select(func.max(BackupRecord.created_at), func.max(BackupRecord.proved_at))
    ).one()
    return {"last_backup_at": row[0], "last_proved_at": row[1]}


def last_failure() -> str | None:
    """Return why the verification of the newest backup failed, if it did."""
    return session.scalar(select(BackupRecord.failure).order_by(BackupRecord.name.desc()).limit(1))


def last_proved() -> str | None:
    """Return the name of the backup that was verified last."""
    return session.scalar(
        select(BackupRecord.name)
        .where(BackupRecord.proved_at.is_not(None))
        .order_by(BackupRecord.proved_at.desc())
        .limit(1)
    )


def state(is_set_up: bool) -> dict[str, Any]:
    """Return the state of backups: a word, when the last was created, when one was last verified.

    `off`: BACKUP_URL is empty. `missing`: the last one is a day late. `failed`: the last one cannot
    be restored. `unproved`: none was verified within a week.
    """
    if not is_set_up:
        return {"state": "off", "last_backup_at": None, "last_proved_at": None}
    found, now = standing(), clock.now()
    made, proved = found["last_backup_at"], found["last_proved_at"]
    if made is None or made < now - LATE_AFTER:
        word = "missing"
    elif last_failure() is not None:
        word = "failed"
    elif proved is None or proved < now - UNPROVED_AFTER:
        word = "unproved"
    else:
        word = "ok"
    return {"state": word, **found}


def in_words(is_set_up: bool) -> str:
    """Describe the state of backups: `ok, proved at ...`, or what is wrong."""
    found = state(is_set_up)
    made, proved = (
        None if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"
        for moment in (found["last_backup_at"], found["last_proved_at"])
    )
    words = {
        "off": "not set up",
        "missing": f"the last one was made at {made}" if made else "none was made yet",
        "failed": "the last one cannot be restored: see flask prove-backup",
        "unproved": f"one was last proved at {proved}" if proved else "none was proved yet",
        "ok": f"ok, proved at {proved}",
    }
    return words[found["state"]]
