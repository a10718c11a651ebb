"""The outbox: events are stored in the transaction of their change and delivered after it.

`emit` stores an event in the running transaction, so none is lost. The relay turns each event into
one delivery per subscriber, in the lane of its job; see `delivery_claims` for the rest. The tables
keep their first names, `facts` and `fact_deliveries`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
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
from api.platform.db import (
    Base,
    UtcDateTime,
    WithId,
    before_commit,
    require_transaction,
    session,
    table_of,
)
from api.platform.prepared import prepared

Kind = TypeVar("Kind", bound=Event)

BATCH = 200
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=1)
ATTEMPTS = 174
"""After so many attempts, seven days, a delivery waits for a person."""
KEPT_FOR = timedelta(days=30)
"""How long events and their deliveries are kept once they are done."""
CLAIM_LIFETIME = timedelta(seconds=20)
"""A worker renews its claims more often than that; an expired one belongs to a dead worker."""


class Lane(IntEnum):
    """A queue of deliveries with its own thread; lanes never wait for one another."""

    MONEY = 10
    MAIL = 20
    BULK_MAIL = 25
    DEFAULT = 30
    PRINT = 35
    LONG = 40


class OutboxEvent(WithId, Base):
    """A stored event. Append-only except for `relayed_at`."""

    __tablename__ = "facts"
    __table_args__ = (Index("ix_facts_waiting", "id", postgresql_where="relayed_at IS NULL"),)

    name: Mapped[str] = mapped_column(String(80))
    body: Mapped[dict[str, Any]]
    request_id: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    relayed_at: Mapped[datetime | None]


class Delivery(Base):
    """An event for one subscriber: the row that makes its effect happen once."""

    __tablename__ = "fact_deliveries"
    __table_args__ = (
        Index("ix_fact_deliveries_lane_due", "lane", "due_at", postgresql_where="done_at IS NULL"),
    )

    fact_id: Mapped[UUID] = mapped_column(ForeignKey("facts.id"), primary_key=True)
    subscriber: Mapped[str] = mapped_column(String(160), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(default=clock.now)
    attempts: Mapped[int] = mapped_column(default=0)
    """How often its job ran; claims do not count."""
    done_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    lane: Mapped[int] = mapped_column(SmallInteger, default=30, server_default="30")
    claimed_until: Mapped[datetime | None]


IS_GIVEN_UP: ColumnElement[bool] = and_(Delivery.done_at.is_(None), Delivery.attempts >= ATTEMPTS)


Subscribers = Mapping[type[Event], Sequence[str]]


def emit(event: Event) -> None:
    """Record an event in the running transaction; it is delivered only if that commits."""
    require_transaction().info.setdefault("events", []).append(event)


@contextmanager
def savepoint() -> Iterator[None]:
    """Open a savepoint of the running transaction for rows and events together.

    When the block raises, its changes are rolled back and its events dropped; earlier ones stay.
    """
    current = require_transaction()
    events: list[Event] = current.info.setdefault("events", [])
    count = len(events)
    try:
        with current.begin_nested():
            yield
    except BaseException:
        del events[count:]
        raise


def discard_events(kind: type[Kind]) -> list[Kind]:
    """Drop the events of a kind that this transaction has emitted so far; returns them.

    So that a change of many things can emit one event for all of them.
    """
    events: list[Event] = require_transaction().info.get("events", [])
    discarded = [event for event in events if isinstance(event, kind)]
    events[:] = [event for event in events if not isinstance(event, kind)]
    return discarded


@before_commit
def _write_events(current: Session) -> None:
    """Insert the transaction's events in one statement, in the order in which they were emitted."""
    events: list[Event] = current.info.get("events", [])
    if not events:
        return
    current.flush()
    now, request_id = clock.now(), observability.request_id()
    bulk_sql.bulk_insert(
        cast(Table, OutboxEvent.__table__),
        [
            {
                "id": new_id(),
                "name": event.name,
                "body": event.to_json(),
                "request_id": request_id,
                "created_at": now,
            }
            for event in events
        ],
    )


_EVENTS = table_of(OutboxEvent)
_WAITING: Final = prepared(
    select(*_EVENTS.c["id", "name"])
    .where(_EVENTS.c.relayed_at.is_(None))
    .order_by(_EVENTS.c.id)
    .limit(BATCH)
    .with_for_update(skip_locked=True)
)
_RELAYED: Final = prepared(
    update(_EVENTS)
    .where(_EVENTS.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .values(relayed_at=bindparam("now", type_=UtcDateTime))
)


def relay(subscribers: Subscribers, lane_of: Callable[[str], Lane] = lambda _: Lane.DEFAULT) -> int:
    """Turn waiting events into deliveries; returns how many events. Needs a transaction.

    Locks the events that it takes and skips those that another relay has locked.
    """
    by_name = {event.name: names for event, names in subscribers.items()}
    events = session.execute(_WAITING).all()
    if not events:
        return 0
    now = clock.now()
    deliveries = [
        {
            "fact_id": event.id,
            "subscriber": name,
            "due_at": now,
            "attempts": 0,
            "lane": lane_of(name),
        }
        for event in events
        for name in by_name.get(event.name, ())
    ]
    if deliveries:
        bulk_sql.bulk_insert(cast(Table, Delivery.__table__), deliveries)
    session.execute(_RELAYED, {"ids": [event.id for event in events], "now": now})
    for event in events:
        observability.EVENTS.labels(event.name).inc()
    return len(events)


def backlog() -> tuple[int, float]:
    """Return how many events and deliveries wait, and the age of the oldest in seconds.

    Deliveries that were given up are not counted: they wait for a person, not for a worker.
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
    """Delete events older than a month whose deliveries are all done, at most `limit` of them.

    Returns how many. Needs a transaction. Events that still wait, or were given up, are kept.
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
