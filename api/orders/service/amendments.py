"""Changes that a customer makes to an unpaid order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from api.kernel import clock
from api.kernel.errors import InvalidState
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.kernel.states import in_words
from api.orders.events import OrderAmended
from api.orders.models import Order
from api.orders.search_text import search_words
from api.orders.service.orders import add_event
from api.orders.service.status import bump_version, update_status
from api.orders.states import ORDER, is_unpaid
from api.platform import audit
from api.platform.outbox import emit


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricing:
    """Shipping and tax after a change, in minor units; prices of goods stay as ordered.

    `lines` maps a line id to the new values of its columns of tax and total.
    """

    subtotal: int
    shipping_total: int
    shipping_discounts: tuple[int, ...]
    """What each discount of the order takes off the shipping, in their order."""
    shipping_tax: int
    shipping_rate_basis_points: int
    shipping_tax_lines: list[dict[str, object]]
    shipping_discount: int
    discount_total: int
    tax_total: int
    prices_include_tax: bool
    lines: Mapping[UUID, Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """The new values of the five fields, changed or not, and the resulting prices."""

    email: str
    shipping_address: dict[str, Any]
    billing_address: Mapping[str, object]
    shipping_method: dict[str, object]
    promised_ship_at: datetime | None
    promised_delivery_at: datetime | None
    customer_note: str | None
    pricing: Pricing | None
    """None leaves shipping and tax as ordered."""


_FIELD_NAMES = {
    "email": "e-mail address",
    "shipping_address": "shipping address",
    "billing_address": "billing address",
    "shipping_method": "shipping method",
    "customer_note": "note",
}


def check_amendable(order: Order, command: str) -> None:
    """Refuse a command that is only allowed on an unpaid order. Raises `InvalidState`."""
    ORDER.next(order.status, command)
    money = (
        order.authorized,
        order.captured - order.tendered,
        order.refunded,
        order.refund_pending,
    )
    if not is_unpaid(order.status, order.paid_at, *money):
        raise InvalidState(
            f"The order is {in_words(order.payment_status)}: only the shop can change it now.",
            machine="The payment",
            current=order.payment_status.value,
            allowed=[],
        )


def amend(order: Order, amendment: Amendment, *, by: Principal) -> None:
    """Change an unpaid order and record what changed. Needs the order locked.

    Prices of goods stay as ordered. Nothing is written when nothing changes. Emits `OrderAmended`.
    Raises `InvalidState` when it is paid, cancelled or completed.
    """
    check_amendable(order, "amend")
    changed = [
        label
        for name, label in _FIELD_NAMES.items()
        if getattr(order, name) != getattr(amendment, name)
    ]
    if not changed:
        return
    before = Money(order.total, order.currency)
    for name in (*_FIELD_NAMES, "promised_ship_at", "promised_delivery_at"):
        setattr(order, name, getattr(amendment, name))
    order.customer_name = amendment.shipping_address["name"]
    order.ship_country = amendment.shipping_address["country"]
    order.search = search_words(
        number=order.number,
        email=order.email,
        addresses=(order.shipping_address, order.billing_address),
        skus=(line.sku for line in order.lines),
    )
    if amendment.pricing is not None:
        _reprice(order, amendment.pricing)
    after = Money(order.total, order.currency)
    cost = f" Total {before}, now {after}." if after != before else ""
    order.amended_at = clock.now()
    add_event(order.id, "amended", f"Changed by the customer: {', '.join(changed)}.{cost}", by=by)
    update_status(order)
    bump_version(order)
    emit(OrderAmended(order_id=order.id, amendment_id=new_id(), amended_at=order.amended_at))


def discount(order: Order, pricing: Pricing, *, reason: str, by: Principal) -> None:
    """Write the prices of an unpaid order that staff gave a discount. Needs the order locked."""
    check_amendable(order, "amend")
    before = Money(order.total, order.currency)
    _reprice(order, pricing)
    after = Money(order.total, order.currency)
    order.amended_at = clock.now()
    text = f"Discount by staff: {reason}. Total {before}, now {after}."
    add_event(order.id, "discounted", text, by=by)
    audit.record("order.discounted", by=by, subject_id=order.id, before=str(before), now=str(after))
    update_status(order)
    bump_version(order)
    emit(OrderAmended(order_id=order.id, amendment_id=new_id(), amended_at=order.amended_at))


def _reprice(order: Order, pricing: Pricing) -> None:
    for name in Pricing.__dataclass_fields__:
        if name not in ("lines", "shipping_discounts"):
            setattr(order, name, getattr(pricing, name))
    order.total = pricing.subtotal + pricing.shipping_total
    for line in order.lines:
        for name, value in pricing.lines[line.id].items():
            setattr(line, name, value)
