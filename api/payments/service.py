"""The verbs of the till. Nothing here talks to a provider: flows do, between two transactions.

Locks are taken on the order first (by the flow), then on the payment, then on the refund.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from api.kernel import clock
from api.kernel.ids import new_id
from api.payments.errors import PaymentNotFound, RefundExceedsCaptured
from api.payments.events import (
    MoneyNeedsAttention,
    ProviderEventReceived,
    RefundFailed,
    RefundSucceeded,
)
from api.payments.gateways import IntentSnapshot, RefundSnapshot, SignedEvent
from api.payments.models import OrphanMoney, Payment, PaymentEvent, ProviderEvent, Refund
from api.payments.states import (
    OF_STRIPE_INTENT,
    OF_STRIPE_REFUND,
    OPEN_PAYMENT,
    REFUND,
    PaymentState,
    RefundState,
)
from api.platform.db import require_transaction, session
from api.platform.outbox import emit


@dataclass(frozen=True, slots=True)
class Sums:
    """What all payments of an order amount to, in minor units."""

    authorized: int
    captured: int
    refunded: int
    refund_pending: int
    attempt_open: bool


def open_stripe_payment(order_id: UUID, *, amount: int, currency: str) -> Payment:
    """Return the order's open payment at Stripe, or begin one.

    One is open at a time (a partial unique index has the last word), so that a customer with two
    tabs pays one PaymentIntent. Needs the order locked.
    """
    found = session.scalar(
        select(Payment)
        .where(
            Payment.order_id == order_id,
            Payment.provider == "stripe",
            Payment.status.in_(OPEN_PAYMENT),
        )
        .with_for_update()
    )
    if found is not None and found.amount == amount:
        return found
    if found is not None:
        found.status = PaymentState.VOIDED
        session.flush()  # frees the place of the one open payment
    payment = Payment(
        id=new_id(), order_id=order_id, provider="stripe", amount=amount, currency=currency
    )
    require_transaction().add(payment)
    session.flush()
    return payment


def lock(payment_id: UUID) -> Payment:
    """Lock a payment. Raises `PaymentNotFound`."""
    require_transaction()
    payment = session.scalar(
        select(Payment)
        .where(Payment.id == payment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if payment is None:
        raise PaymentNotFound
    return payment


def apply_intent(payment: Payment, snapshot: IntentSnapshot) -> None:
    """Take over how the payment stands at the provider; repeating it changes nothing.

    A captured payment never falls back, whatever older news says. Needs the payment locked.
    """
    payment.provider_ref = snapshot.id
    payment.checked_at = clock.now()
    payment.decline_code = snapshot.decline_code
    payment.authorized = snapshot.capturable
    if snapshot.received > 0 and snapshot.status == "succeeded":
        if _record(payment.id, "captured", snapshot.received, reference=snapshot.id):
            payment.captured += snapshot.received
        payment.status = PaymentState.CAPTURED
        payment.authorized = 0
    elif payment.status is not PaymentState.CAPTURED:
        payment.status = OF_STRIPE_INTENT.get(snapshot.status, payment.status)
    payment.version += 1


def record_manual(order_id: UUID, *, amount: int, currency: str, reference: str) -> Payment:
    """Record money that came another way: a transfer, cash. Amount in minor units.

    Needs the order locked.
    """
    payment = Payment(
        id=new_id(),
        order_id=order_id,
        provider="manual",
        status=PaymentState.CAPTURED,
        amount=amount,
        currency=currency,
        captured=amount,
        reference=reference,
    )
    require_transaction().add(payment)
    session.flush()
    _record(payment.id, "captured", amount, reference=str(payment.id))
    return payment


def void_open_payments(order_id: UUID) -> None:
    """Give up payments that never reached the provider. Needs the order locked."""
    session.execute(
        update(Payment)
        .where(
            Payment.order_id == order_id,
            Payment.status.in_(OPEN_PAYMENT),
            Payment.provider_ref.is_(None),
        )
        .values(status=PaymentState.VOIDED, version=Payment.version + 1)
    )


def sums(order_id: UUID) -> Sums:
    """Add up an order's payments."""
    session.flush()
    row = session.execute(
        select(
            func.coalesce(func.sum(Payment.authorized), 0),
            func.coalesce(func.sum(Payment.captured), 0),
            func.coalesce(func.sum(Payment.refunded), 0),
            func.coalesce(func.sum(Payment.refund_pending), 0),
            func.coalesce(func.bool_or(Payment.status.in_(OPEN_PAYMENT)), False),
        ).where(Payment.order_id == order_id)
    ).one()
    return Sums(int(row[0]), int(row[1]), int(row[2]), int(row[3]), bool(row[4]))


def flag_for_attention(payment: Payment, reason: str) -> None:
    """Put a payment on the list of things that a person must look at, and say so once."""
    if payment.needs_attention is None:
        payment.needs_attention = reason
        emit(
            MoneyNeedsAttention(
                payment_id=payment.id,
                order_id=payment.order_id,
                amount=payment.captured,
                currency=payment.currency,
                reason=reason,
            )
        )


def list_orphan(snapshot: IntentSnapshot, detail: str) -> bool:
    """List money at the provider that names no payment of ours; False when it is listed already."""
    listed = session.scalar(
        insert(OrphanMoney)
        .values(
            id=new_id(),
            provider_ref=snapshot.id,
            amount=snapshot.received,
            currency=snapshot.currency,
            detail=detail,
        )
        .on_conflict_do_nothing()
        .returning(OrphanMoney.id)
    )
    return listed is not None


def open_refunds(refund_id: UUID, order_id: UUID, amount: int) -> list[Refund]:
    """Promise an amount (minor units) back, from the order's payments, newest first.

    Several payments give several refunds; the first bears `refund_id`. The promise is one
    guarded UPDATE per payment: it fails rather than promise more than came in and is not already
    on its way back. Raises `RefundExceedsCaptured`, with nothing promised. Needs the order locked.
    """
    current = require_transaction()
    payments = session.scalars(
        select(Payment)
        .where(Payment.order_id == order_id, Payment.captured > 0)
        .order_by(Payment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    left = amount
    refunds: list[Refund] = []
    for payment in reversed(payments):
        part = min(left, payment.captured - payment.refunded - payment.refund_pending)
        if part <= 0:
            continue
        _promise(payment.id, part)
        refund = Refund(
            id=refund_id if not refunds else new_id(),
            payment_id=payment.id,
            order_id=order_id,
            amount=part,
            currency=payment.currency,
        )
        current.add(refund)
        refunds.append(refund)
        left -= part
    if left:
        refundable = sum(p.captured - p.refunded - p.refund_pending for p in payments)
        raise RefundExceedsCaptured(refundable=refundable, requested=amount)
    session.flush()
    return refunds


def lock_refund(refund_id: UUID) -> Refund:
    """Lock a refund after its payment. Raises `PaymentNotFound`."""
    payment_id = session.scalar(select(Refund.payment_id).where(Refund.id == refund_id))
    if payment_id is None:
        raise PaymentNotFound("There is no such refund.")
    lock(payment_id)
    refund = session.scalar(
        select(Refund)
        .where(Refund.id == refund_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    assert refund is not None
    return refund


def apply_refund(refund: Refund, snapshot: RefundSnapshot) -> bool:
    """Take over how a refund stands at the provider; True when that changed its state.

    A refund that fails after it succeeded takes its amount back from `refunded`. Emits
    `RefundSucceeded` or `RefundFailed`. Needs the refund locked.
    """
    refund.provider_ref = snapshot.id
    target = OF_STRIPE_REFUND.get(snapshot.status, RefundState.SUBMITTED)
    if target == refund.status or (
        refund.status in (RefundState.SUCCEEDED, RefundState.FAILED)
        and target is not RefundState.FAILED
    ):
        return False
    before = refund.status
    command = {
        RefundState.SUBMITTED: "submit",
        RefundState.SUCCEEDED: "succeed",
        RefundState.FAILED: "fail",
    }[target]
    refund.status = RefundState(REFUND.next(before, command))
    refund.version += 1
    if target is RefundState.SUCCEEDED:
        _settle(refund, pending=-refund.amount, refunded=refund.amount, kind="refunded")
        emit(
            RefundSucceeded(
                refund_id=refund.id,
                order_id=refund.order_id,
                amount=refund.amount,
                currency=refund.currency,
            )
        )
    if target is RefundState.FAILED:
        fail_refund(refund, before, snapshot.failure_reason or "the provider gave no reason")
    return True


def fail_refund(refund: Refund, before: RefundState, reason: str) -> None:
    """Take a refund's promise back, or its amount when it had been reported as done."""
    refund.status, refund.failure = RefundState.FAILED, reason[:200]
    if before is RefundState.SUCCEEDED:
        _settle(refund, pending=0, refunded=-refund.amount, kind="refund_failed")
    else:
        _settle(refund, pending=-refund.amount, refunded=0, kind="refund_refused")
    emit(
        RefundFailed(
            refund_id=refund.id,
            order_id=refund.order_id,
            amount=refund.amount,
            currency=refund.currency,
            reason=reason[:200],
        )
    )


def settle_manual_refund(refund: Refund) -> None:
    """Mark a refund of money that came another way as given back by hand."""
    apply_refund(
        refund,
        RefundSnapshot(id=f"manual-{refund.id}", status="succeeded", amount=refund.amount),
    )


def store_provider_event(event: SignedEvent) -> bool:
    """Put a message into the inbox, once, and wake whoever applies it; False when it was there."""
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


def stale_payments(older_than: timedelta, limit: int) -> Sequence[tuple[UUID, str | None]]:
    """List open Stripe payments not heard of for a while, with their PaymentIntent's id."""
    before: datetime = clock.now() - older_than
    rows = session.execute(
        select(Payment.id, Payment.provider_ref)
        .where(
            Payment.status.in_(OPEN_PAYMENT),
            Payment.provider == "stripe",
            Payment.checked_at < before,
        )
        .order_by(Payment.checked_at)
        .limit(limit)
    )
    return [(row.id, row.provider_ref) for row in rows]


def stale_refunds(older_than: timedelta, limit: int) -> Sequence[UUID]:
    """List refunds that wait for an answer of the provider for a while."""
    return session.scalars(
        select(Refund.id)
        .where(
            Refund.status.in_((RefundState.REQUESTED, RefundState.SUBMITTED)),
            Refund.created_at < clock.now() - older_than,
        )
        .order_by(Refund.created_at)
        .limit(limit)
    ).all()


def _promise(payment_id: UUID, amount: int) -> None:
    promised: Any = session.execute(
        update(Payment)
        .where(
            Payment.id == payment_id,
            Payment.captured - Payment.refunded - Payment.refund_pending >= amount,
        )
        .values(refund_pending=Payment.refund_pending + amount, version=Payment.version + 1)
        .execution_options(synchronize_session=False)
    )
    if promised.rowcount != 1:
        raise RefundExceedsCaptured(requested=amount)


def _settle(refund: Refund, *, pending: int, refunded: int, kind: str) -> None:
    """Move a refund's amount between the payment's sums and write the movement down."""
    session.flush()
    session.execute(
        update(Payment)
        .where(Payment.id == refund.payment_id)
        .values(
            refund_pending=Payment.refund_pending + pending,
            refunded=Payment.refunded + refunded,
            version=Payment.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    _record(refund.payment_id, kind, refund.amount, reference=str(refund.id))


def _record(payment_id: UUID, kind: str, amount: int, *, reference: str) -> bool:
    """Write a movement of money down, once; False when it was written before."""
    session.flush()
    written = session.scalar(
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
    return written is not None
