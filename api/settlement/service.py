"""Taking over how things stand at the provider. Needs a transaction; locks order, then payment."""

from uuid import UUID

from api.kernel.money import Money
from api.kernel.principal import SYSTEM, Principal
from api.orders import service as orders
from api.orders.states import OrderStatus
from api.payments import queries as payment_queries
from api.payments import service as payments
from api.payments.errors import NothingDue, PaymentNotFound, WrongCurrency
from api.payments.gateways import IntentSnapshot, RefundSnapshot


def settle_intent(payment_id: UUID, snapshot: IntentSnapshot) -> None:
    """Take over how a payment stands; repeating it, or bringing older news, changes nothing.

    Never moves stock and never reopens a cancelled order: money that comes for one is put on the
    list of things that a person must look at, and so is an amount other than asked for.
    """
    found = payment_queries.payment(payment_id)
    if found is None:
        raise PaymentNotFound
    order = orders.lock(found.order_id)
    payment = payments.lock(payment_id)
    captured_before = payment.captured
    payments.apply_intent(payment, snapshot)
    refresh(order)
    if payment.captured == captured_before:
        return
    taken = Money(payment.captured - captured_before, payment.currency)
    orders.remember(order.id, "paid", f"{taken} paid by card.", by=SYSTEM)
    if order.status == OrderStatus.CANCELLED:
        payments.flag_for_attention(payment, "money came after the order was cancelled")
    elif order.captured > order.total:
        payments.flag_for_attention(payment, "more money came than the order costs")
    elif (snapshot.received, snapshot.currency) != (payment.amount, payment.currency):
        payments.flag_for_attention(payment, "another amount came than was asked for")


def settle_refund(refund_id: UUID, snapshot: RefundSnapshot) -> None:
    """Take over how a refund stands; repeating it changes nothing."""
    found = payment_queries.refund(refund_id)
    if found is None:
        raise PaymentNotFound("There is no such refund.")
    order = orders.lock(found.order_id)
    refund = payments.lock_refund(refund_id)
    if payments.apply_refund(refund, snapshot):
        money = Money(refund.amount, refund.currency)
        words = {"succeeded": "refunded", "failed": "could not be refunded"}
        if (word := words.get(refund.status)) is not None:
            orders.remember(order.id, f"refund_{refund.status}", f"{money} {word}.", by=SYSTEM)
    refresh(order)


def refuse_refund(refund_id: UUID, reason: str) -> None:
    """Take a refund's promise back that the provider will not carry out."""
    settle_refund(
        refund_id,
        RefundSnapshot(id=f"refused-{refund_id}", status="failed", amount=0, failure_reason=reason),
    )


def mark_paid(order_id: UUID, *, amount: Money | None, reference: str, by: Principal) -> None:
    """Record money that came another way; by default all that is due.

    Raises `InvalidState` for a cancelled order, `NothingDue` when it is paid and `WrongCurrency`.
    """
    order = orders.lock(order_id)
    orders.refuse_unpayable(order)
    due = order.total - order.captured + order.refunded
    if due <= 0:
        raise NothingDue
    taken = amount or Money(due, order.currency)
    if taken.currency != order.currency:
        raise WrongCurrency(expected=order.currency)
    payments.record_manual(
        order_id, amount=taken.amount, currency=taken.currency, reference=reference
    )
    orders.remember(order_id, "paid", f"{taken} marked as paid: {reference}.", by=by)
    refresh(order)


def refresh(order: orders.Order) -> None:
    """Bring an order's money up to date with its payments. Needs the order locked."""
    total = payments.sums(order.id)
    orders.record_money(
        order,
        authorized=total.authorized,
        captured=total.captured,
        refunded=total.refunded,
        refund_pending=total.refund_pending,
        attempt_open=total.attempt_open,
    )
