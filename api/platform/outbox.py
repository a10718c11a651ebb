"""Facts on their way up: written with the change, delivered after it, never lost, only late.

`emit` writes a fact in the transaction of the change. The relay turns facts into one delivery per
subscriber and hands due deliveries to the queue. A delivery is done when its job says so in the
transaction of its effect; until then it comes due again. The queue may therefore forget
everything: Postgres remembers.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import (
    CursorResult,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from api.kernel import clock
from api.kernel.events import Event, kind
from api.kernel.ids import new_id
from api.platform import bulk, observability
from api.platform.db import Base, Identified, before_commit, require_transaction, session

Kind = TypeVar("Kind", bound=Event)

BATCH = 200
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=1)
ATTEMPTS = 15
"""After so many attempts, about ten hours, a delivery waits for a person."""


class Fact(Identified, Base):
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
        Index("ix_fact_deliveries_due", "due_at", postgresql_where="done_at IS NULL"),
    )

    fact_id: Mapped[UUID] = mapped_column(ForeignKey("facts.id"), primary_key=True)
    subscriber: Mapped[str] = mapped_column(String(160), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(default=clock.now)
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that wants to be carried out now."""

    fact_id: UUID
    subscriber: str
    request_id: str


Subscribers = Mapping[type[Event], Sequence[str]]


def emit(event: Event) -> None:
    """Record a fact in the running transaction; it is told only if that commits."""
    require_transaction().info.setdefault("facts", []).append(event)


@contextmanager
def undoable() -> Iterator[None]:
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


def take_back(kind: type[Kind]) -> list[Kind]:
    """Take back the facts of a kind that this transaction has collected; they were not told yet.

    So that a change of many things can tell one fact for all of them.
    """
    facts: list[Event] = require_transaction().info.get("facts", [])
    taken = [fact for fact in facts if isinstance(fact, kind)]
    facts[:] = [fact for fact in facts if not isinstance(fact, kind)]
    return taken


@before_commit
def _write_facts(current: Session) -> None:
    """Write the transaction's facts in one statement, in the order in which they happened."""
    facts: list[Event] = current.info.get("facts", [])
    if not facts:
        return
    current.flush()
    now, request_id = clock.now(), observability.request_id()
    bulk.add(
        cast(Table, Fact.__table__),
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


def relay(subscribers: Subscribers) -> int:
    """Turn waiting facts into deliveries; returns how many facts. Needs a transaction.

    Locks the facts that it takes and skips those that another relay has taken.
    """
    by_name = {event.name: names for event, names in subscribers.items()}
    facts = session.execute(
        select(Fact.id, Fact.name)
        .where(Fact.relayed_at.is_(None))
        .order_by(Fact.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    if not facts:
        return 0
    now = clock.now()
    deliveries = [
        {"fact_id": fact.id, "subscriber": name, "due_at": now, "attempts": 0}
        for fact in facts
        for name in by_name.get(fact.name, ())
    ]
    if deliveries:
        session.execute(insert(Delivery), deliveries)
    session.execute(
        update(Fact).where(Fact.id.in_([f.id for f in facts])).values(relayed_at=now),
        execution_options={"synchronize_session": False},
    )
    for fact in facts:
        observability.FACTS.labels(fact.name).inc()
    return len(facts)


def take_due(limit: int = BATCH) -> list[Due]:
    """Claim the deliveries that are due and push their next attempt away. Needs a transaction.

    The wait doubles from 30 seconds to an hour: what the queue forgets or a job fails comes back.
    """
    now = clock.now()
    due = (
        select(Delivery.fact_id, Delivery.subscriber)
        .where(Delivery.done_at.is_(None), Delivery.due_at <= now, Delivery.attempts < ATTEMPTS)
        .order_by(Delivery.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    wait = func.least(FIRST_RETRY * func.power(2, Delivery.attempts), LONGEST_RETRY)
    rows = session.execute(
        update(Delivery)
        .where(
            Delivery.fact_id == due.c.fact_id,
            Delivery.subscriber == due.c.subscriber,
            Fact.id == Delivery.fact_id,
        )
        .values(attempts=Delivery.attempts + 1, due_at=now + wait)
        .returning(Delivery.fact_id, Delivery.subscriber, Fact.request_id)
        .execution_options(synchronize_session=False)
    )
    # In the order in which the facts happened, which their ids remember.
    return sorted((Due(*row) for row in rows), key=lambda one: (one.fact_id, one.subscriber))


def finish(fact_id: UUID, subscriber: str) -> int:
    """Mark a delivery done in the transaction of its effect; returns how many attempts it took.

    0 when it was done before.

    Locks the row, so of two workers with the same delivery the second waits and then learns that
    nothing is left to do.
    """
    attempts = session.scalar(
        update(Delivery)
        .where(
            Delivery.fact_id == fact_id,
            Delivery.subscriber == subscriber,
            Delivery.done_at.is_(None),
        )
        .values(done_at=clock.now(), last_error=None)
        .returning(Delivery.attempts)
        .execution_options(synchronize_session=False)
    )
    return 0 if attempts is None else max(1, attempts)


def is_done(fact_id: UUID, subscriber: str) -> bool:
    """Tell whether a delivery needs nothing more."""
    return session.scalar(
        select(Delivery.done_at.is_not(None)).where(
            Delivery.fact_id == fact_id, Delivery.subscriber == subscriber
        )
    ) in (True, None)


def note_failure(fact_id: UUID, subscriber: str, error: str) -> int:
    """Remember why an attempt failed; returns how many there were. Needs a transaction."""
    attempts = session.scalar(
        update(Delivery)
        .where(Delivery.fact_id == fact_id, Delivery.subscriber == subscriber)
        .values(last_error=error[:2000])
        .returning(Delivery.attempts)
        .execution_options(synchronize_session=False)
    )
    return attempts or 0


def retry(fact_id: UUID, subscriber: str) -> bool:
    """Make a delivery due now, with all its attempts; False when it is done."""
    return _change_waiting(fact_id, subscriber, attempts=0, due_at=clock.now())


def discard(fact_id: UUID, subscriber: str) -> bool:
    """Give a delivery up for good; False when it is done."""
    return _change_waiting(fact_id, subscriber, done_at=clock.now())


def _change_waiting(fact_id: UUID, subscriber: str, **values: Any) -> bool:
    changed = cast(
        CursorResult[Any],
        require_transaction().execute(
            update(Delivery)
            .where(
                Delivery.fact_id == fact_id,
                Delivery.subscriber == subscriber,
                Delivery.done_at.is_(None),
            )
            .values(**values)
            .execution_options(synchronize_session=False)
        ),
    )
    return changed.rowcount == 1


def fact(fact_id: UUID) -> Event:
    """Read a fact back."""
    row = session.execute(select(Fact.name, Fact.body).where(Fact.id == fact_id)).one()
    return kind(row.name).from_json(row.body)


def backlog() -> tuple[int, float]:
    """Return how many facts and deliveries wait, and the age of the oldest in seconds."""
    waiting = session.execute(
        select(func.count(), func.min(Fact.created_at)).where(Fact.relayed_at.is_(None))
    ).one()
    due = session.execute(
        select(func.count(), func.min(Fact.created_at))
        .select_from(Delivery)
        .join(Fact, Fact.id == Delivery.fact_id)
        .where(Delivery.done_at.is_(None))
    ).one()
    now = clock.now()
    oldest = min((row[1] for row in (waiting, due) if row[1] is not None), default=now)
    return waiting[0] + due[0], max(0.0, (now - oldest).total_seconds())
