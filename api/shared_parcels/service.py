"""Writes of proposed refunds of shipping. Each needs a transaction and the order locked."""

from uuid import UUID

from sqlalchemy import select

from api.kernel import clock
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.platform.db import require_transaction
from api.shared_parcels.errors import SavingDecided, SavingNotFound
from api.shared_parcels.models import ShippingSaving
from api.shared_parcels.states import SavingDecision


def propose(fulfilment_id: UUID, order_id: UUID, saved: Money) -> None:
    """Propose to refund the shipping that an order paid in vain."""
    require_transaction().add(
        ShippingSaving(
            fulfilment_id=fulfilment_id,
            order_id=order_id,
            amount=saved.amount,
            currency=saved.currency,
        )
    )


def decide(
    fulfilment_id: UUID,
    decision: SavingDecision,
    *,
    case_id: UUID | None = None,
    by: Principal,
) -> Money | None:
    """Decide about a proposed refund, once; returns its amount, or None if `case_id` did before.

    Locks the proposal. Raises `SavingNotFound` and `SavingDecided`.
    """
    saving = require_transaction().scalar(
        select(ShippingSaving)
        .where(ShippingSaving.fulfilment_id == fulfilment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if saving is None:
        raise SavingNotFound(fulfilment_id=fulfilment_id)
    if saving.decision is not None:
        if case_id is not None and saving.case_id == case_id:
            return None
        raise SavingDecided(decision=saving.decision.value)
    saving.decision, saving.case_id = decision, case_id
    saving.decided_at, saving.decided_by = clock.now(), by.label[:200]
    return Money(saving.amount, saving.currency)
