"""Statuses of an order and the functions that derive them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from api.kernel.states import StateMachine


class OrderStatus(StrEnum):
    """The status of the order itself."""

    PLACED = "placed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class PaymentStatus(StrEnum):
    """The status of its payments; derived, never set."""

    UNPAID = "unpaid"
    PENDING = "pending"
    AUTHORIZED = "authorized"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"
    OVERPAID = "overpaid"
    VOIDED = "voided"


class FulfilmentStatus(StrEnum):
    """The status of its shipments; derived, never set."""

    UNFULFILLED = "unfulfilled"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    PARTIALLY_DELIVERED = "partially_delivered"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


ORDER = StateMachine(
    "The order",
    initial=OrderStatus.PLACED,
    commands={
        "complete": {OrderStatus.PLACED: OrderStatus.COMPLETED},
        "reopen": {OrderStatus.COMPLETED: OrderStatus.PLACED},
        "cancel": {OrderStatus.PLACED: OrderStatus.CANCELLED},
        "ship": {OrderStatus.PLACED: OrderStatus.PLACED},
        "pay": {OrderStatus.PLACED: OrderStatus.PLACED},
        "hold": {OrderStatus.PLACED: OrderStatus.PLACED},
        "amend": {OrderStatus.PLACED: OrderStatus.PLACED},
        "edit": {OrderStatus.PLACED: OrderStatus.PLACED},
    },
)


class HoldReason(StrEnum):
    """Why an order must not ship yet; the last three are set by the shop itself."""

    PAYMENT = "payment"
    RISK = "risk"
    ADDRESS = "address"
    STOCK = "stock"
    CUSTOMER_REQUEST = "customer_request"
    OTHER = "other"
    DISPUTE = "dispute"
    FRAUD_WARNING = "fraud_warning"
    FOREIGN_REFUND = "foreign_refund"


class RuleCondition(StrEnum):
    """What a rule that holds orders looks at."""

    RISK_LEVEL = "risk_level"
    """What Radar says of the payment: https://docs.stripe.com/radar/risk-evaluation."""
    CARD_CHECK_FAILED = "card_check_failed"
    """What the card's bank says of its security code and address."""
    IP_COUNTRY_DIFFERS = "ip_country_differs"
    """The order was placed from another country than it is shipped to."""
    AMOUNT_ABOVE = "amount_above"
    FIRST_ORDER_ABOVE = "first_order_above"
    """The same, of somebody who has paid for no other order."""


class BulkAction(StrEnum):
    """What may be done to many orders at once; nothing that moves goods or money."""

    TAG = "tag"
    UNTAG = "untag"
    HOLD = "hold"
    RELEASE = "release"
    NOTE = "note"


STAFF_HOLD_REASONS = tuple(HoldReason)[:6]

SHIPPABLE = frozenset(
    {PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.OVERPAID}
)


@dataclass(frozen=True, slots=True)
class PaidAmounts:
    """Payment sums of an order, in minor units of its currency."""

    due: int
    authorized: int = 0
    captured: int = 0
    refunded: int = 0
    charged_back: int = 0
    edit_due: int = 0
    """What edits of a paid order added and nobody has paid yet."""
    attempt_open: bool = False


@dataclass(frozen=True, slots=True)
class FulfilledUnits:
    """Quantities of an order, in units."""

    ordered: int
    cancelled: int = 0
    shipped: int = 0
    delivered: int = 0


def payment_status(money: PaidAmounts, *, cancelled: bool) -> PaymentStatus:
    """Derive the payment status: the first rule that applies.

    Money for an order that was cancelled without payment is `overpaid`, so that staff see it. An
    amount lost in a dispute (`charged_back`) counts like a refund.
    """
    gone = money.refunded + money.charged_back
    kept, due = money.captured - gone, 0 if cancelled else money.due
    if cancelled and money.captured == 0:
        return PaymentStatus.VOIDED
    if gone and kept <= 0:
        return PaymentStatus.CHARGED_BACK if money.charged_back else PaymentStatus.REFUNDED
    if kept > due:
        return PaymentStatus.OVERPAID
    if money.edit_due and money.captured and not cancelled:
        return PaymentStatus.PARTIALLY_PAID
    if gone:
        return PaymentStatus.PARTIALLY_REFUNDED
    if money.captured >= due:
        return PaymentStatus.PAID
    if money.captured:
        return PaymentStatus.PARTIALLY_PAID
    if money.authorized >= due:
        return PaymentStatus.AUTHORIZED
    return PaymentStatus.PENDING if money.attempt_open else PaymentStatus.UNPAID


def owed(total: int, *, price_refunded: int, cancelled: bool) -> int:
    """Return the current price of the order, in minor units: 0 once it is cancelled.

    `price_refunded` is what was refunded for its lines and its shipping; a free amount (goodwill)
    does not change the price.
    """
    return 0 if cancelled else total - price_refunded


def amount_due(
    price: int, *, kept: int, was_paid: bool, charged_back: int, edit_due: int = 0
) -> int:
    """Return the amount still due, in minor units.

    After full payment a refund does not make anything due again; a chargeback does, and what an
    edit added.
    """
    missing = max(0, price - kept)
    return min(missing, charged_back + edit_due) if was_paid else missing


def overpaid(price: int, *, kept: int) -> int:
    """Return how much more was paid than the order costs now, in minor units."""
    return max(0, kept - price)


def allowed_actions(
    status: OrderStatus, *, due: int, is_unpaid: bool, is_in_progress: bool
) -> list[str]:
    """Return what a customer may do with an order of which `due` minor units are unpaid.

    `is_in_progress`: a bank is processing a payment, and its result must be awaited.
    """
    if status is not OrderStatus.PLACED or due == 0 or is_in_progress:
        return []
    return ["pay", "amend", "cancel"] if is_unpaid else ["pay"]


def is_unpaid(
    status: OrderStatus,
    paid_at: datetime | None,
    authorized: int,
    captured: int,
    refunded: int,
    refund_pending: int,
) -> bool:
    """Tell whether an order is placed and nothing was ever authorized, paid or refunded.

    `captured` is without what gift cards and store credit paid: that returns when it ends.
    """
    money = authorized or captured or refunded or refund_pending
    return status is OrderStatus.PLACED and paid_at is None and not money


def fulfilment_status(units: FulfilledUnits) -> FulfilmentStatus:
    """Derive the fulfilment status. Cancelled units are not counted."""
    owed = units.ordered - units.cancelled
    if owed == 0:
        return FulfilmentStatus.CANCELLED
    if units.delivered >= owed:
        return FulfilmentStatus.DELIVERED
    if units.delivered:
        return FulfilmentStatus.PARTIALLY_DELIVERED
    if units.shipped >= owed:
        return FulfilmentStatus.SHIPPED
    return FulfilmentStatus.PARTIALLY_SHIPPED if units.shipped else FulfilmentStatus.UNFULFILLED


class LinkKind(StrEnum):
    """What a link in an e-mail opens: an order to pay, or an order to look at."""

    PAY = "pay"
    VIEW = "view"
