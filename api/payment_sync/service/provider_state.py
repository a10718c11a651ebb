"""Applying the provider's state to orders. Needs a transaction; locks the order, then payment."""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from api.kernel.money import Money
from api.kernel.principal import SYSTEM, Principal
from api.orders import service as orders_service
from api.orders.service import RiskFacts
from api.orders.states import HoldReason, OrderStatus, PaymentStatus
from api.payments import queries as payments_queries
from api.payments import service as payments_service
from api.payments.errors import PaymentNotFound, WrongCurrency
from api.payments.gateways import (
    DisputeSnapshot,
    FraudWarningSnapshot,
    IntentSnapshot,
    RefundSnapshot,
)
from api.payments.states import DISPUTE_LOST, PaymentState, RefundState
from api.platform import attention, audit, sweeps
from api.platform.attention import AttentionKind, Resolution, Subjects
from api.stored_value import service as stored_value_service
from api.stored_value.states import TENDERS, EntryKind


def apply_intent(payment_id: UUID, snapshot: IntentSnapshot) -> bool:
    """Apply the state of a payment; repeating it, or an older state, changes nothing.

    Returns whether it must still be cancelled: void here, and payable at the provider.

    Never moves stock and never reopens a cancelled order: money for a cancelled order, or another
    amount than requested, raises an attention item. Raises `PaymentNotFound`.
    """
    order = orders_service.lock(_order_of(payment_id))
    payment = payments_service.lock(payment_id)
    captured_before = payment.captured
    payments_service.apply_intent(payment, snapshot)
    refresh(order)
    if payment.captured == captured_before:
        return payment.status is PaymentState.VOIDED and payment.withdrawn_at is None
    received = Money(payment.captured - captured_before, payment.currency)
    orders_service.add_event(order.id, "paid", f"{received} paid by card.", by=SYSTEM)
    if order.status == OrderStatus.CANCELLED:
        kind, reason = AttentionKind.LATE_TRANSFER, "money came after the order was cancelled"
    elif order.captured <= order.payable and (snapshot.received, snapshot.currency) != (
        payment.amount,
        payment.currency,
    ):
        kind, reason = AttentionKind.WRONG_AMOUNT, "another amount came than was asked for"
    else:
        return False
    attention.raise_item(
        kind,
        payment.id,
        reason,
        amount=received,
        about=Subjects(order_id=order.id, payment_id=payment.id),
    )
    return False


def apply_unknown_intent(payment_id: UUID, *, provider_ref: str | None = None) -> None:
    """Close a payment that the provider does not have: it cannot be paid.

    `provider_ref` is the PaymentIntent's id if the provider once returned one: then the shop's keys
    belong to another account now, where it may still be paid, and staff are notified.
    """
    order = orders_service.lock(_order_of(payment_id))
    payments_service.close_unknown(payments_service.lock(payment_id))
    refresh(order)
    if provider_ref is not None:
        attention.raise_item(
            AttentionKind.FAILING_JOB,
            sweeps.reference("withdraw-payments", payment_id),
            f"the provider knows nothing of {provider_ref} in this account, "
            "so it was not withdrawn: look in the account that it was made in",
            about=Subjects(order_id=order.id, payment_id=payment_id),
        )


def apply_refund(refund_id: UUID, snapshot: RefundSnapshot) -> None:
    """Apply the state of a refund; repeating changes nothing. Raises `PaymentNotFound`."""
    refund = payments_queries.refund(refund_id)
    if refund is None:
        raise PaymentNotFound("Refund not found.")
    order = orders_service.lock(refund.order_id)
    _apply_refund(order, payments_service.lock_refund(refund_id), snapshot)
    refresh(order)


def apply_refunds(payment_id: UUID, snapshots: Sequence[RefundSnapshot]) -> None:
    """Apply all refunds of a payment; those made at the provider are recorded here.

    Our own are matched by the provider's id, or by our id in the metadata if the answer was not
    recorded yet. If everything was refunded at the provider, an order with units left to ship is
    put on hold. Never moves stock.
    """
    order_id = _order_of(payment_id)
    order = orders_service.lock(order_id)
    payment = payments_service.lock(payment_id)
    # Failures first: otherwise a refund that replaces a failed one would exceed the payment.
    for snapshot in sorted(
        snapshots, key=lambda refund: refund.status not in ("failed", "canceled")
    ):
        own_id = payments_queries.refund_of_snapshot(
            payment_id, snapshot.id, snapshot.metadata.get("refund_id", "")
        )
        if own_id is not None:
            _apply_refund(order, payments_service.lock_refund(own_id), snapshot)
        else:
            _adopt_refund(order, payments_service.adopt_refund(payment, snapshot), snapshot)
    refresh(order)
    if order.payment_status == PaymentStatus.REFUNDED:
        for row in payments_queries.foreign_refunds_of_order(order.id):
            if row.status != "failed":
                orders_service.hold_for(
                    order,
                    HoldReason.FOREIGN_REFUND,
                    note="all money went back at the payment provider",
                    reference=row.id,
                )
                break


def apply_dispute(payment_id: UUID, snapshot: DisputeSnapshot) -> None:
    """Apply the state of a dispute: put the order on hold, notify staff, record the amounts.

    If it is won or not pursued, its hold is released. If it is lost, the hold stays until a person
    decides. Never moves stock and never changes the order's status.
    """
    order = orders_service.lock(_order_of(payment_id))
    payment = payments_service.lock(payment_id)
    dispute, before = payments_service.apply_dispute(payment, snapshot)
    refresh(order)
    if dispute.status == before:
        return
    money = Money(dispute.amount, dispute.currency)
    due = dispute.evidence_due_by
    is_asked = due is not None and dispute.closed_at is None
    answer = f", answer by {due:%Y-%m-%d %H:%M} UTC" if is_asked else ""
    words = dispute.status.replace("_", " ")
    reason = dispute.reason.replace("_", " ")
    orders_service.add_event(
        order.id, "dispute", f"Dispute over {money} ({reason}): {words}{answer}.", by=SYSTEM
    )
    about = Subjects(order_id=order.id, payment_id=payment.id, dispute_id=dispute.id)
    if dispute.closed_at is None:
        orders_service.hold_for(
            order, HoldReason.DISPUTE, note=f"disputed: {reason}{answer}", reference=dispute.id
        )
        attention.raise_item(
            AttentionKind.DISPUTE,
            dispute.id,
            f"the payment is disputed ({reason}): {words}",
            amount=money,
            due_at=due,
            about=about,
        )
        return
    attention.clear(AttentionKind.DISPUTE, reference=dispute.id)
    if dispute.status == DISPUTE_LOST:
        attention.raise_item(
            AttentionKind.DISPUTE,
            f"{dispute.id}:{DISPUTE_LOST}",
            f"the dispute is lost ({reason}) and the money gone: cancel what was not shipped",
            amount=money,
            about=about,
        )
    else:
        attention.clear(AttentionKind.DISPUTE, reference=f"{dispute.id}:{DISPUTE_LOST}")
        orders_service.release_holds_of(order, dispute.id)


def apply_fraud_warning(payment_id: UUID, snapshot: FraudWarningSnapshot) -> None:
    """Apply an early fraud warning: put the order on hold and notify staff, until it closes.

    Refunds stay possible: a warning exists so that the shop can refund before a dispute
    (https://docs.stripe.com/disputes/measuring#early-fraud-warnings).
    """
    order = orders_service.lock(_order_of(payment_id))
    payment = payments_service.lock(payment_id)
    warning, is_news = payments_service.apply_fraud_warning(payment, snapshot)
    if not is_news:
        return
    money = Money(payment.captured, payment.currency)
    reason = warning.fraud_type.replace("_", " ")
    if warning.closed_at is not None:
        orders_service.add_event(
            order.id, "fraud_warning", "The fraud warning is closed.", by=SYSTEM
        )
        attention.clear(AttentionKind.FRAUD_WARNING, reference=warning.id)
        orders_service.release_holds_of(order, warning.id)
        return
    orders_service.add_event(
        order.id, "fraud_warning", f"The bank warns of fraud: {reason}.", by=SYSTEM
    )
    orders_service.hold_for(
        order, HoldReason.FRAUD_WARNING, note=f"the bank warns: {reason}", reference=warning.id
    )
    attention.raise_item(
        AttentionKind.FRAUD_WARNING,
        warning.id,
        f"the bank warns of fraud ({reason}): refund it before it is disputed, or ask the customer",
        amount=money,
        about=Subjects(order_id=order.id, payment_id=payment.id),
    )


def list_unmatched_payment(snapshot: IntentSnapshot) -> bool:
    """Raise an item for a provider payment without a payment here; False if it exists already."""
    if attention.was_raised(AttentionKind.ORPHAN_MONEY, snapshot.id):
        return False
    attention.raise_item(
        AttentionKind.ORPHAN_MONEY,
        snapshot.id,
        f"{snapshot.id} was paid at the provider, but is no payment of an order here",
        amount=Money(snapshot.received, snapshot.currency),
    )
    return True


def unmatched_reference(item_id: UUID) -> str:
    """Return the PaymentIntent id of an open attention item about an unmatched payment."""
    return attention.reference_of(item_id, AttentionKind.ORPHAN_MONEY)


def link_unmatched_payment(
    item_id: UUID, order_id: UUID, snapshot: IntentSnapshot, *, note: str | None, by: Principal
) -> None:
    """Record an unmatched payment as a payment of an order, and resolve its attention item.

    Raises `OrderNotFound`, `WrongCurrency`, and what `attention.lock_open` raises.
    """
    order = orders_service.lock(order_id)
    item = attention.lock_open(item_id)
    if snapshot.currency != order.currency:
        raise WrongCurrency(expected=order.currency)
    payment = payments_service.link_intent(order_id, snapshot)
    attention.resolve(item, Resolution.LINKED, note=note, by=by)
    item.order_id, item.payment_id = order_id, payment.id
    audit.record(
        "payment.linked", by=by, subject_id=order_id, intent=snapshot.id, amount=snapshot.received
    )
    apply_intent(payment.id, snapshot)


def reject_refund(refund_id: UUID, reason: str) -> None:
    """Fail a refund that the provider refuses, which releases its amount."""
    apply_refund(
        refund_id,
        RefundSnapshot(id=f"refused-{refund_id}", status="failed", amount=0, failure_reason=reason),
    )


def refresh(order: orders_service.Order) -> None:
    """Update an order from the sums of its payments. Needs the order locked.

    Open payments of an order that has ended or is fully paid are voided; the flows and the sweep
    cancel them at the provider. That includes completed orders with an amount due after a
    chargeback, because some of their units may be cancelled.
    """
    total = payments_service.payment_totals(order.id)
    was_paid = order.paid_at is not None
    _record(order, total)
    if not was_paid and order.paid_at is not None and order.status is OrderStatus.PLACED:
        # In the transaction that makes it ready to ship: nobody packs it in between.
        orders_service.apply_rules(
            order, lambda: RiskFacts(*payments_queries.risk_of_order(order.id))
        )
    if total.attempt_open and (
        order.status is not OrderStatus.PLACED or orders_service.amount_due(order) == 0
    ):
        payments_service.void_open_payments(order.id)
        _record(order, payments_service.payment_totals(order.id))


def _record(order: orders_service.Order, total: payments_service.PaymentTotals) -> None:
    captured_before = order.captured
    orders_service.record_payment_totals(
        order,
        authorized=total.authorized,
        captured=total.captured,
        refunded=total.refunded,
        refund_pending=total.refund_pending,
        charged_back=total.charged_back,
        tendered=total.tendered,
        attempt_open=total.attempt_open,
    )
    _list_overpayment(order, received_more=order.captured > captured_before)


def _list_overpayment(order: orders_service.Order, *, received_more: bool) -> None:
    """Raise an item when an order is overpaid, and clear it when the excess was refunded.

    Refunded units lower the price of the order, so a double payment stays overpaid after them. An
    excess caused only by a failed refund has an item of its own, and none here.
    """
    excess = orders_service.overpaid(order)
    if excess <= 0:
        attention.clear(AttentionKind.OVERPAID, AttentionKind.LATE_TRANSFER, order_id=order.id)
    elif order.status != OrderStatus.CANCELLED and (
        received_more or orders_service.refundable(order) > order.payable
    ):
        attention.raise_item(
            AttentionKind.OVERPAID,
            order.id,
            "more money came than the order costs",
            amount=Money(excess, order.currency),
            about=Subjects(order_id=order.id),
        )


def _order_of(payment_id: UUID) -> UUID:
    payment = payments_queries.payment(payment_id)
    if payment is None:
        raise PaymentNotFound
    return cast(UUID, payment.order_id)


def _apply_refund(
    order: orders_service.Order, refund: payments_service.Refund, snapshot: RefundSnapshot
) -> None:
    if not payments_service.apply_refund(refund, snapshot):
        return
    money = Money(refund.amount, refund.currency)
    if refund.status == RefundState.SUCCEEDED:
        returned_to = _return_stored_value(order, refund)
        orders_service.add_event(
            order.id, "refund_succeeded", f"{money} refunded{returned_to}.", by=SYSTEM
        )
        attention.clear(AttentionKind.FAILED_REFUND, order_id=order.id, up_to=refund.amount)
    if refund.status == RefundState.FAILED:
        orders_service.add_event(
            order.id,
            "refund_failed",
            f"{money} could not be refunded: {refund.failure}.",
            by=SYSTEM,
        )
        attention.clear(AttentionKind.FOREIGN_REFUND, reference=refund.id)
        orders_service.release_holds_of(order, refund.id)
        attention.raise_item(
            AttentionKind.FAILED_REFUND,
            refund.id,
            f"the refund failed: {refund.failure}",
            amount=money,
            about=Subjects(order.id, refund.payment_id, refund_id=refund.id),
            notify=False,  # the refund's own event does
        )


def _return_stored_value(order: orders_service.Order, refund: payments_service.Refund) -> str:
    """Credit a refund to its gift card or store credit, if it goes there; returns it in words."""
    if refund.to_store_credit:
        assert order.customer_id is not None
        stored_value_service.credit_customer(
            order.customer_id,
            Money(refund.amount, refund.currency),
            order_id=order.id,
            refund_id=refund.id,
            by=SYSTEM,
        )
        return " as store credit"
    payment = payments_service.lock(refund.payment_id) if order.tendered else None
    if payment is None or payment.provider not in TENDERS:
        return ""
    stored_value_service.give_back(
        payment.id, refund.amount, EntryKind.REFUNDED, reference=str(refund.id), by=SYSTEM
    )
    return f" to {payment.reference}"


def _adopt_refund(
    order: orders_service.Order, refund: payments_service.Refund, snapshot: RefundSnapshot
) -> None:
    """Apply a refund made at the provider, and raise an item: staff decide about the units."""
    money = Money(refund.amount, refund.currency)
    orders_service.add_event(
        order.id,
        "foreign_refund",
        f"{money} refunded at the payment provider, not here.",
        by=SYSTEM,
    )
    attention.raise_item(
        AttentionKind.FOREIGN_REFUND,
        refund.id,
        "refunded at the payment provider and not here: decide what happens with the goods",
        amount=money,
        about=Subjects(order.id, refund.payment_id, refund_id=refund.id),
    )
    _apply_refund(order, refund, snapshot)
