"""Payments made outside the provider. Needs a transaction."""

from uuid import UUID

from api.kernel.money import Money
from api.kernel.principal import Principal
from api.orders import service as orders_service
from api.payment_sync.service.provider_state import refresh
from api.payments import queries as payments_queries
from api.payments import service as payments_service
from api.payments.errors import AmountExceedsDue, NothingDue, PaymentInProgress, WrongCurrency
from api.platform import audit


def check_currency(order: orders_service.Order, amount: Money) -> None:
    """Refuse an `amount` in another currency than the order's. Raises `WrongCurrency`."""
    if amount.currency != order.currency:
        detail = f"The order is in {order.currency}."
        error = {"pointer": "/amount/currency", "code": WrongCurrency.code, "detail": detail}
        raise WrongCurrency(expected=order.currency, errors=[error])


def amount_to_record(
    order: orders_service.Order, amount: Money | None, *, allow_overpayment: bool
) -> Money:
    """Return the amount to record for a payment made outside the provider: by default what is due.

    More than that, and anything for a paid order, needs `allow_overpayment`. Raises
    `InvalidState` for a cancelled order, `WrongCurrency`, `NothingDue` and `AmountExceedsDue`.
    """
    orders_service.check_payable(order)
    due = Money(orders_service.amount_due(order), order.currency)
    if amount is not None:
        check_currency(order, amount)
    if due.amount == 0 and not (allow_overpayment and amount is not None):
        raise NothingDue
    recorded = amount or due
    if recorded.amount > due.amount and not allow_overpayment:
        detail = f"{due} is due."
        error = {"pointer": "/amount", "code": AmountExceedsDue.code, "detail": detail}
        raise AmountExceedsDue(due=due, errors=[error])
    return recorded


def mark_paid(
    order_id: UUID,
    *,
    amount: Money | None,
    reference: str,
    allow_overpayment: bool,
    payment_id: UUID,
    by: Principal,
) -> None:
    """Record a payment made outside the provider, and void open payments.

    Raises what `amount_to_record` raises, and `PaymentInProgress` while a bank is processing
    a payment that cannot be cancelled. Locks the order.
    """
    order = orders_service.lock(order_id)
    recorded = amount_to_record(order, amount, allow_overpayment=allow_overpayment)
    if payments_queries.is_in_progress(order_id) and not allow_overpayment:
        raise PaymentInProgress
    payments_service.record_captured(
        payment_id,
        order_id,
        provider="manual",
        amount=recorded.amount,
        currency=recorded.currency,
        reference=reference,
    )
    payments_service.void_open_payments(order_id)
    orders_service.add_event(order_id, "paid", f"{recorded} marked as paid: {reference}.", by=by)
    audit.record(
        "order.marked_paid",
        by=by,
        subject_id=order_id,
        amount=recorded.amount,
        currency=recorded.currency,
        reference=reference,
    )
    refresh(order)
