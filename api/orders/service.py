"""The verbs of the order book. Callers lock the order first; statuses are only ever derived."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import selectinload

from api.kernel import clock
from api.kernel.errors import InvalidState
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.orders.errors import (
    NothingToShip,
    OrderNotFound,
    QuantityExceedsOpen,
    QuantityExceedsRefundable,
    UnknownOrderLine,
)
from api.orders.events import OrderCancelled, OrderCompleted, OrderPaid, OrderPlaced
from api.orders.models import Order as Order  # callers hold what `lock` returns
from api.orders.models import OrderCounter, OrderEntry, OrderLine
from api.orders.states import (
    ORDER,
    SHIPPABLE,
    FulfilmentStatus,
    Money,
    OrderStatus,
    PaymentStatus,
    Units,
    fulfilment_status,
    payment_status,
)
from api.platform.db import require_transaction, session
from api.platform.outbox import emit

FIRST_NUMBER = 1001


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDraft:
    """A line as it will be remembered. Amounts in minor units, quantities in units."""

    id: UUID
    variant_id: UUID
    product_id: UUID
    sku: str
    barcode: str | None
    title: str
    variant_title: str
    image_url: str | None
    weight_grams: int
    quantity: int
    unit_price: int
    total: int
    tax: int
    tax_rate_basis_points: int
    tax_class: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDraft:
    """Everything that is agreed when an order is placed. Amounts in minor units."""

    id: UUID
    cart_id: UUID | None
    customer_id: UUID | None
    guest_key: str | None
    email: str
    currency: str
    subtotal: int
    shipping_total: int
    shipping_tax: int
    shipping_rate_basis_points: int
    tax_total: int
    total: int
    shipping_address: dict[str, Any]
    billing_address: dict[str, Any]
    shipping_method: dict[str, Any]
    payment_method: str
    expires_at: datetime
    lines: tuple[LineDraft, ...]


def open_order(draft: OrderDraft, *, by: Principal) -> Order:
    """Write an order into the book, with a number, its lines and the first line of its history.

    The number is taken last: the counter's row stays locked until the commit, and a refusal
    before it leaves no gap. Raises IntegrityError (`uq_orders_cart_id`) when the cart has become
    an order already.
    """
    current = require_transaction()
    order = Order(
        **{
            name: getattr(draft, name)
            for name in OrderDraft.__dataclass_fields__
            if name != "lines"
        },
        customer_name=draft.shipping_address["name"],
        ship_country=draft.shipping_address["country"],
        unit_count=sum(line.quantity for line in draft.lines),
    )
    order.lines = [
        OrderLine(
            position=position,
            **{name: getattr(line, name) for name in LineDraft.__dataclass_fields__},
        )
        for position, line in enumerate(draft.lines, start=1)
    ]
    _derive(order)
    order.number = _next_number()
    current.add(order)
    current.flush()  # the history refers to the order's row
    remember(order.id, "placed", f"Order {order.number} placed.", by=by)
    emit(OrderPlaced(order_id=order.id, total=order.total, currency=order.currency))
    return order


def lock(order_id: UUID) -> Order:
    """Lock an order and return it with its lines. Parents first: take this lock before others.

    Raises `OrderNotFound`.
    """
    require_transaction()
    order = session.scalar(
        select(Order)
        .where(Order.id == order_id)
        .with_for_update()
        .execution_options(populate_existing=True)
        .options(selectinload(Order.lines))
    )
    if order is None:
        raise OrderNotFound(order_id=order_id)
    return order


def record_money(
    order: Order,
    *,
    authorized: int,
    captured: int,
    refunded: int,
    refund_pending: int,
    attempt_open: bool,
) -> None:
    """Take over the sums of the order's payments (minor units) and derive its statuses anew.

    Never leaves `cancelled`: money for a cancelled order shows as overpaid. Emits `OrderPaid`
    when the whole amount is here for the first time. Needs the order locked.
    """
    sums = (authorized, captured, refunded, refund_pending, attempt_open)
    known = (
        order.authorized,
        order.captured,
        order.refunded,
        order.refund_pending,
        order.attempt_open,
    )
    if sums == known and (order.paid_at is not None or captured < order.total):
        return
    order.authorized, order.captured = authorized, captured
    order.refunded, order.refund_pending = refunded, refund_pending
    order.attempt_open = attempt_open
    _derive(order)
    if order.captured >= order.total and order.paid_at is None:
        order.paid_at = clock.now()
        if order.status != OrderStatus.CANCELLED:
            order.expires_at = None
            emit(OrderPaid(order_id=order.id))
    _touch(order)


def open_quantities(order: Order, wanted: Mapping[UUID, int] | None) -> dict[UUID, int]:
    """Check what is to be shipped against what is open; None means all that is open.

    Raises `UnknownOrderLine`, `QuantityExceedsOpen` (with each line's open units) and
    `NothingToShip`.
    """
    lines = {line.id: line for line in order.lines}
    if wanted is None:
        wanted = {line.id: line.open_quantity for line in order.lines if line.open_quantity}
        if not wanted:
            raise NothingToShip
    _refuse_unknown(lines, wanted)
    too_many = [
        {
            "pointer": f"/lines/{position}/quantity",
            "code": "quantity_exceeds_open",
            "detail": f"{quantity} asked, {lines[line_id].open_quantity} open.",
        }
        for position, (line_id, quantity) in enumerate(wanted.items())
        if quantity > lines[line_id].open_quantity
    ]
    if too_many:
        raise QuantityExceedsOpen(errors=too_many)
    return dict(wanted)


def refuse_unshippable(order: Order) -> None:
    """Refuse to ship what is cancelled or not paid for. Raises `InvalidState`."""
    ORDER.next(order.status, "ship")
    if order.payment_status not in SHIPPABLE:
        raise InvalidState(
            f"The order is {order.payment_status}: it is shipped once it is paid.",
            machine="The payment",
            current=order.payment_status.value,
            allowed=["mark-paid", "cancel"],
        )


def refuse_unpayable(order: Order) -> None:
    """Refuse money for an order that will not be carried out. Raises `InvalidState`."""
    ORDER.next(order.status, "pay")


def record_shipment(
    order: Order, quantities: Mapping[UUID, int], *, text: str, by: Principal
) -> None:
    """Remember that units left the house. Completes the order when nothing is left and it is paid.

    Needs the order locked and the quantities checked by `open_quantities`.
    """
    for line in order.lines:
        line.shipped_quantity += quantities.get(line.id, 0)
    remember(order.id, "shipped", text, by=by)
    _derive(order)
    _complete_if_done(order)
    _touch(order)


def record_delivery(order: Order, quantities: Mapping[UUID, int], *, by: Principal) -> None:
    """Remember that units arrived. Needs the order locked."""
    for line in order.lines:
        line.delivered_quantity += quantities.get(line.id, 0)
    remember(order.id, "delivered", f"{sum(quantities.values())} units delivered.", by=by)
    _derive(order)
    _touch(order)


def refundable_quantities(order: Order, wanted: Mapping[UUID, int]) -> None:
    """Check units against what was not refunded yet.

    Raises `UnknownOrderLine` and `QuantityExceedsRefundable`.
    """
    lines = {line.id: line for line in order.lines}
    _refuse_unknown(lines, wanted)
    too_many = [
        {
            "pointer": f"/lines/{position}/quantity",
            "code": "quantity_exceeds_refundable",
            "detail": f"{quantity} asked, "
            f"{lines[line_id].quantity - lines[line_id].refunded_quantity} refundable.",
        }
        for position, (line_id, quantity) in enumerate(wanted.items())
        if quantity > lines[line_id].quantity - lines[line_id].refunded_quantity
    ]
    if too_many:
        raise QuantityExceedsRefundable(errors=too_many)


def record_refunded_lines(
    order: Order, lines: Mapping[UUID, tuple[int, int]], *, shipping: int
) -> None:
    """Remember which units were refunded with which amounts, and how much of the shipping.

    `lines` maps a line to (units, minor units); negative values take a failed refund back.
    Needs the order locked.
    """
    for line in order.lines:
        units, amount = lines.get(line.id, (0, 0))
        line.refunded_quantity += units
        line.refunded_amount += amount
    order.shipping_refunded += shipping
    _touch(order)


def refuse_uncancellable(order: Order) -> None:
    """Refuse to cancel what is cancelled or completed. Raises `InvalidState`."""
    ORDER.next(order.status, "cancel")


def cancel_units(order: Order, quantities: Mapping[UUID, int], *, by: Principal) -> None:
    """Take units off what is still to be shipped, because their money goes back.

    When nothing is left to ship the order is done: completed if something was shipped before,
    cancelled if not. Needs the order locked.
    """
    if sum(line.open_quantity for line in order.lines) == sum(quantities.values()):
        cancel(order, reason="refunded", text="Everything left to ship was refunded.", by=by)
        return
    for line in order.lines:
        line.cancelled_quantity += quantities.get(line.id, 0)
    _derive(order)
    _touch(order)


def cancel(order: Order, *, reason: str, text: str, by: Principal) -> dict[UUID, int]:
    """Cancel everything that has not left the house; returns those units by line.

    With units already shipped the order is completed instead, its rest being cancelled. Raises
    `InvalidState` when it is cancelled or completed. Needs the order locked.
    """
    rest = {line.id: line.open_quantity for line in order.lines if line.open_quantity}
    shipped = any(line.shipped_quantity for line in order.lines)
    target = OrderStatus(ORDER.next(order.status, "complete" if shipped else "cancel"))
    for line in order.lines:
        line.cancelled_quantity += rest.get(line.id, 0)
    order.status = target
    order.expires_at = None
    if target is OrderStatus.CANCELLED:
        order.cancelled_at, order.cancel_reason = clock.now(), reason
        emit(OrderCancelled(order_id=order.id, reason=reason))
    else:
        order.completed_at = clock.now()
        emit(OrderCompleted(order_id=order.id))
    remember(order.id, "cancelled", text, by=by)
    _derive(order)
    _touch(order)
    return rest


def remember(order_id: UUID, kind: str, text: str, *, by: Principal) -> None:
    """Add a line to an order's history."""
    require_transaction().execute(
        insert(OrderEntry).values(
            id=new_id(),
            order_id=order_id,
            at=clock.now(),
            kind=kind,
            text=text,
            actor=by.label,
            actor_key=by.actor_key,
        )
    )


def note(order_id: UUID, text: str, *, by: Principal) -> None:
    """Add a note by staff. Locks the order; raises `OrderNotFound`."""
    order = lock(order_id)
    remember(order.id, "note", text, by=by)
    _touch(order)


def _next_number() -> str:
    last = session.scalar(
        upsert(OrderCounter)
        .values(name="order", last=FIRST_NUMBER)
        .on_conflict_do_update(index_elements=["name"], set_={"last": OrderCounter.last + 1})
        .returning(OrderCounter.last)
    )
    return str(last)


def _derive(order: Order) -> None:
    """Derive the payment and fulfilment status: the only place that sets them."""
    cancelled = order.status == OrderStatus.CANCELLED
    money = Money(
        due=order.total,
        authorized=order.authorized or 0,
        captured=order.captured or 0,
        refunded=order.refunded or 0,
        attempt_open=bool(order.attempt_open),
    )
    units = Units(
        ordered=sum(line.quantity for line in order.lines),
        cancelled=sum(line.cancelled_quantity or 0 for line in order.lines),
        shipped=sum(line.shipped_quantity or 0 for line in order.lines),
        delivered=sum(line.delivered_quantity or 0 for line in order.lines),
    )
    order.payment_status = payment_status(money, cancelled=cancelled)
    order.fulfilment_status = fulfilment_status(units)
    order.to_ship = (
        order.status in (None, OrderStatus.PLACED)
        and order.payment_status in SHIPPABLE
        and order.fulfilment_status
        in (FulfilmentStatus.UNFULFILLED, FulfilmentStatus.PARTIALLY_SHIPPED)
    )


def _complete_if_done(order: Order) -> None:
    nothing_open = all(line.open_quantity == 0 for line in order.lines)
    if nothing_open and order.payment_status in (
        *SHIPPABLE,
        PaymentStatus.REFUNDED,
    ):
        order.status = OrderStatus(ORDER.next(order.status, "complete"))
        order.completed_at = clock.now()
        order.to_ship = False
        emit(OrderCompleted(order_id=order.id))


def _touch(order: Order) -> None:
    order.version += 1


def _refuse_unknown(lines: Mapping[UUID, OrderLine], wanted: Mapping[UUID, int]) -> None:
    unknown = [
        {"pointer": f"/lines/{i}/order_line_id", "code": "unknown_order_line", "detail": str(key)}
        for i, key in enumerate(wanted)
        if key not in lines
    ]
    if unknown:
        raise UnknownOrderLine(errors=unknown)
