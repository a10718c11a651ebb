"""Refunds: reserved under a guard, submitted by flows, and settled here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from api.kernel import clock
from api.kernel.ids import new_id
from api.payments.errors import PaymentNotFound, RefundExceedsCaptured
from api.payments.events import RefundFailed, RefundSucceeded
from api.payments.gateways import RefundSnapshot
from api.payments.models import Payment, Refund
from api.payments.service.captures import lock
from api.payments.service.payment_events import record
from api.payments.states import OF_STRIPE_REFUND, REFUND, RefundOrigin, RefundState
from api.platform import sweeps
from api.platform.db import require_transaction, session
from api.platform.outbox import emit
from api.stored_value.states import TENDERS


@dataclass(frozen=True, slots=True)
class PlannedRefund:
    """The part of a refund that one payment would give back, in minor units."""

    payment_id: UUID
    provider: str
    amount: int
    currency: str


def open_refunds(
    case_id: UUID, order_id: UUID, amount: int, *, to_store_credit: bool = False
) -> list[Refund]:
    """Reserve an amount (minor units) for a refund, from the order's payments.

    Money goes first, the newest payment before the others, and then what store credit and gift
    cards paid: a customer gets back what can be spent anywhere before what can be spent here. With
    `to_store_credit` the money is given as store credit. What gift cards and store credit paid
    always returns to them.

    Several payments give several refunds of one request; the first has its id. Each payment is
    updated under a guard, so that no more is reserved than was captured and is not yet refunded.
    Raises `RefundExceedsCaptured`, with nothing reserved. Needs the order locked.
    """
    current = require_transaction()
    planned = plan_refunds(order_id, amount)
    if sum(part.amount for part in planned) < amount:
        refundable = sum(part.amount for part in planned)
        raise RefundExceedsCaptured(refundable=refundable, requested=amount)
    refunds: list[Refund] = []
    for part in planned:
        _reserve(part.payment_id, part.amount)
        refund = Refund(
            id=case_id if not refunds else new_id(),
            case_id=case_id,
            payment_id=part.payment_id,
            order_id=order_id,
            amount=part.amount,
            currency=part.currency,
            to_store_credit=to_store_credit and part.provider not in TENDERS,
        )
        current.add(refund)
        refunds.append(refund)
    session.flush()
    return refunds


def plan_refunds(order_id: UUID, amount: int) -> list[PlannedRefund]:
    """Divide an amount (minor units) over the order's payments, as `open_refunds` reserves it.

    Less than the amount when no more is left. Locks the payments; needs the order locked.
    """
    payments = session.scalars(
        select(Payment)
        .where(Payment.order_id == order_id, Payment.captured > 0)
        .order_by(Payment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    planned, remaining = [], amount
    for payment in sorted(
        payments, key=lambda one: (one.provider not in TENDERS, one.id), reverse=True
    ):
        part = min(remaining, _left(payment))
        if part > 0:
            planned.append(PlannedRefund(payment.id, payment.provider, part, payment.currency))
            remaining -= part
    return planned


def adopt_refund(payment: Payment, snapshot: RefundSnapshot) -> Refund:
    """Record a refund that was made at the provider directly, as pending; the caller applies it.

    It has already happened, so nothing is checked against what is left. Needs the payment locked.
    """
    refund_id = new_id()
    refund = Refund(
        id=refund_id,
        case_id=refund_id,
        payment_id=payment.id,
        order_id=payment.order_id,
        amount=snapshot.amount,
        currency=payment.currency,
        provider_ref=snapshot.id,
        origin=RefundOrigin.PROVIDER,
        status=RefundState.REQUESTED,
        version=1,
    )
    require_transaction().add(refund)
    session.flush()
    _add_pending(payment.id, snapshot.amount)
    return refund


def lock_refund(refund_id: UUID) -> Refund:
    """Lock a refund after its payment. Raises `PaymentNotFound`."""
    payment_id = session.scalar(select(Refund.payment_id).where(Refund.id == refund_id))
    if payment_id is None:
        raise PaymentNotFound("Refund not found.")
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
    """Apply the provider's state to a refund; True when that changed its status.

    A refund that fails after it succeeded is subtracted from `refunded`. Emits
    `RefundSucceeded` or `RefundFailed`. Needs the refund locked.
    """
    refund.provider_ref, refund.provider_status = snapshot.id, snapshot.status[:60]
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
        _fail(refund, before, snapshot.failure_reason or "the provider gave no reason")
    return True


def stale_refunds(older_than: timedelta, limit: int) -> Sequence[UUID]:
    """List refunds that have waited for the provider's result for a while."""
    return session.scalars(
        select(Refund.id)
        .where(
            Refund.status.in_((RefundState.REQUESTED, RefundState.SUBMITTED)),
            Refund.created_at < clock.now() - older_than,
            ~sweeps.waits("sweep-refunds", Refund.id),
        )
        .order_by(Refund.created_at)
        .limit(limit)
    ).all()


def _fail(refund: Refund, before: RefundState, reason: str) -> None:
    """Release a refund's reservation, or revert its amount if it had been reported as done."""
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


def _left(payment: Payment) -> int:
    deducted = payment.refunded + payment.refund_pending + payment.charged_back
    return payment.captured - deducted


def _reserve(payment_id: UUID, amount: int) -> None:
    deducted = Payment.refunded + Payment.refund_pending + Payment.charged_back
    if _add_pending(payment_id, amount, Payment.captured - deducted >= amount) != 1:
        raise RefundExceedsCaptured(requested=amount)


def _add_pending(payment_id: UUID, amount: int, *guard: ColumnElement[bool]) -> int:
    updated: Any = session.execute(
        update(Payment)
        .where(Payment.id == payment_id, *guard)
        .values(refund_pending=Payment.refund_pending + amount, version=Payment.version + 1)
        .execution_options(synchronize_session=False)
    )
    return int(updated.rowcount)


def _settle(refund: Refund, *, pending: int, refunded: int, kind: str) -> None:
    """Move a refund's amount between the payment's sums and record the movement."""
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
    record(refund.payment_id, kind, refund.amount, reference=str(refund.id))
