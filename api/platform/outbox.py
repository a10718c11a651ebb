"""Facts on their way up: written with the change, delivered after it, never lost, only late.

`emit` writes a fact in the transaction of the change. The relay turns facts into one delivery per
subscriber, in the lane of its job. What becomes of deliveries is told by `claims`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Table,
    Text,
    and_,
    delete,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from api.kernel import clock
from api.kernel.events import Event
from api.kernel.ids import first_id, new_id
from api.platform import bulk_sql, observability
from api.platform.db import Base, WithId, before_commit, require_transaction, session

Kind = TypeVar("Kind", bound=Event)

BATCH = 200
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=1)
ATTEMPTS = 174
"""After so many attempts, seven days, a delivery waits for a person."""
KEPT_FOR = timedelta(days=30)
"""How long facts and their deliveries are kept once they are done."""
CLAIM_LIFETIME = timedelta(seconds=20)
"""A worker renews its claims more often than that; one that ran out belongs to a dead worker."""


class Lane(IntEnum):
    """Which deliveries wait for one another; those of one lane never wait for another one's."""

    MONEY = 10
    MAIL = 20
    BULK_MAIL = 25
    DEFAULT = 30
    LONG = 40


class OutboxEvent(WithId, Base):
    """One thing that happened. Append-only but for the mark that it was relayed."""

    __tablename__ = "facts"
    __table_args__ = (Index("ix_facts_waiting", "id", postgresql_where="relayed_at IS NULL"),)

    name: Mapped[str] = mapped_column(String(80))
    body: Mapped[dict[str, Any]]
    request_id: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    relayed_at: Mapped[datetime | None]


class Delivery(Base):
    """A fact for one subscriber: the ledger that makes its effect happen once."""

    __tablename__ = "fact_deliveries"
    __table_args__ = (
        Index("ix_fact_deliveries_lane_due", "lane", "due_at", postgresql_where="done_at IS NULL"),
    )

    fact_id: Mapped[UUID] = mapped_column(ForeignKey("facts.id"), primary_key=True)
    subscriber: Mapped[str] = mapped_column(String(160), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(default=clock.now)
    attempts: Mapped[int] = mapped_column(default=0)
    """How often its job ran, and not how often it was claimed."""
    done_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    lane: Mapped[int] = mapped_column(SmallInteger, default=30, server_default="30")
    claimed_until: Mapped[datetime | None]


IS_GIVEN_UP: ColumnElement[bool] = and_(Delivery.done_at.is_(None), Delivery.attempts >= ATTEMPTS)


Subscribers = Mapping[type[Event], Sequence[str]]


def emit(event: Event) -> None:
    """Record a fact in the running transaction; it is told only if that commits."""
    require_transaction().info.setdefault("facts", []).append(event)


@contextmanager
def savepoint() -> Iterator[None]:
    """Open a part of the running transaction that can be taken back: rows and facts together.

    When the block raises, neither its changes nor its facts happened, and what was before stays.
    """
    current = require_transaction()
    facts: list[Event] = current.info.setdefault("facts", [])
    told = len(facts)
    try:
        with current.begin_nested():
            yield
    except BaseException:
        del facts[told:]
        raise


def discard_events(kind: type[Kind]) -> list[Kind]:
    """Take back the facts of a kind that this transaction has collected; they were not told yet.

    So that a change of many things can tell one fact for all of them.
    """
    facts: list[Event] = require_transaction().info.get("facts", [])
    taken = [fact for fact in facts if isinstance(fact, kind)]
    facts[:] = [fact for fact in facts if not isinstance(fact, kind)]
    return taken


@before_commit
def _write_events(current: Session) -> None:
    """Write the transaction's facts in one statement, in the order in which they happened."""
    facts: list[Event] = current.info.get("facts", [])
    if not facts:
        return
    current.flush()
    now, request_id = clock.now(), observability.request_id()
    bulk_sql.bulk_insert(
        cast(Table, OutboxEvent.__table__),
        [
            {
                "id": new_id(),
                "name": fact.name,
                "body": fact.to_json(),
                "request_id": request_id,
                "created_at": now,
            }
            for fact in facts
        ],
    )


def relay(subscribers: Subscribers, lane_of: Callable[[str], Lane] = lambda _: Lane.DEFAULT) -> int:
    """Turn waiting facts into deliveries; returns how many facts. Needs a transaction.

    Locks the facts that it takes and skips those that another relay has taken.
    """
    by_name = {event.name: names for event, names in subscribers.items()}
    facts = session.execute(
        select(OutboxEvent.id, OutboxEvent.name)
        .where(OutboxEvent.relayed_at.is_(None))
        .order_by(OutboxEvent.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    if not facts:
        return 0
    now = clock.now()
    deliveries = [
        {
            "fact_id": fact.id,
            "subscriber": name,
            "due_at": now,
            "attempts": 0,
            "lane": lane_of(name),
        }
        for fact in facts
        for name in by_name.get(fact.name, ())
    ]
    if deliveries:
        bulk_sql.bulk_insert(cast(Table, Delivery.__table__), deliveries)
    session.execute(
        update(OutboxEvent).where(OutboxEvent.id.in_([f.id for f in facts])).values(relayed_at=now),
        execution_options={"synchronize_session": False},
    )
    for fact in facts:
        observability.FACTS.labels(fact.name).inc()
    return len(facts)


def backlog() -> tuple[int, float]:
    """Return how many facts and deliveries wait, and the age of the oldest in seconds.

    What was given up waits for a person, on the attention list, and not for a worker.
    """
    waiting = session.execute(
        select(func.count(), func.min(OutboxEvent.created_at)).where(
            OutboxEvent.relayed_at.is_(None)
        )
    ).one()
    due = session.execute(
        select(func.count(), func.min(OutboxEvent.created_at))
        .select_from(Delivery)
        .join(OutboxEvent, OutboxEvent.id == Delivery.fact_id)
        .where(Delivery.done_at.is_(None), Delivery.attempts < ATTEMPTS)
    ).one()
    now = clock.now()
    oldest = min((row[1] for row in (waiting, due) if row[1] is not None), default=now)
    return waiting[0] + due[0], max(0.0, (now - oldest).total_seconds())


def purge_old(limit: int) -> int:
    """Delete facts of a month ago whose deliveries are all done, with these; returns how many.

    At most so many. Needs a transaction. What still waits, or was given up, is kept.
    """
    undone = exists().where(Delivery.fact_id == OutboxEvent.id, Delivery.done_at.is_(None))
    old = session.scalars(
        select(OutboxEvent.id)
        .where(
            OutboxEvent.id < first_id(clock.now() - KEPT_FOR),
            OutboxEvent.relayed_at.is_not(None),
            ~undone,
        )
        .order_by(OutboxEvent.id)
        .limit(limit)
    ).all()
    if old:
        session.execute(delete(Delivery).where(bulk_sql.any_of(Delivery.fact_id, old)))
        session.execute(delete(OutboxEvent).where(bulk_sql.any_of(OutboxEvent.id, old)))
    return len(old)
