"""Disputes and early fraud warnings, as the provider reports them."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from api.kernel import clock
from api.kernel.ids import new_id
from api.payments.errors import DisputeOpen
from api.payments.gateways import DisputeSnapshot, FraudWarningSnapshot
from api.payments.models import Dispute, FraudWarning, Payment
from api.payments.service.payment_events import record
from api.payments.states import DISPUTE_CLOSED, DISPUTE_DECIDED, DISPUTE_LOST
from api.platform import sweeps
from api.platform.db import AnyRow, require_transaction, session


def apply_dispute(payment: Payment, snapshot: DisputeSnapshot) -> tuple[Dispute, str | None]:
    """Apply the provider's state to a dispute; returns it and its earlier status, if any.

    A lost dispute deducts its amount from the payment, and returns it if the dispute is won after
    all; an older state never reverts a decision. Needs order and payment locked.
    """
    dispute = session.scalar(
        select(Dispute)
        .where(Dispute.provider_ref == snapshot.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    before = None if dispute is None else dispute.status
    if dispute is None:
        dispute = Dispute(
            id=new_id(),
            payment_id=payment.id,
            order_id=payment.order_id,
            provider_ref=snapshot.id,
            opened_at=snapshot.opened_at,
            charged_back=0,
            version=0,
        )
        require_transaction().add(dispute)
    elif before in DISPUTE_DECIDED and snapshot.status not in DISPUTE_DECIDED:
        return dispute, before
    dispute.status, dispute.reason = snapshot.status[:60], snapshot.reason[:80]
    dispute.amount, dispute.currency = snapshot.amount, snapshot.currency
    dispute.evidence_due_by = snapshot.evidence_due_by
    dispute.is_refundable = snapshot.is_refundable
    if snapshot.fee is not None:
        dispute.fee, dispute.fee_currency = snapshot.fee, snapshot.fee_currency
    is_closed = snapshot.status in DISPUTE_CLOSED
    dispute.closed_at = (dispute.closed_at or clock.now()) if is_closed else None
    dispute.outcome = dispute.status if is_closed else None
    dispute.checked_at = clock.now()
    dispute.version += 1
    _charge_back(payment, dispute)
    return dispute, before


def apply_fraud_warning(
    payment: Payment, snapshot: FraudWarningSnapshot
) -> tuple[FraudWarning, bool]:
    """Apply the provider's state to a fraud warning; returns it, and whether it opened or closed.

    Needs order and payment locked.
    """
    warning = session.scalar(
        select(FraudWarning)
        .where(FraudWarning.provider_ref == snapshot.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    is_new = warning is None
    if warning is None:
        warning = FraudWarning(
            id=new_id(),
            payment_id=payment.id,
            order_id=payment.order_id,
            provider_ref=snapshot.id,
            opened_at=snapshot.opened_at,
        )
        require_transaction().add(warning)
    warning.fraud_type = snapshot.fraud_type[:80]
    warning.checked_at = clock.now()
    was_open = warning.closed_at is None
    # A warning never becomes actionable again, so an older state changes nothing.
    if was_open and not snapshot.is_actionable:
        warning.closed_at = clock.now()
    session.flush()
    return warning, is_new or was_open != (warning.closed_at is None)


def is_disputed(order_id: UUID) -> bool:
    """Tell whether an order has an open dispute that blocks refunds."""
    return _open_dispute(order_id) is not None


def check_not_disputed(order_id: UUID) -> None:
    """Refuse a refund while a dispute is open. Raises `DisputeOpen`.

    An inquiry does not count: the provider allows refunds during one, which may even end it.
    """
    if (dispute := _open_dispute(order_id)) is not None:
        due = dispute.evidence_due_by
        raise DisputeOpen(
            dispute_id=dispute.id,
            status=dispute.status,
            evidence_due_by=due,
            until="" if due is None else f" by {due:%Y-%m-%d %H:%M} UTC",
        )


def _open_dispute(order_id: UUID) -> AnyRow | None:
    return session.execute(
        select(Dispute.id, Dispute.status, Dispute.evidence_due_by)
        .where(
            Dispute.order_id == order_id,
            Dispute.closed_at.is_(None),
            Dispute.is_refundable.is_(False),
        )
        .order_by(Dispute.evidence_due_by)
        .limit(1)
    ).one_or_none()


def stale_disputes(older_than: timedelta, limit: int) -> Sequence[str]:
    """List open disputes not fetched for a while, by the provider's ids."""
    return session.scalars(
        select(Dispute.provider_ref)
        .where(
            Dispute.closed_at.is_(None),
            Dispute.checked_at < clock.now() - older_than,
            ~sweeps.waits("sweep-disputes", Dispute.provider_ref),
        )
        .order_by(Dispute.checked_at)
        .limit(limit)
    ).all()


def stale_fraud_warnings(older_than: timedelta, limit: int) -> Sequence[str]:
    """List open fraud warnings not fetched for a while, by the provider's ids."""
    return session.scalars(
        select(FraudWarning.provider_ref)
        .where(
            FraudWarning.closed_at.is_(None),
            FraudWarning.checked_at < clock.now() - older_than,
            ~sweeps.waits("sweep-fraud-warnings", FraudWarning.provider_ref),
        )
        .order_by(FraudWarning.checked_at)
        .limit(limit)
    ).all()


def _charge_back(payment: Payment, dispute: Dispute) -> None:
    """Update the amount lost in the dispute, and record the movement.

    A lost dispute in another currency than the payment's takes all that was left of it.
    """
    lost = 0
    if dispute.status == DISPUTE_LOST:
        rest = payment.captured - payment.refunded
        lost = dispute.amount if dispute.currency == payment.currency else rest
        lost = dispute.charged_back or max(0, lost)
    change = lost - dispute.charged_back
    session.flush()
    if change:
        dispute.charged_back = lost
        payment.charged_back += change
        payment.version += 1
        record(
            payment.id,
            "charged_back" if change > 0 else "charge_back_returned",
            abs(change),
            reference=f"{dispute.provider_ref}:{dispute.version}",
        )
