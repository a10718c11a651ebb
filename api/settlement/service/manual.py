"""Money that came another way than through the provider. Needs a transaction."""

from uuid import UUID

from api.kernel.money import Money
from api.kernel.principal import Principal
from api.orders import service as orders
from api.payments import queries as payment_queries
from api.payments import service as payments
from api.payments.errors import AmountExceedsDue, NothingDue, PaymentInProgress, WrongCurrency
from api.platform import audit
from api.settlement.service.provider import refresh


def refuse_other_currency(order: orders.Order, amount: Money) -> None:
    """Refuse an `amount` in another currency than the order's. Raises `WrongCurrency`."""
    if amount.currency != order.currency:
        detail = f"The order is in {order.currency}."
        wrong = {"pointer": "/amount/currency", "code": WrongCurrency.code, "detail": detail}
        raise WrongCurrency(expected=order.currency, errors=[wrong])


def money_to_record(order: orders.Order, amount: Money | None, *, allow_overpayment: bool) -> Money:
    """Return how much is recorded of money that came another way: by default what is due.

    More than that, and anything for a paid order, needs `allow_overpayment`. Raises
    `InvalidState` for a cancelled order, `WrongCurrency`, `NothingDue` and `AmountExceedsDue`.
    """
    orders.refuse_unpayable(order)
    due = Money(orders.amount_due(order), order.currency)
    if amount is not None:
        refuse_other_currency(order, amount)
    if due.amount == 0 and not (allow_overpayment and amount is not None):
        raise NothingDue
    taken = amount or due
    if taken.amount > due.amount and not allow_overpayment:
        detail = f"{due} is due."
        wrong = {"pointer": "/amount", "code": AmountExceedsDue.code, "detail": detail}
        raise AmountExceedsDue(due=due, errors=[wrong])
    return taken


def mark_paid(
    order_id: UUID,
    *,
    amount: Money | None,
    reference: str,
    allow_overpayment: bool,
    payment_id: UUID,
    by: Principal,
) -> None:
    """Record money that came another way, and void what a customer could still pay.

    Raises what `money_to_record` raises, and `PaymentInProgress` while a bank carries out a
    payment that could not be withdrawn. Locks the order.
    """
    order = orders.lock(order_id)
    taken = money_to_record(order, amount, allow_overpayment=allow_overpayment)
    if payment_queries.is_in_progress(order_id) and not allow_overpayment:
        raise PaymentInProgress
    payments.record_manual(
        payment_id, order_id, amount=taken.amount, currency=taken.currency, reference=reference
    )
    payments.void_open_payments(order_id)
    orders.remember(order_id, "paid", f"{taken} marked as paid: {reference}.", by=by)
    audit.record(
        "order.marked_paid",
        by=by,
        subject_id=order_id,
        amount=taken.amount,
        currency=taken.currency,
        reference=reference,
    )
    refresh(order)
