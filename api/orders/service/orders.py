"""Creating orders, locking them, and their history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import selectinload

from api.kernel import clock
from api.kernel.errors import DomainError
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.orders.errors import OrderNotFound
from api.orders.events import OrderPlaced
from api.orders.models import Order, OrderCounter, OrderEvent, OrderLine
from api.orders.search_text import search_words
from api.orders.service.status import bump_version, update_status
from api.platform import bulk_sql
from api.platform.db import require_transaction, session, table_of
from api.platform.outbox import emit
from api.platform.prepared import prepared
from api.tax.rules import to_stored

Rejection = TypeVar("Rejection", bound=DomainError)

FIRST_NUMBER = 1001


@dataclass(frozen=True, slots=True, kw_only=True)
class LineInput:
    """A line of a new order. Amounts in minor units, quantities in units."""

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
    tax_lines: Sequence[Mapping[str, object]]
    discount: int = 0
    hs_code: str = ""
    origin_country: str = ""
    note: str | None = None
    properties: dict[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderInput:
    """The values of a new order. Amounts in minor units."""

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
    shipping_tax_lines: Sequence[Mapping[str, object]]
    prices_include_tax: bool
    tax_total: int
    total: int
    shipping_address: Mapping[str, object]
    billing_address: Mapping[str, object]
    shipping_method: dict[str, Any]
    payment_method: str
    customer_note: str | None = None
    language: str | None = None
    gift_message: str | None = None
    ip_country: str | None = None
    promised_ship_at: datetime | None = None
    promised_delivery_at: datetime | None = None
    gift: dict[str, object] | None = None
    vat_id: Mapping[str, object] | None = None
    checkout_fingerprint: bytes
    postal_key: str | None
    network_key: str | None
    expires_at: datetime
    shipping_discount: int = 0
    discount_total: int = 0
    lines: tuple[LineInput, ...]


# Built once: every order needs a number and several history entries.
_COUNTERS: Final = table_of(OrderCounter)
_ENTRY: Final = prepared(insert(table_of(OrderEvent)))
_NEXT_NUMBER: Final = prepared(
    upsert(_COUNTERS)
    .values(name="order", last=FIRST_NUMBER)
    .on_conflict_do_update(index_elements=["name"], set_={"last": _COUNTERS.c.last + 1})
    .returning(_COUNTERS.c.last)
)


def create_order(values: OrderInput, *, by: Principal) -> Order:
    """Create an order with its number, its lines and the first entry of its history.

    The number is taken last: the counter's row stays locked until the commit, and an error
    before it leaves no gap. Raises IntegrityError (`uq_orders_cart_id`) when the cart has already
    become an order. Emits `OrderPlaced`.
    """
    current = require_transaction()
    order = Order(
        **{
            name: getattr(values, name)
            for name in OrderInput.__dataclass_fields__
            if name != "lines"
        },
        customer_name=values.shipping_address["name"],
        ship_country=values.shipping_address["country"],
        unit_count=sum(line.quantity for line in values.lines),
    )
    order.lines = [
        OrderLine(
            order_id=values.id,
            position=position,
            **{name: getattr(line, name) for name in LineInput.__dataclass_fields__},
        )
        for position, line in enumerate(values.lines, start=1)
    ]
    update_status(order)
    order.number = _next_number()
    order.search = search_words(
        number=order.number,
        email=values.email,
        addresses=(values.shipping_address, values.billing_address),
        skus=(line.sku for line in values.lines),
    )
    bulk_sql.insert_new([order])
    bulk_sql.insert_new(order.lines)
    current.add(order)
    add_event(order.id, "placed", f"Order {order.number} placed.", by=by)
    emit(OrderPlaced(order_id=order.id, total=order.total, currency=order.currency))
    return order


def lock(order_id: UUID) -> Order:
    """Lock an order and return it with its lines. Take this lock before those of its children.

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


def add_event(order_id: UUID, kind: str, text: str, *, by: Principal) -> None:
    """Add an entry to an order's history."""
    current = require_transaction()
    current.flush()  # the order itself may not be written yet
    current.execute(
        _ENTRY,
        {
            "id": new_id(),
            "order_id": order_id,
            "at": clock.now(),
            "kind": kind,
            "text": text,
            "actor": by.label,
            "actor_key": by.actor_key,
        },
    )


def with_last_change(error: Rejection, order_id: UUID, *kinds: str) -> Rejection:
    """Add to an error who made the last change of these kinds, and when.

    Of two people who do the same thing, the second learns who did it. Adds `last_change` (text,
    by, at), and the same to the message, when the order's history has such an entry.
    """
    entry = session.execute(
        select(OrderEvent.text, OrderEvent.actor, OrderEvent.at)
        .where(OrderEvent.order_id == order_id, OrderEvent.kind.in_(kinds))
        .order_by(OrderEvent.at.desc(), OrderEvent.id.desc())
        .limit(1)
    ).one_or_none()
    if entry is not None:
        when = f"{entry.at:%d %b %H:%M} UTC"
        error.detail = f"{error.detail} {entry.text} ({entry.actor}, {when})"
        error.facts["last_change"] = {"text": entry.text, "by": entry.actor, "at": entry.at}
    return error


def set_vat_id(order: Order, vat_id: Mapping[str, object], *, by: Principal) -> None:
    """Record what VIES says of an order's VAT id. Needs the order locked."""
    order.vat_id = to_stored(vat_id)
    answer = "valid" if vat_id["is_valid"] else "not valid"
    add_event(order.id, "vat_id_checked", f"VIES: {vat_id['vat_id']} is {answer}.", by=by)
    bump_version(order)


def next_draft_number() -> str:
    """Take the number of a new draft order, as in `D12`; its counter is locked until the commit."""
    last = session.scalar(
        upsert(OrderCounter)
        .values(name="draft", last=1)
        .on_conflict_do_update(index_elements=["name"], set_={"last": OrderCounter.last + 1})
        .returning(OrderCounter.last)
    )
    return f"D{last}"


def _next_number() -> str:
    return str(session.scalar(_NEXT_NUMBER))
