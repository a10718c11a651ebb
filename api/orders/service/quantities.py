"""What the order book knows of an order's goods: what is open, what left, what came back."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import case, literal

from api.kernel.errors import InvalidState
from api.kernel.principal import Principal
from api.kernel.text_folding import counted
from api.orders.errors import (
    NothingToShip,
    QuantityExceedsOpen,
    QuantityExceedsRefundable,
    UnknownOrderLine,
)
from api.orders.models import IS_NOT_INDEXED, Lexemes, Order, OrderLine
from api.orders.search_text import joined
from api.orders.service.holds import check_not_on_hold
from api.orders.service.orders import add_event, find_last
from api.orders.service.status import bump_version, complete_if_done, update_status
from api.orders.states import ORDER, SHIPPABLE, OrderStatus


def check_shippable(order: Order) -> None:
    """Refuse to ship what is cancelled, on hold or not paid for.

    Raises `InvalidState`, and `OrderOnHold` with each hold's reason and note.
    """
    try:
        ORDER.next(order.status, "ship")
    except InvalidState as refused:
        find_last(refused, order.id, "shipped", "cancelled")
        raise
    if order.on_hold:
        check_not_on_hold(order)
    if order.payment_status not in SHIPPABLE:
        raise InvalidState(
            f"The order is {order.payment_status}: it is shipped once it is paid.",
            machine="The payment",
            current=order.payment_status.value,
            allowed=["mark-paid", "cancel"],
        )


def open_quantities(order: Order, wanted: Mapping[UUID, int] | None) -> dict[UUID, int]:
    """Check what is to be shipped against what is open; None means all that is open.

    Raises `UnknownOrderLine`, `QuantityExceedsOpen` (with each line's open units) and
    `NothingToShip`.
    """
    lines = {line.id: line for line in order.lines}
    if wanted is None:
        wanted = {line.id: line.open_quantity for line in order.lines if line.open_quantity}
        if not wanted:
            raise find_last(NothingToShip(), order.id, "shipped", "cancelled")
    _check_known_lines(lines, wanted)
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
        raise find_last(QuantityExceedsOpen(errors=too_many), order.id, "shipped", "cancelled")
    return dict(wanted)


def record_shipment(
    order: Order,
    quantities: Mapping[UUID, int],
    *,
    text: str,
    tracking_number: str | None = None,
    by: Principal,
) -> None:
    """Remember that units left the house. Completes the order when nothing is left and it is paid.

    The order is found by the parcel's tracking number from then on. Needs the order locked and the
    quantities checked by `open_quantities`.
    """
    _find_by(order, tracking_number)
    for line in order.lines:
        line.shipped_quantity += quantities.get(line.id, 0)
    add_event(order.id, "shipped", text, by=by)
    update_status(order)
    complete_if_done(order)
    bump_version(order)


def record_void(order: Order, quantities: Mapping[UUID, int], *, text: str, by: Principal) -> None:
    """Remember that units did not leave after all: they are open again, and so is the order.

    Raises `InvalidState` when some of them were refunded since. Needs the order locked.
    """
    left = {line.id: line.shipped_quantity - quantities.get(line.id, 0) for line in order.lines}
    for line in order.lines:
        if (
            line.id in quantities
            and line.refunded_quantity > left[line.id] + line.cancelled_quantity
        ):
            raise InvalidState(
                f"Units of {line.sku} in this parcel were refunded since: what comes back of them "
                "is a return.",
                machine="The order",
                current=order.payment_status.value,
                allowed=[],
            )
    for line in order.lines:
        line.shipped_quantity = left[line.id]
    if order.status is OrderStatus.COMPLETED:
        order.status = OrderStatus(ORDER.next(order.status, "reopen"))
        order.completed_at = None
    add_event(order.id, "shipment_voided", text, by=by)
    update_status(order)
    bump_version(order)


def record_correction(
    order: Order, *, text: str, tracking_number: str | None, by: Principal
) -> None:
    """Remember that a parcel's label says something else; found by the new number too.

    The number from before still finds it: a customer may ask by what was told first.
    """
    _find_by(order, tracking_number)
    add_event(order.id, "shipment_corrected", text, by=by)
    bump_version(order)


def record_delivery(order: Order, quantities: Mapping[UUID, int], *, by: Principal) -> None:
    """Remember that units arrived. Needs the order locked."""
    for line in order.lines:
        line.delivered_quantity += quantities.get(line.id, 0)
    add_event(
        order.id, "delivered", f"{counted(sum(quantities.values()), 'unit')} delivered.", by=by
    )
    update_status(order)
    bump_version(order)


def refundable_quantities(order: Order, wanted: Mapping[UUID, int]) -> None:
    """Check units against what was not refunded yet.

    Raises `UnknownOrderLine` and `QuantityExceedsRefundable`.
    """
    lines = {line.id: line for line in order.lines}
    _check_known_lines(lines, wanted)
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
        refused = QuantityExceedsRefundable(errors=too_many)
        raise find_last(refused, order.id, "refund_requested")


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
    bump_version(order)


def _find_by(order: Order, tracking_number: str | None) -> None:
    if tracking_number:
        more = Order.search.op("||")(literal([joined(tracking_number)], Lexemes))
        # Without any it waits for `give_words`, which gives it this one too.
        order.search = case((IS_NOT_INDEXED, Order.search), else_=more)


def _check_known_lines(lines: Mapping[UUID, OrderLine], wanted: Mapping[UUID, int]) -> None:
    unknown = [
        {"pointer": f"/lines/{i}/order_line_id", "code": "unknown_order_line", "detail": str(key)}
        for i, key in enumerate(wanted)
        if key not in lines
    ]
    if unknown:
        raise UnknownOrderLine(errors=unknown)
