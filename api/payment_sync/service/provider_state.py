"""Taking over how things stand at the provider. Needs a transaction; locks order, then payment."""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from api.kernel.money import Money
from api.kernel.principal import SYSTEM, Principal
from api.orders import service as orders_service
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


def apply_intent(payment_id: UUID, snapshot: IntentSnapshot) -> bool:
    """Take over how a payment stands; repeating it, or bringing older news, changes nothing.

    Returns whether it must still be withdrawn: void here, and payable at the provider.

    Never moves stock and never reopens a cancelled order: money that comes for one is put on the
    list of things that a person must look at, and so is an amount other than asked for.
    """
    found = payments_queries.payment(payment_id)
    if found is None:
        raise PaymentNotFound
    order = orders_service.lock(found.order_id)
    payment = payments_service.lock(payment_id)
    captured_before = payment.captured
    payments_service.apply_intent(payment, snapshot)
    refresh(order)
    if payment.captured == captured_before:
        return payment.status is PaymentState.VOIDED and payment.withdrawn_at is None
    taken = Money(payment.captured - captured_before, payment.currency)
    orders_service.add_event(order.id, "paid", f"{taken} paid by card.", by=SYSTEM)
    if order.status == OrderStatus.CANCELLED:
        kind, reason = AttentionKind.LATE_TRANSFER, "money came after the order was cancelled"
    elif order.captured <= order.total and (snapshot.received, snapshot.currency) != (
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
        amount=taken,
        about=Subjects(order_id=order.id, payment_id=payment.id),
    )
    return False


def apply_unknown_intent(payment_id: UUID, *, named: str | None = None) -> None:
    """Close a payment of which the provider knows nothing: it cannot be paid.

    `named` is the PaymentIntent that it named once: then the shop's keys are of another account, in
    which it may still be paid, and a person is asked.
    """
    order = orders_service.lock(_order_of(payment_id))
    payments_service.record_nothing_to_withdraw(payments_service.lock(payment_id))
    refresh(order)
    if named is not None:
        attention.raise_item(
            AttentionKind.FAILING_JOB,
            sweeps.reference("withdraw-payments", payment_id),
            f"the provider knows nothing of {named} in this account, so it was not withdrawn: "
            "look in the account that it was made in",
            about=Subjects(order_id=order.id, payment_id=payment_id),
        )


def apply_refund(refund_id: UUID, snapshot: RefundSnapshot) -> None:
    """Take over how a refund stands; repeating it changes nothing."""
    found = payments_queries.refund(refund_id)
    if found is None:
        raise PaymentNotFound("There is no such refund.")
    order = orders_service.lock(found.order_id)
    _apply_refund(order, payments_service.lock_refund(refund_id), snapshot)
    refresh(order)


def apply_refunds(payment_id: UUID, snapshots: Sequence[RefundSnapshot]) -> None:
    """Take over all refunds of a payment; those that we did not ask for are adopted as facts.

    One of ours is known by its id, or by our id in its metadata while its answer has not been
    recorded yet. When all money has gone back without us, what is left to ship is held. Never moves
    stock.
    """
    order_id = _order_of(payment_id)
    order = orders_service.lock(order_id)
    payment = payments_service.lock(payment_id)
    # Failures first: a refund made in place of a failed one would otherwise be one too many.
    for snapshot in sorted(snapshots, key=lambda one: one.status not in ("failed", "canceled")):
        ours = payments_queries.refund_of_snapshot(
            payment_id, snapshot.id, snapshot.metadata.get("refund_id", "")
        )
        if ours is not None:
            _apply_refund(order, payments_service.lock_refund(ours), snapshot)
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
    """Take over how a dispute stands: hold what is not shipped, tell staff, keep the books.

    Won, or never pursued: its hold is released. Lost: the money is gone, and the hold stays until
    a person decides. Never moves stock and never changes the order's status.
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
    """Take over an early fraud warning: hold what is not shipped and tell staff, until it closes.

    Refunds stay open: to refund before the bank disputes is what such a warning is for
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
    """List money at the provider that names no payment of ours; False when it was listed before."""
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
    """Return the PaymentIntent of an item of orphan money that is open."""
    return attention.reference_of(item_id, AttentionKind.ORPHAN_MONEY)


def link_unmatched_payment(
    item_id: UUID, order_id: UUID, snapshot: IntentSnapshot, *, note: str | None, by: Principal
) -> None:
    """Make money that nobody asked for a payment of an order, and resolve its item.

    Raises `WrongCurrency`, and what `attention.lock_open` says.
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
    """Take a refund's promise back that the provider will not carry out."""
    apply_refund(
        refund_id,
        RefundSnapshot(id=f"refused-{refund_id}", status="failed", amount=0, failure_reason=reason),
    )


def refresh(order: orders_service.Order) -> None:
    """Bring an order's money up to date with its payments. Needs the order locked.

    What is open for an order that has ended or needs no more money is void from here on; the flows
    and the sweep withdraw it at the provider. A completed order may still lack what a bank took
    back, but a part of its goods may be cancelled: nobody may pay for those.
    """
    total = payments_service.payment_totals(order.id)
    _record(order, total)
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
        attempt_open=total.attempt_open,
    )
    _note_excess(order, more_came=order.captured > captured_before)


def _note_excess(order: orders_service.Order, *, more_came: bool) -> None:
    """List what a living order has too much of, and take it off the list when it went back.

    Refunded goods lower what the order costs, so that money which came twice stays too much after
    them. What only a refund's failure leaves over is listed as that, and not here as well.
    """
    excess = orders_service.overpaid(order)
    if excess <= 0:
        attention.clear(AttentionKind.OVERPAID, AttentionKind.LATE_TRANSFER, order_id=order.id)
    elif order.status != OrderStatus.CANCELLED and (
        more_came or orders_service.refundable(order) > order.total
    ):
        attention.raise_item(
            AttentionKind.OVERPAID,
            order.id,
            "more money came than the order costs",
            amount=Money(excess, order.currency),
            about=Subjects(order_id=order.id),
        )


def _order_of(payment_id: UUID) -> UUID:
    found = payments_queries.payment(payment_id)
    if found is None:
        raise PaymentNotFound
    return cast(UUID, found.order_id)


def _apply_refund(
    order: orders_service.Order, refund: payments_service.Refund, snapshot: RefundSnapshot
) -> None:
    if not payments_service.apply_refund(refund, snapshot):
        return
    money = Money(refund.amount, refund.currency)
    if refund.status == RefundState.SUCCEEDED:
        orders_service.add_event(order.id, "refund_succeeded", f"{money} refunded.", by=SYSTEM)
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


def _adopt_refund(
    order: orders_service.Order, refund: payments_service.Refund, snapshot: RefundSnapshot
) -> None:
    """Take in a refund that nobody here asked for, and put it before a person: the goods wait."""
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
