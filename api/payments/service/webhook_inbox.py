"""The inbox of webhook events."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from api.kernel import clock
from api.kernel.ids import first_id, new_id
from api.payments.events import ProviderEventReceived
from api.payments.gateways import SignedEvent
from api.payments.models import ProviderEvent
from api.platform import bulk_sql
from api.platform.db import session
from api.platform.outbox import emit

KEPT_FOR = timedelta(days=90)


def store_provider_event(event: SignedEvent) -> bool:
    """Store a webhook event once and emit `ProviderEventReceived`; False if stored before."""
    event_id = session.scalar(
        insert(ProviderEvent)
        .values(
            id=new_id(),
            provider="stripe",
            provider_event_id=event.id,
            kind=event.kind,
            object_id=event.object_id,
            body=event.body,
            received_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(ProviderEvent.id)
    )
    if event_id is None:
        return False
    emit(ProviderEventReceived(event_id=event_id, kind=event.kind, object_id=event.object_id))
    return True


def finish_provider_event(event_id: UUID, outcome: str) -> None:
    """Record an event's result: `applied`, `ignored` or `unknown_object`. Needs a transaction."""
    session.execute(
        update(ProviderEvent)
        .where(ProviderEvent.id == event_id)
        .values(applied_at=clock.now(), outcome=outcome)
    )


def purge_old_events(limit: int) -> int:
    """Delete up to `limit` applied events older than three months; returns how many.

    The provider repeats an event for some days only. Needs a transaction.
    """
    old = session.scalars(
        select(ProviderEvent.id)
        .where(
            ProviderEvent.id < first_id(clock.now() - KEPT_FOR),
            ProviderEvent.applied_at.is_not(None),
        )
        .order_by(ProviderEvent.id)
        .limit(limit)
    ).all()
    if old:
        session.execute(delete(ProviderEvent).where(bulk_sql.any_of(ProviderEvent.id, old)))
    return len(old)
