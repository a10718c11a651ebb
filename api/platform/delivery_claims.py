"""Rows of deliveries: claims of workers, outcomes, retries, and when each comes due again.

A worker claims what is due and renews its claims while it lives. A delivery is marked done in the
transaction of its job's effect. A claim is no attempt: only a job that ran counts as one.
"""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import (
    Executable,
    bindparam,
    case,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from api.kernel import clock
from api.kernel.events import Event, kind
from api.platform.db import AnyRow, UtcDateTime, require_transaction, session, table_of
from api.platform.outbox import (
    ATTEMPTS,
    BATCH,
    CLAIM_LIFETIME,
    FIRST_RETRY,
    IS_GIVEN_UP,
    LONGEST_RETRY,
    Delivery,
    Lane,
    OutboxEvent,
)
from api.platform.prepared import prepared

DIED = "its worker died"

DeliveryKey = tuple[UUID, str]
"""A delivery by the ids of its event and its subscriber."""


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """A claimed delivery, with its event."""

    fact_id: UUID
    subscriber: str
    request_id: str
    name: str
    body: dict[str, object]
    attempts: int
    was_claimed: bool
    """Whether a worker claimed it before and died, perhaps because of this job."""
    claimed_at: float = field(default_factory=time.monotonic, compare=False)

    @property
    def is_surely_ours(self) -> bool:
        """Whether the claim is too recent for another worker to have taken it over."""
        return time.monotonic() - self.claimed_at < CLAIM_LIFETIME.total_seconds() / 2

    @property
    def event(self) -> Event:
        """Read the stored event."""
        return kind(self.name).from_json(self.body)


_DELIVERIES, _EVENTS = table_of(Delivery), table_of(OutboxEvent)
_NOW: Final = bindparam("now", type_=UtcDateTime)
_IS_DUE: Final = (
    _DELIVERIES.c.done_at.is_(None),
    _DELIVERIES.c.due_at <= _NOW,
    _DELIVERIES.c.attempts < ATTEMPTS,
    or_(_DELIVERIES.c.claimed_until.is_(None), _DELIVERIES.c.claimed_until < _NOW),
)


# Built once: they run for every order, and many times an hour for none.
@cache
def _claiming(limit: int, lane: Lane | None) -> Executable:
    which = [] if lane is None else [_DELIVERIES.c.lane == literal_column(str(lane.value))]
    due = (
        select(
            *_DELIVERIES.c["fact_id", "subscriber"],
            _DELIVERIES.c.claimed_until.is_not(None).label("was_claimed"),
        )
        .where(*_IS_DUE, *which)
        .order_by(_DELIVERIES.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return prepared(
        update(_DELIVERIES)
        .where(
            _DELIVERIES.c.fact_id == due.c.fact_id,
            _DELIVERIES.c.subscriber == due.c.subscriber,
            _EVENTS.c.id == _DELIVERIES.c.fact_id,
        )
        .values(claimed_until=bindparam("until", type_=UtcDateTime))
        .returning(
            *_DELIVERIES.c["fact_id", "subscriber"],
            *_EVENTS.c["request_id", "name", "body"],
            _DELIVERIES.c.attempts,
            due.c.was_claimed,
        )
    )


# Ordered, so that each is read from the index: EXISTS reads the whole table when many are waiting,
# in the belief to find one soon.
_LANES_DUE: Final = prepared(
    select(
        *(
            select(_DELIVERIES.c.due_at)
            .where(_DELIVERIES.c.lane == literal_column(str(lane.value)), *_IS_DUE)
            .order_by(_DELIVERIES.c.due_at)
            .limit(1)
            .scalar_subquery()
            .is_not(None)
            .label(lane.name)
            for lane in Lane
        )
    )
)


def claim_due(limit: int = BATCH, lane: Lane | None = None) -> list[DueDelivery]:
    """Claim deliveries that are due, of a lane or of all, the oldest first. Needs a transaction.

    No other worker gets them while the claim is renewed. Skips rows that are locked.
    """
    now = clock.now()
    rows = session.execute(_claiming(limit, lane), {"now": now, "until": now + CLAIM_LIFETIME})
    # In the order of the events, which their ids keep; those that failed, or killed their worker,
    # come last.
    return sorted(
        (DueDelivery(*row) for row in rows),
        key=lambda one: (one.attempts, one.fact_id, one.subscriber),
    )


def lanes_due() -> list[Lane]:
    """Return the lanes in which something is due that nobody has claimed."""
    row = session.execute(_LANES_DUE, {"now": clock.now()}).one()
    return [lane for lane in Lane if getattr(row, lane.name)]


def renew(claimed: Collection[DueDelivery]) -> None:
    """Extend the claims on some deliveries. Needs a transaction."""
    _change_claims(claimed, clock.now() + CLAIM_LIFETIME)


def release(claimed: Collection[DueDelivery]) -> None:
    """Release claims, so that any worker may take the deliveries. Needs a transaction."""
    _change_claims(claimed, None)


def begin_attempt(due: DueDelivery) -> None:
    """Count an attempt before it is made, for a job that may kill its worker.

    If it does, the delivery comes due after the usual wait. Needs a transaction.
    """
    _note(due, DIED, claimed_until=Delivery.claimed_until)


def finish(due: Collection[DueDelivery]) -> set[UUID]:
    """Mark deliveries of one subscriber as done, in the transaction of their effect.

    Returns the event ids of those that were not done before. Locks the rows: of two workers with
    the same delivery the second waits, and then finds it done.
    """
    (subscriber,) = {one.subscriber for one in due}
    done = require_transaction().scalars(
        update(_DELIVERIES)
        .where(
            _DELIVERIES.c.fact_id.in_([one.fact_id for one in due]),
            _DELIVERIES.c.subscriber == subscriber,
            _DELIVERIES.c.done_at.is_(None),
        )
        .values(
            done_at=clock.now(),
            last_error=None,
            claimed_until=None,
            attempts=case(
                {one.fact_id: one.attempts + 1 for one in due if one.attempts},
                value=_DELIVERIES.c.fact_id,
                else_=1,
            )
            if any(one.attempts for one in due)
            else 1,
        )
        .returning(_DELIVERIES.c.fact_id)
    )
    return set(done)


def is_done(due: DueDelivery) -> bool:
    """Return whether a delivery is done."""
    return session.scalar(
        select(Delivery.done_at.is_not(None)).where(
            Delivery.fact_id == due.fact_id, Delivery.subscriber == due.subscriber
        )
    ) in (True, None)


def note_failure(due: DueDelivery, error: str) -> int:
    """Store why an attempt failed and double the wait; returns the number of attempts.

    The wait grows from 30 seconds to an hour, for seven days. Needs a transaction.
    """
    _note(due, error, claimed_until=None)
    return due.attempts + 1


def retry(fact_id: UUID | None, subscriber: str | None) -> list[DeliveryKey]:
    """Make a delivery due now, with all its attempts again; returns what was waiting.

    Without `fact_id`: all that failed, of one subscriber or of every one. Needs a transaction.
    """
    return _change_waiting(fact_id, subscriber, attempts=0, due_at=clock.now())


def discard(fact_id: UUID | None, subscriber: str | None) -> list[DeliveryKey]:
    """Mark a delivery, or all that failed, as done without running it; returns what was waiting."""
    return _change_waiting(fact_id, subscriber, done_at=clock.now(), claimed_until=None)


def failed(subscriber: str | None, *, is_given_up: bool, limit: int) -> Sequence[AnyRow]:
    """List deliveries that failed and are not done, of one subscriber or of all, oldest first."""
    conditions = [Delivery.done_at.is_(None), Delivery.attempts > 0]
    if subscriber is not None:
        conditions.append(Delivery.subscriber == subscriber)
    if is_given_up:
        conditions.append(IS_GIVEN_UP)
    return session.execute(
        select(
            *(Delivery.fact_id, Delivery.subscriber, Delivery.attempts, Delivery.due_at),
            *(Delivery.last_error, IS_GIVEN_UP.label("is_given_up")),
        )
        .where(*conditions)
        .order_by(Delivery.fact_id)
        .limit(limit)
    ).all()


def _note(due: DueDelivery, error: str, *, claimed_until: object) -> None:
    wait = min(FIRST_RETRY * 2 ** min(due.attempts, 20), LONGEST_RETRY)
    require_transaction().execute(
        update(Delivery)
        .where(
            Delivery.fact_id == due.fact_id,
            Delivery.subscriber == due.subscriber,
            Delivery.done_at.is_(None),
        )
        .values(
            attempts=due.attempts + 1,
            due_at=clock.now() + wait,
            last_error=error[:2000],
            claimed_until=claimed_until,
        )
        .execution_options(synchronize_session=False)
    )


def _change_claims(claimed: Collection[DueDelivery], claimed_until: datetime | None) -> None:
    """Change claims, except of rows that a running job has locked: nobody can take those."""
    if not claimed:
        return
    unlocked = (
        select(Delivery.fact_id, Delivery.subscriber)
        .where(
            tuple_(Delivery.fact_id, Delivery.subscriber).in_(
                [(each.fact_id, each.subscriber) for each in claimed]
            ),
            Delivery.done_at.is_(None),
            Delivery.claimed_until.is_not(None),
        )
        .with_for_update(skip_locked=True)
        .cte("unlocked")
    )
    require_transaction().execute(
        update(Delivery)
        .where(Delivery.fact_id == unlocked.c.fact_id, Delivery.subscriber == unlocked.c.subscriber)
        .values(claimed_until=claimed_until)
        .execution_options(synchronize_session=False)
    )


def _change_waiting(
    fact_id: UUID | None, subscriber: str | None, **values: object
) -> list[DeliveryKey]:
    which = [Delivery.attempts > 0 if fact_id is None else Delivery.fact_id == fact_id]
    if subscriber is not None:
        which.append(Delivery.subscriber == subscriber)
    changed = require_transaction().execute(
        update(Delivery)
        .where(*which, Delivery.done_at.is_(None))
        .values(**values)
        .returning(Delivery.fact_id, Delivery.subscriber)
        .execution_options(synchronize_session=False)
    )
    return [(row.fact_id, row.subscriber) for row in changed]
