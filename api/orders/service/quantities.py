"""Quantities of an order: units open, shipped, delivered, cancelled and refunded."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import case, literal, update

from api.kernel import clock
from api.kernel.errors import InvalidState
from api.kernel.principal import Principal
from api.kernel.states import in_words
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
from api.orders.service.orders import add_event, with_last_change
from api.orders.service.status import bump_version, complete_if_done, update_status
from api.orders.states import ORDER, SHIPPABLE, OrderStatus
from api.platform.bulk_sql import any_of
from api.platform.db import require_transaction


def check_shippable(order: Order) -> None:
    """Refuse to ship an order that is cancelled, on hold or not paid.

    Raises `InvalidState`, and `OrderOnHold` with each hold's reason and note.
    """
    try:
        ORDER.next(order.status, "ship")
    except InvalidState as error:
        with_last_change(error, order.id, "shipped", "cancelled")
        raise
    check_not_on_hold(order)
    if order.payment_status not in SHIPPABLE:
        raise InvalidState(
            f"The order is {in_words(order.payment_status)}: it is shipped once it is paid.",
            machine="The payment",
            current=order.payment_status.value,
            allowed=["mark-paid", "cancel"],
        )


def open_quantities(order: Order, requested: Mapping[UUID, int] | None) -> dict[UUID, int]:
    """Check the requested units against the open ones; None means all open units.

    Raises `UnknownOrderLine`, `QuantityExceedsOpen` (with each line's open units) and
    `NothingToShip`.
    """
    lines = {line.id: line for line in order.lines}
    if requested is None:
        requested = {line.id: line.open_quantity for line in order.lines if line.open_quantity}
        if not requested:
            raise with_last_change(NothingToShip(), order.id, "shipped", "cancelled")
    _check_known_lines(lines, requested)
    too_many = [
        {
            "pointer": f"/lines/{position}/quantity",
            "code": "quantity_exceeds_open",
            "detail": f"{quantity} requested, {lines[line_id].open_quantity} open.",
        }
        for position, (line_id, quantity) in enumerate(requested.items())
        if quantity > lines[line_id].open_quantity
    ]
    if too_many:
        raise with_last_change(
            QuantityExceedsOpen(errors=too_many), order.id, "shipped", "cancelled"
        )
    return dict(requested)


def record_shipment(
    order: Order,
    quantities: Mapping[UUID, int],
    *,
    text: str,
    tracking_number: str | None = None,
    by: Principal,
) -> None:
    """Record that units were shipped. Completes the order when nothing is left and it is paid.

    Adds the tracking number to the search words. Needs the order locked and the
    quantities checked by `open_quantities`.
    """
    _add_search_word(order, tracking_number)
    for line in order.lines:
        line.shipped_quantity += quantities.get(line.id, 0)
    add_event(order.id, "shipped", text, by=by)
    update_status(order)
    complete_if_done(order)
    bump_version(order)


def record_void(
    order: Order,
    quantities: Mapping[UUID, int],
    *,
    text: str,
    was_delivered: bool = False,
    by: Principal,
) -> None:
    """Record that a shipment was voided: its units are open again, and so is the order.

    Raises `InvalidState` when some of them were refunded or returned since. Needs the order locked.
    """
    left = {line.id: line.shipped_quantity - quantities.get(line.id, 0) for line in order.lines}
    for line in order.lines:
        if line.returned_quantity > left[line.id]:
            raise InvalidState(
                f"Units of {line.sku} in this parcel are in a return: cancel that first.",
                machine="The order",
                current=order.status.value,
                allowed=[],
            )
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
        if was_delivered:
            line.delivered_quantity -= quantities.get(line.id, 0)
    if order.status is OrderStatus.COMPLETED:
        order.status = OrderStatus(ORDER.next(order.status, "reopen"))
        order.completed_at = None
    add_event(order.id, "shipment_voided", text, by=by)
    update_status(order)
    bump_version(order)


def record_correction(
    order: Order, *, text: str, tracking_number: str | None, by: Principal
) -> None:
    """Record a corrected tracking number and add it to the search words.

    The earlier number still finds the order: the customer may have been told that one.
    """
    _add_search_word(order, tracking_number)
    add_event(order.id, "shipment_corrected", text, by=by)
    bump_version(order)


def record_delivery(order: Order, quantities: Mapping[UUID, int], *, by: Principal) -> None:
    """Record that units were delivered. Needs the order locked."""
    for line in order.lines:
        line.delivered_quantity += quantities.get(line.id, 0)
    add_event(
        order.id, "delivered", f"{counted(sum(quantities.values()), 'unit')} delivered.", by=by
    )
    update_status(order)
    bump_version(order)


def refundable_quantities(order: Order, requested: Mapping[UUID, int]) -> None:
    """Check the requested units against those not refunded yet.

    Raises `UnknownOrderLine` and `QuantityExceedsRefundable`.
    """
    lines = {line.id: line for line in order.lines}
    _check_known_lines(lines, requested)
    too_many = [
        {
            "pointer": f"/lines/{position}/quantity",
            "code": "quantity_exceeds_refundable",
            "detail": f"{quantity} requested, {_refundable_units(lines[line_id])} refundable.",
        }
        for position, (line_id, quantity) in enumerate(requested.items())
        if quantity > _refundable_units(lines[line_id])
    ]
    if too_many:
        error = QuantityExceedsRefundable(errors=too_many)
        raise with_last_change(error, order.id, "refund_requested")


def record_refunded_lines(
    order: Order, lines: Mapping[UUID, tuple[int, int]], *, shipping: int
) -> None:
    """Record refunded units, their amounts, and how much of the shipping was refunded.

    `lines` maps a line to (units, minor units); negative values revert a failed refund.
    Needs the order locked.
    """
    for line in order.lines:
        units, amount = lines.get(line.id, (0, 0))
        line.refunded_quantity += units
        line.refunded_amount += amount
    order.shipping_refunded += shipping
    bump_version(order)


def start_picking(order: Order) -> None:
    """Note that units of a locked order are picked: its customer no longer cancels it."""
    if order.picking_started_at is None:
        order.picking_started_at = clock.now()


def end_picking(order_ids: Sequence[UUID]) -> None:
    """Note that nothing of these orders is picked any more: it was given back."""
    require_transaction().execute(
        update(Order)
        .where(any_of(Order.id, order_ids), Order.picking_started_at.is_not(None))
        .values(picking_started_at=None)
    )


def _refundable_units(line: OrderLine) -> int:
    return 0 if line.removed_at is not None else line.quantity - line.refunded_quantity


def _add_search_word(order: Order, tracking_number: str | None) -> None:
    if tracking_number:
        extended = Order.search.op("||")(literal([joined(tracking_number)], Lexemes))
        # An order without words gets all of them, this one too, from `index_orders`.
        order.search = case((IS_NOT_INDEXED, Order.search), else_=extended)


def _check_known_lines(lines: Mapping[UUID, OrderLine], requested: Mapping[UUID, int]) -> None:
    unknown = [
        {"pointer": f"/lines/{i}/order_line_id", "code": "unknown_order_line", "detail": str(key)}
        for i, key in enumerate(requested)
        if key not in lines
    ]
    if unknown:
        raise UnknownOrderLine(errors=unknown)
