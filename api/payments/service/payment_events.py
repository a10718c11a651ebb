"""Movements of money, each recorded once."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from api.kernel import clock
from api.kernel.ids import new_id
from api.payments.models import PaymentEvent
from api.platform.db import session


def record(payment_id: UUID, kind: str, amount: int, *, reference: str) -> bool:
    """Record a movement (minor units), once; False when it was recorded before."""
    session.flush()
    event_id = session.scalar(
        insert(PaymentEvent)
        .values(
            id=new_id(),
            payment_id=payment_id,
            at=clock.now(),
            kind=kind,
            amount=amount,
            reference=reference,
        )
        .on_conflict_do_nothing()
        .returning(PaymentEvent.id)
    )
    return event_id is not None
