"""Paying for an order: record, call the provider, record; see `payment_sync`."""

from uuid import UUID

from api.kernel.money import Money
from api.kernel.principal import Principal
from api.orders import queries as orders_queries
from api.orders import service as orders_service
from api.payment_sync import flows as payment_sync_flows
from api.payment_sync import service as payment_sync_service
from api.payments import queries as payments_queries
from api.payments import service as payments_service
from api.payments.errors import GatewayUnavailable, NothingDue, PaymentDeclined, PaymentNotFound
from api.payments.gateways import IntentSnapshot
from api.platform.db import session, transaction


def start_payment(order_id: UUID, *, by: Principal) -> tuple[UUID, IntentSnapshot]:
    """Open a PaymentIntent for what is due on an order, or return the one that is open.

    Returns the payment's id and the intent with its client secret. The payment is recorded before
    Stripe is called, and its id is the idempotency key: after a crash in between, the same intent
    is found. Earlier intents with another amount are cancelled. Raises `OrderNotFound`,
    `InvalidState`, `NothingDue`, `GatewayUnavailable`.
    """
    orders_queries.order_id_of_customer(order_id, by)
    session.rollback()
    for _ in range(2):
        payment_id = _open_payment(order_id)
        payment_sync_flows.cancel_replaced_intents(order_id, by=payment_id)
        snapshot = payment_sync_flows.sync_payment(payment_id)
        # An intent that was cancelled at the provider is void now; the second round opens another,
        # or fails because the order was cancelled or paid in the meantime.
        if snapshot.status != "canceled":
            return payment_id, snapshot
    raise GatewayUnavailable(retry_after=5)


def confirm_payment(order_id: UUID, *, by: Principal) -> None:
    """Fetch the state of the order's payment from Stripe and apply it, as the webhook does.

    Whichever comes first marks the order as paid. Raises `OrderNotFound`, `PaymentNotFound`,
    `PaymentDeclined` when the bank declined, `GatewayUnavailable`.
    """
    orders_queries.order_id_of_customer(order_id, by)
    payment = payments_queries.newest_stripe_payment(order_id)
    if payment is None:
        raise PaymentNotFound
    snapshot = payment_sync_flows.sync_payment(payment.id)
    if snapshot.status == "requires_payment_method" and snapshot.decline_code:
        raise PaymentDeclined(decline_code=snapshot.decline_code)


def mark_paid(
    order_id: UUID,
    *,
    amount: Money | None,
    reference: str,
    allow_overpayment: bool,
    payment_id: UUID,
    by: Principal,
) -> None:
    """Record a payment made outside the provider: a bank transfer or cash.

    The customer's open PaymentIntent is cancelled first. If it turns out to be paid, the order is
    paid by it and this raises `NothingDue`. `payment_id` is the id of the command: repeated after
    a crash, the command finds its payment. Raises `OrderNotFound`, `InvalidState`, `NothingDue`,
    `AmountExceedsDue`, `WrongCurrency`, `PaymentInProgress`, `GatewayUnavailable`.
    """
    with transaction():
        order = orders_service.lock(order_id)
        is_recorded = payments_queries.payment(payment_id) is not None
        if not is_recorded:
            payment_sync_service.amount_to_record(
                order, amount, allow_overpayment=allow_overpayment
            )
    if not is_recorded:
        payment_sync_flows.cancel_open_intents(order_id)
        with transaction():
            payment_sync_service.mark_paid(
                order_id,
                amount=amount,
                reference=reference,
                allow_overpayment=allow_overpayment,
                payment_id=payment_id,
                by=by,
            )
    payment_sync_flows.cancel_remaining_intents(order_id)


def _open_payment(order_id: UUID) -> UUID:
    with transaction():
        order = orders_service.lock(order_id)
        orders_service.check_payable(order)
        due = orders_service.amount_due(order)
        if due == 0:
            raise NothingDue
        payment = payments_service.open_stripe_payment(
            order_id, amount=due, currency=order.currency
        )
        payment_sync_service.refresh(order)
        return payment.id
