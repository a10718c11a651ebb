"""What the doctor found: one row per run, and the light that the last one gives.

Here stands how a run is kept and read; what is asked, `api.doctor` knows.
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
"""A run that has not ended after so long died with its worker."""
FRESH: Final = timedelta(days=3)
"""A result that is older says nothing of the shop as it is."""


class DoctorRunNotFound(NotFound):
    """No such run, or none that has ended yet."""

    code = "doctor_run_not_found"
    sentence = "There is no such run of the doctor."


class RunStatus(StrEnum):
    """Waiting for a worker, asking, or one of two ends."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class DoctorRun(WithId, Timestamped, Base):
    """One run. `findings` hold each invariant with its first differences, `checked` how far it is.

    `differences` is the number of rows that break an invariant, `failed` the number of invariants
    that could not be asked.
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
    findings: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    error: Mapped[str | None] = mapped_column(Text)


_LATEST: Final = (
    select(DoctorRun.id, DoctorRun.finished_at, DoctorRun.differences, DoctorRun.failed)
    .where(DoctorRun.status == RunStatus.COMPLETED)
    .order_by(DoctorRun.finished_at.desc())
    .limit(1)
)


def status_light() -> dict[str, Any]:
    """Return how the shop stood when the doctor last looked; one row along an index.

    `state` is `ok`, `differs`, `failed` (something could not be asked), `outdated` or `unknown`
    (it never ran).
    """
    found = session.execute(_LATEST).one_or_none()
    if found is None:
        return {"state": "unknown", "differences": 0, "checked_at": None}
    state = "ok"
    if found.differences:
        state = "differs"
    elif found.failed:
        state = "failed"
    elif clock.now() - found.finished_at > FRESH:
        state = "outdated"
    return {"state": state, "differences": found.differences, "checked_at": found.finished_at}


def in_words() -> str:
    """Say it in a word or a short sentence: `ok` also before the first night."""
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
    """Return the last run that came to its end. Raises `DoctorRunNotFound`."""
    found = session.execute(_LATEST).one_or_none()
    if found is None:
        raise DoctorRunNotFound("The doctor has not run yet.")
    return UUID(str(found.id))


def run(run_id: UUID) -> dict[str, Any]:
    """Return a run as the API tells it. Raises `DoctorRunNotFound`."""
    found = session.execute(
        select(*DoctorRun.__table__.columns).where(DoctorRun.id == run_id)
    ).one_or_none()
    if found is None:
        raise DoctorRunNotFound(run_id=run_id)
    told = dict(found._mapping)
    told["progress"] = {name: told.pop(name) for name in ("checked", "total")}
    return told


def purge_old() -> None:
    """Delete the runs of before; needs a transaction."""
    session.execute(
        delete(DoctorRun)
        .where(DoctorRun.created_at < clock.now() - KEPT)
        .execution_options(synchronize_session=False)
    )
