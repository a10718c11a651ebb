"""Goods that are added to an order after it was placed: replacements, and what is exchanged."""

from collections.abc import Sequence
from dataclasses import fields

from api.kernel import clock
from api.kernel.errors import InvalidState
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.orders.models import Order, OrderLine
from api.orders.service import links
from api.orders.service.edits import NEW_LINE
from api.orders.service.orders import LineInput, add_event
from api.orders.service.payment_totals import amount_due, overpaid, refundable
from api.orders.service.status import bump_version, complete_if_done, update_status
from api.orders.states import ORDER, OrderStatus
from api.platform.db import require_transaction


def add_exchanged_line(
    order: Order, goods: LineInput, *, paid_by_goods: int, why: str, by: Principal
) -> int:
    """Add what a customer gets instead of other goods of the order; returns what is still due.

    `paid_by_goods` is what those pay of it, in minor units; the caller records it as their refunded
    amount, afterwards. The rest is due like that of an edit, and the order is not shipped until it
    is paid; its pay links end. A completed order is open again. The caller allocates the units.
    Needs the order locked. Raises `InvalidState` for a cancelled order.
    """
    due, _ = _settle(order, goods.total - paid_by_goods)
    price, paid = (Money(one, order.currency) for one in (goods.total, paid_by_goods))
    text = f"{goods.quantity} x {goods.sku} added for {price}, other goods pay {paid}: {why}."
    _append(order, goods, text=text, by=by)
    _reprice(order)
    order.exchanged += paid_by_goods
    links.void_pay_links(order.id)
    update_status(order)
    bump_version(order)
    require_transaction().flush()
    return due


def remove_exchanged_lines(
    order: Order, lines: Sequence[tuple[OrderLine, int]], *, why: str, by: Principal
) -> int:
    """Take goods of an exchange off the order again; returns what is to be refunded for them.

    `lines` are with what goods that do not come back paid of them; the caller reverts it as their
    refunded amount, afterwards. It releases the units and refunds the money, too. Needs the order
    locked.
    """
    _, refund = _settle(order, sum(paid - line.total for line, paid in lines))
    for line, paid_by_goods in lines:
        line.removed_at, line.cancelled_quantity = clock.now(), line.quantity
        line.unit_price = line.total = line.tax = 0
        line.tax_lines = []
        order.exchanged -= paid_by_goods
        add_event(order.id, "line_removed", f"{line.quantity} x {line.sku} removed: {why}.", by=by)
    _reprice(order)
    links.void_pay_links(order.id)
    update_status(order)
    bump_version(order)
    if order.status is OrderStatus.PLACED:
        complete_if_done(order)
    require_transaction().flush()
    return refund


def _settle(order: Order, change: int) -> tuple[int, int]:
    """Return what is due and what goes back once the price has changed, and keep what is due.

    As of an edit: goodwill that went back before is neither asked for again nor given twice.
    """
    position = amount_due(order) - overpaid(order) + change
    due = max(0, position)
    if order.paid_at is not None:
        order.edit_due = max(0, due - order.charged_back)
    return due, max(0, min(-position, -change, refundable(order)))


def _append(order: Order, values: LineInput, *, text: str, by: Principal) -> OrderLine:
    if order.status is OrderStatus.CANCELLED:
        raise InvalidState(
            "The order is cancelled: place a new one.",
            machine=ORDER.name, current=order.status.value, allowed=[],
        )  # fmt: skip
    line = OrderLine(
        order_id=order.id,
        position=max(one.position for one in order.lines) + 1,
        returned_quantity=0,
        **NEW_LINE,
        **{one.name: getattr(values, one.name) for one in fields(values)},
    )
    order.lines.append(line)
    order.unit_count += values.quantity
    if order.status is OrderStatus.COMPLETED:
        order.status = OrderStatus(ORDER.next(order.status, "reopen"))
        order.completed_at = None
    add_event(order.id, "line_added", text, by=by)
    return line


def _reprice(order: Order) -> None:
    order.subtotal = sum(line.total for line in order.lines)
    order.total = order.subtotal + order.shipping_total
    order.tax_total = sum(line.tax for line in order.lines) + order.shipping_tax
    order.unit_count = sum(line.quantity for line in order.lines if line.removed_at is None)
