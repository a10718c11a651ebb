"""Incoming payments. Provider calls are made by flows, between two transactions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update

from api.kernel import clock
from api.kernel.ids import new_id
from api.payments.errors import PaymentNotFound
from api.payments.gateways import IntentSnapshot
from api.payments.models import Payment
from api.payments.service.payment_events import record
from api.payments.states import OF_STRIPE_INTENT, OPEN_PAYMENT, PaymentState
from api.platform import sweeps
from api.platform.db import lock_entity, require_transaction, session
from api.stored_value.states import TENDERS


@dataclass(frozen=True, slots=True)
class PaymentTotals:
    """Sums of all payments of an order, in minor units."""

    authorized: int
    captured: int
    refunded: int
    refund_pending: int
    charged_back: int
    tendered: int
    """The part of `captured` that gift cards and store credit paid."""
    attempt_open: bool


def open_stripe_payment(order_id: UUID, *, amount: int, currency: str) -> Payment:
    """Return the order's open Stripe payment, or create one.

    Only one is open at a time (ensured by a partial unique index), so that a customer with two
    tabs pays one PaymentIntent. One with another amount (minor units) is voided, and its
    PaymentIntent is cancelled later. Needs the order locked.
    """
    existing = session.scalar(
        select(Payment)
        .where(
            Payment.order_id == order_id,
            Payment.provider == "stripe",
            Payment.status.in_(OPEN_PAYMENT),
        )
        .with_for_update()
    )
    if existing is not None and existing.amount == amount:
        return existing
    if existing is not None:
        existing.status, existing.authorized = PaymentState.VOIDED, 0
        existing.version += 1
        session.flush()  # before the new one, because of the unique index
    payment = Payment(
        id=new_id(), order_id=order_id, provider="stripe", amount=amount, currency=currency
    )
    require_transaction().add(payment)
    session.flush()
    return payment


def lock(payment_id: UUID) -> Payment:
    """Lock a payment. Raises `PaymentNotFound`."""
    return lock_entity(Payment, payment_id, PaymentNotFound())


def apply_intent(payment: Payment, snapshot: IntentSnapshot) -> None:
    """Apply the provider's state to a payment; repeating changes nothing.

    A captured payment never goes back to an earlier status, and a voided one changes only when
    money was received. Needs the payment locked.
    """
    payment.provider_ref = snapshot.id
    payment.checked_at = clock.now()
    payment.decline_code = snapshot.decline_code
    if snapshot.risk_level is not None:
        payment.risk_level = snapshot.risk_level
        payment.failed_checks = list(snapshot.failed_checks)
    payment.authorized = snapshot.capturable
    if snapshot.received > 0 and snapshot.status == "succeeded":
        if record(payment.id, "captured", snapshot.received, reference=snapshot.id):
            payment.captured += snapshot.received
        payment.status = PaymentState.CAPTURED
    elif payment.status not in (PaymentState.CAPTURED, PaymentState.VOIDED):
        payment.status = OF_STRIPE_INTENT.get(snapshot.status, payment.status)
    if payment.status in (PaymentState.CAPTURED, PaymentState.VOIDED):
        payment.authorized = 0
    if payment.status is PaymentState.VOIDED:
        payment.withdrawn_at = clock.now() if snapshot.status == "canceled" else None
    payment.version += 1


def close_unknown(payment: Payment) -> None:
    """Close a payment that the provider does not have: it cannot be paid. Needs it locked."""
    payment.checked_at = clock.now()
    if payment.status in OPEN_PAYMENT:
        payment.status = PaymentState.VOIDED
    if payment.status is PaymentState.VOIDED:
        payment.withdrawn_at = clock.now()
    payment.version += 1


def record_captured(
    payment_id: UUID,
    order_id: UUID,
    *,
    provider: str,
    amount: int,
    currency: str,
    reference: str,
) -> Payment:
    """Record a payment that is complete at once: a transfer, cash, a gift card or store credit.

    Amount in minor units. One made by staff has the id of their command. Needs the order locked.
    """
    payment = Payment(
        id=payment_id,
        order_id=order_id,
        provider=provider,
        status=PaymentState.CAPTURED,
        amount=amount,
        currency=currency,
        captured=amount,
        reference=reference,
    )
    require_transaction().add(payment)
    session.flush()
    record(payment.id, "captured", amount, reference=str(payment.id))
    return payment


def void_tenders(order_id: UUID) -> list[tuple[Payment, int]]:
    """Void the payments by gift card and store credit of an order that was not paid in full.

    Returns each with the amount (minor units) that must return to its account: all that is not
    refunded or about to be. Locks the payments. Needs the order locked.
    """
    payments = session.scalars(
        select(Payment)
        .where(Payment.order_id == order_id, Payment.provider.in_(TENDERS), Payment.captured > 0)
        .order_by(Payment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    voided = []
    for payment in payments:
        amount = payment.captured - payment.refunded - payment.refund_pending
        if amount == 0:
            continue
        payment.captured -= amount
        payment.version += 1
        if payment.captured == 0:
            payment.status = PaymentState.VOIDED
        record(payment.id, "released", amount, reference=str(payment.id))
        voided.append((payment, amount))
    return voided


def void_open_payments(order_id: UUID) -> None:
    """Void open payments; their PaymentIntents are cancelled later. Needs the order locked."""
    session.flush()
    session.execute(
        update(Payment)
        .where(
            Payment.order_id == order_id,
            Payment.provider == "stripe",
            Payment.status.in_(OPEN_PAYMENT),
        )
        .values(status=PaymentState.VOIDED, authorized=0, version=Payment.version + 1)
    )


def payment_totals(order_id: UUID) -> PaymentTotals:
    """Sum an order's payments."""
    session.flush()
    row = session.execute(
        select(
            func.coalesce(func.sum(Payment.authorized), 0),
            func.coalesce(func.sum(Payment.captured), 0),
            func.coalesce(func.sum(Payment.refunded), 0),
            func.coalesce(func.sum(Payment.refund_pending), 0),
            func.coalesce(func.sum(Payment.charged_back), 0),
            func.coalesce(func.sum(Payment.captured).filter(Payment.provider.in_(TENDERS)), 0),
            func.coalesce(func.bool_or(Payment.status.in_(OPEN_PAYMENT)), False),
        ).where(Payment.order_id == order_id)
    ).one()
    authorized, captured, refunded, refund_pending, charged_back, tendered = map(int, row[:6])
    return PaymentTotals(
        authorized, captured, refunded, refund_pending, charged_back, tendered, bool(row[6])
    )


def link_intent(order_id: UUID, snapshot: IntentSnapshot) -> Payment:
    """Create a payment of an order for a PaymentIntent that was made at the provider directly.

    The caller applies its state. Needs the order locked. Raises IntegrityError
    (`uq_payments_provider_ref`) when it was linked before.
    """
    payment = Payment(
        id=new_id(),
        order_id=order_id,
        provider="stripe",
        provider_ref=snapshot.id,
        status=PaymentState.CAPTURED,
        amount=snapshot.received,
        currency=snapshot.currency,
    )
    require_transaction().add(payment)
    session.flush()
    return payment


def stale_payments(older_than: timedelta, limit: int) -> Sequence[tuple[UUID, str | None]]:
    """List open Stripe payments not fetched for a while, with their PaymentIntent ids."""
    before: datetime = clock.now() - older_than
    rows = session.execute(
        select(Payment.id, Payment.provider_ref)
        .where(
            Payment.status.in_(OPEN_PAYMENT),
            Payment.provider == "stripe",
            Payment.checked_at < before,
            ~sweeps.waits("ask-about-payments", Payment.id),
        )
        .order_by(Payment.checked_at)
        .limit(limit)
    )
    return [(row.id, row.provider_ref) for row in rows]
