"""Stored runs of the doctor, and the status light of the last one.

Here is how a run is stored and read, for health and metrics; the checks are in `api.doctor`.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Index, String, Text, delete, select, text
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel import clock
from api.kernel.errors import NotFound
from api.kernel.text_folding import counted
from api.platform.db import Base, Timestamped, WithId, session

KEPT: Final = timedelta(days=90)
LONGEST_RUN: Final = timedelta(hours=2)
"""A run that has not ended after this long died with its worker."""
FRESH: Final = timedelta(days=3)
"""An older result counts as outdated."""


class DoctorRunNotFound(NotFound):
    """No run has this id, or none has ended yet."""

    code = "doctor_run_not_found"
    sentence = "There is no such run of the doctor."


class RunStatus(StrEnum):
    """The state of a run: waiting for a worker, running, or ended."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class DoctorRun(WithId, Timestamped, Base):
    """One run. `findings` holds each invariant with its first differences, `checked` the progress.

    `differences` is the number of rows that break an invariant, `failed` the number of invariants
    that could not be checked.
    """

    __tablename__ = "doctor_runs"
    __table_args__ = (
        Index(
            "ix_doctor_runs_completed",
            "finished_at",
            postgresql_where=text("status = 'completed'"),
        ),
    )

    status: Mapped[str] = mapped_column(String(20), default=RunStatus.PENDING)
    requested_by: Mapped[str] = mapped_column(String(120))
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    checked: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    differences: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    findings: Mapped[list[dict[str, object]]] = mapped_column(default=list)
    error: Mapped[str | None] = mapped_column(Text)


_LATEST: Final = (
    select(DoctorRun.id, DoctorRun.finished_at, DoctorRun.differences, DoctorRun.failed)
    .where(DoctorRun.status == RunStatus.COMPLETED)
    .order_by(DoctorRun.finished_at.desc())
    .limit(1)
)


def status_light() -> dict[str, Any]:
    """Return the result of the last complete run in short; one row along an index.

    `state` is `ok`, `differs`, `failed` (something could not be checked), `outdated` or `unknown`
    (it never ran).
    """
    last = session.execute(_LATEST).one_or_none()
    if last is None:
        return {"state": "unknown", "differences": 0, "checked_at": None}
    state = "ok"
    if last.differences:
        state = "differs"
    elif last.failed:
        state = "failed"
    elif clock.now() - last.finished_at > FRESH:
        state = "outdated"
    return {"state": state, "differences": last.differences, "checked_at": last.finished_at}


def in_words() -> str:
    """Describe the last run in a few words: `ok` also before the first one."""
    seen = status_light()
    if seen["state"] in ("ok", "unknown"):
        return "ok"
    when = f"{seen['checked_at']:%Y-%m-%d %H:%M} UTC"
    return {
        "differs": f"{counted(seen['differences'], 'difference')} found {when}",
        "failed": f"not everything could be checked {when}",
        "outdated": f"last checked {when}",
    }[seen["state"]]


def latest_id() -> UUID:
    """Return the id of the last completed run. Raises `DoctorRunNotFound`."""
    last = session.execute(_LATEST).one_or_none()
    if last is None:
        raise DoctorRunNotFound("The doctor has not run yet.")
    return UUID(str(last.id))


def run(run_id: UUID) -> dict[str, object]:
    """Return a run as the API shows it. Raises `DoctorRunNotFound`."""
    row = session.execute(
        select(*DoctorRun.__table__.columns).where(DoctorRun.id == run_id)
    ).one_or_none()
    if row is None:
        raise DoctorRunNotFound(run_id=run_id)
    shown = dict(row._mapping)
    shown["progress"] = {name: shown.pop(name) for name in ("checked", "total")}
    return shown


def purge_old() -> None:
    """Delete old runs. Needs a transaction."""
    session.execute(
        delete(DoctorRun)
        .where(DoctorRun.created_at < clock.now() - KEPT)
        .execution_options(synchronize_session=False)
    )
