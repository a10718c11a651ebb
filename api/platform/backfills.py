"""Back-fills: data migrations of every row of a table, in the background, batch by batch.

A schema migration only adds columns; the worker fills them afterwards, while the shop sells. Each
batch is one transaction that also stores its position, so a killed worker continues from there. A
new name makes it process all rows again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import String, Text, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel import clock
from api.platform.db import Base, session, transaction

BATCH: Final = 1_000
"""At most so many rows are processed, and locked, in one transaction."""

Step = Callable[[str | None], str | None]
"""Fills the rows after a position, at most `BATCH`, in a transaction; returns the next position."""

_log = structlog.get_logger("api.backfills")


@dataclass(frozen=True, slots=True)
class Backfill:
    """A back-fill: a name that is never reused, and the function that fills the next rows."""

    name: str
    step: Step


class BackfillProgress(Base):
    """The progress of a back-fill."""

    __tablename__ = "backfills"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    place: Mapped[str | None] = mapped_column(Text)
    """The last row that was processed."""
    batches: Mapped[int] = mapped_column(default=0, server_default="0")
    began_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


def run(backfills: Sequence[Backfill]) -> None:
    """Run the back-fills that are not done yet, one after another, to their ends.

    May run on several workers at once: each waits for a batch that another one is processing, and
    then takes the next.
    """
    done = set(
        session.scalars(select(BackfillProgress.name).where(BackfillProgress.done_at.is_not(None)))
    )
    for backfill in backfills:
        while backfill.name not in done and _advance(backfill):
            continue


def _advance(backfill: Backfill) -> bool:
    """Process the next batch; False at the end. Locks the progress row."""
    with transaction():
        session.execute(
            insert(BackfillProgress)
            .values(name=backfill.name, began_at=clock.now())
            .on_conflict_do_nothing()
        )
        progress = session.get_one(
            BackfillProgress, backfill.name, with_for_update=True, populate_existing=True
        )
        if progress.done_at is not None:
            return False
        progress.place = backfill.step(progress.place)
        progress.batches += 1
        if progress.place is None:
            progress.done_at = clock.now()
            _log.info("backfill_done", name=backfill.name, batches=progress.batches)
        return progress.place is not None
