"""Back-fills: what an upgrade wants done to every row, done in the background, batch by batch.

A migration only adds; the worker fills in afterwards, while the shop sells. Each batch is one
transaction with the place it came to, so a killed worker goes on where it was. A new name makes all
rows be looked at again.
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
"""So many rows at most are held at a time."""

Step = Callable[[str | None], str | None]
"""Fills in the rows after a place, at most `BATCH`, in a transaction; returns the next place."""

_log = structlog.get_logger("api.backfills")


@dataclass(frozen=True, slots=True)
class Backfill:
    """A name that is never used again, and what fills in the next rows."""

    name: str
    step: Step


class BackfillProgress(Base):
    """How far a back-fill has come."""

    __tablename__ = "backfills"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    place: Mapped[str | None] = mapped_column(Text)
    """The last row that is filled in."""
    batches: Mapped[int] = mapped_column(default=0, server_default="0")
    began_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


def run(backfills: Sequence[Backfill]) -> None:
    """Carry out those that are not done yet, one after another, to their ends.

    May run anywhere and at once: a batch that another worker has in hand is waited for, and then
    the next one is taken.
    """
    done = set(
        session.scalars(select(BackfillProgress.name).where(BackfillProgress.done_at.is_not(None)))
    )
    for backfill in backfills:
        while backfill.name not in done and _advance(backfill):
            continue


def _advance(backfill: Backfill) -> bool:
    """Fill in the next batch; False at the end."""
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
