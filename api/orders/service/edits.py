"""Writing an edit of an order that staff made after it was placed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.kernel import clock
from api.kernel.errors import InvalidState
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.orders.events import OrderAmended
from api.orders.models import Order, OrderLine
from api.orders.search_text import search_words
from api.orders.service import links
from api.orders.service.orders import LineInput, add_event, with_last_change
from api.orders.service.status import bump_version, complete_if_done, update_status
from api.orders.states import ORDER, OrderStatus
from api.platform.outbox import emit


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedLine:
    """A line that an edit changes. `columns` are its discount, total and taxes."""

    id: UUID
    quantity: int
    unit_price: int
    is_removed: bool
    columns: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """The new values of an order: columns of the order, its changed lines, and its new ones."""

    columns: Mapping[str, object]
    lines: Sequence[EditedLine]
    added: Sequence[LineInput]
    edit_due: int
    """What is due because of this and earlier edits, of an order that was paid before."""


def check_editable(order: Order) -> None:
    """Refuse to edit an order that is completed or cancelled. Raises `InvalidState`."""
    try:
        ORDER.next(order.status, "edit")
    except InvalidState as error:
        error.detail = f"The order is {order.status}: it cannot be edited. Place another one."
        raise with_last_change(error, order.id, "shipped", "cancelled") from None


def edit(order: Order, values: Edit, *, text: str, by: Principal) -> None:
    """Write an edit into an order and its history; its pay links end.

    The caller moves stock and money in the same transaction, calls `finish_edit` last, and holds
    the order's lock. Emits `OrderAmended`.
    """
    for name, value in values.columns.items():
        setattr(order, name, value)
    order.customer_name = order.shipping_address["name"]
    order.ship_country = order.shipping_address["country"]
    order.total = order.subtotal + order.shipping_total
    lines = {line.id: line for line in order.lines}
    for changed in values.lines:
        _change(lines[changed.id], changed)
    last = max(line.position for line in order.lines)
    for position, added in enumerate(values.added, start=last + 1):
        fields = {name: getattr(added, name) for name in LineInput.__dataclass_fields__}
        order.lines.append(OrderLine(position=position, **NEW_LINE, **fields))
    order.unit_count = sum(line.quantity for line in order.lines if line.removed_at is None)
    order.edit_due = values.edit_due
    order.amended_at = clock.now()
    order.search = search_words(
        number=order.number,
        email=order.email,
        addresses=(order.shipping_address, order.billing_address),
        skus=(line.sku for line in order.lines),
    )
    add_event(order.id, "edited", text, by=by)
    links.void_pay_links(order.id)
    update_status(order)
    bump_version(order)
    emit(OrderAmended(order_id=order.id, amendment_id=new_id(), amended_at=order.amended_at))


def finish_edit(order: Order) -> None:
    """Complete an order of which the edit has left nothing to ship. Needs it locked."""
    if order.status is OrderStatus.PLACED:
        complete_if_done(order)


NEW_LINE: Mapping[str, int] = {
    "shipped_quantity": 0,
    "delivered_quantity": 0,
    "cancelled_quantity": 0,
    "refunded_quantity": 0,
    "refunded_amount": 0,
}


def _change(line: OrderLine, changed: EditedLine) -> None:
    if changed.is_removed:
        removed_at: datetime = clock.now()
        line.removed_at, line.cancelled_quantity = removed_at, line.quantity
        line.unit_price = line.discount = line.total = line.tax = 0
        line.tax_lines = []
        return
    line.quantity, line.unit_price = changed.quantity, changed.unit_price
    for name, value in changed.columns.items():
        setattr(line, name, value)
