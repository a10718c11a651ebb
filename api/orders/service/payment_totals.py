"""Payment totals of an order: what is due, overpaid and refundable."""

from datetime import datetime

from api.kernel import clock
from api.orders import states
from api.orders.events import GiftCardsPaid, OrderPaid
from api.orders.models import Order
from api.orders.service.status import bump_version, update_status
from api.orders.states import ORDER, OrderStatus
from api.platform.outbox import emit
from api.shipping import queries as shipping_queries
from api.tax.rules import GIFT_CARD


def check_payable(order: Order) -> None:
    """Refuse a payment for a cancelled or completed order. Raises `InvalidState`."""
    ORDER.next(order.status, "pay")


def owed(order: Order) -> int:
    """Return the current price of the order, in minor units: without what was refunded."""
    price_refunded = order.shipping_refunded + sum(line.refunded_amount for line in order.lines)
    cancelled = order.status is OrderStatus.CANCELLED
    return states.owed(order.total, price_refunded=price_refunded, cancelled=cancelled)


def amount_due(order: Order) -> int:
    """Return the amount still due, in minor units."""
    return states.amount_due(
        owed(order),
        kept=refundable(order),
        was_paid=order.paid_at is not None,
        charged_back=order.charged_back,
        edit_due=order.edit_due or 0,
    )


def overpaid(order: Order) -> int:
    """Return how much more was paid than the order costs now, in minor units."""
    return states.overpaid(owed(order), kept=refundable(order))


def record_payment_totals(
    order: Order,
    *,
    authorized: int,
    captured: int,
    refunded: int,
    refund_pending: int,
    charged_back: int,
    tendered: int,
    attempt_open: bool,
) -> None:
    """Store the sums of the order's payments (minor units) and update its statuses.

    Never leaves `cancelled`: money for a cancelled order shows as overpaid. Emits `OrderPaid`
    when the whole amount is paid for the first time. Needs the order locked.
    """
    new_sums = (
        *(authorized, captured, refunded, refund_pending, charged_back, tendered),
        attempt_open,
    )
    stored = (
        order.authorized,
        order.captured,
        order.refunded,
        order.refund_pending,
        order.charged_back,
        order.tendered,
        order.attempt_open,
    )
    if new_sums == stored and (order.paid_at is not None or captured < order.payable):
        return
    order.authorized, order.captured = authorized, captured
    order.refunded, order.refund_pending = refunded, refund_pending
    order.charged_back, order.attempt_open = charged_back, attempt_open
    order.tendered = tendered
    order.edit_due = min(order.edit_due, max(0, owed(order) - refundable(order)))
    update_status(order)
    if order.captured >= order.payable and order.paid_at is None:
        order.paid_at = clock.now()
        if order.status != OrderStatus.CANCELLED:
            order.expires_at = None
            _promise_again(order, order.paid_at)
            emit(OrderPaid(order_id=order.id))
            if any(line.tax_class == GIFT_CARD for line in order.lines):
                emit(GiftCardsPaid(order_id=order.id))
    bump_version(order)


def _promise_again(order: Order, paid_at: datetime) -> None:
    """Promise from the payment on, if it came after the goods were to leave.

    Paid before that, the promise of the placing holds: no day on which parcels leave lies between.
    One that the calendar no longer gives stays.
    """
    if order.promised_ship_at is None or paid_at <= order.promised_ship_at:
        return
    promise = shipping_queries.promise_of(order.shipping_method["code"], order.currency, at=paid_at)
    if promise is not None and promise.ship_at > order.promised_ship_at:
        order.promised_ship_at, order.promised_delivery_at = promise.ship_at, promise.delivery_at


def refundable(order: Order) -> int:
    """Return what can still be refunded, in minor units; never negative."""
    gone = order.refunded + order.refund_pending + order.charged_back
    return max(0, order.captured - gone)
