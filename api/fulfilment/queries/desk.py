"""What the counter asks all day: how much waits, and what a scanned code is."""

from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, func, select, true

from api.catalog import queries as catalog
from api.catalog.queries import VariantFound
from api.fulfilment.errors import CodeUnknown
from api.fulfilment.models import Fulfilment
from api.inventory import queries as inventory
from api.inventory.models import StockLevel
from api.kernel import clock
from api.orders import queries as orders
from api.orders.models import Order
from api.platform import attention
from api.platform.db import AnySelect, session
from api.platform.pagination import TOTAL_CAP


def overview() -> dict[str, Any]:
    """Return the figures of this moment.

    Each is counted along its own partial index and up to 10,000, so that a shop with half a
    million orders pays for what waits and not for what it has sold. Today begins at midnight UTC.
    """
    waiting = Order.to_ship == true()
    row = session.execute(
        select(
            _capped(select(Order.id).where(waiting)).label("to_ship"),
            _capped(select(Order.id).where(Order.expires_at.is_not(None))).label("unpaid"),
            _capped(select(StockLevel.id).where(StockLevel.below_threshold)).label("low_stock"),
            _capped(select(Fulfilment.id).where(Fulfilment.shipped_at >= _midnight())).label(
                "shipped_today"
            ),
            select(Order.placed_at)
            .where(waiting)
            .order_by(Order.placed_at, Order.id)
            .limit(1)
            .scalar_subquery()
            .label("oldest_to_ship_at"),
        )
    ).one()
    return {**row._mapping, "needs_attention": attention.open_count()}


def scan(code: str) -> dict[str, Any]:
    """Tell what a scanned or typed code is: an order, or goods with what lies of them where.

    `O-1001` is always the order. Of anything else goods come first, because their codes are
    printed by others and cannot be changed, and then the order of that number. Raises
    `CodeUnknown`.
    """
    wanted = code.strip()
    if not wanted.isprintable():
        raise CodeUnknown(scanned=wanted)  # control characters: not even a database stores all
    number = wanted.upper().removeprefix("O-")
    if number == wanted.upper() and (goods := catalog.find_variant(wanted)) is not None:
        return _variant(goods)
    card = orders.card_by_number(number)
    if card is not None:
        label = f"Order {card['number']}, {card['customer_name']}"
        return {"kind": "order", "id": card["id"], "label": label, "order": card}
    # A maker's own article number may begin with O- as well.
    goods = catalog.find_variant(wanted) if number != wanted.upper() else None
    if goods is None:
        raise CodeUnknown(scanned=wanted)
    return _variant(goods)


def _variant(goods: VariantFound) -> dict[str, Any]:
    named = f"{goods.product_title}, {goods.variant_title}" if goods.variant_title else None
    case = f", {goods.pack_quantity} in a case" if goods.pack_quantity > 1 else ""
    return {
        "kind": "variant",
        "id": goods.variant_id,
        "label": f"{goods.sku}: {named or goods.product_title}{case}",
        "variant": {
            "id": goods.variant_id,
            "sku": goods.sku,
            "barcode": goods.barcode,
            "pack_quantity": goods.pack_quantity,
            "product_title": goods.product_title,
            "title": goods.variant_title or None,
            "levels": inventory.levels_of_variant(goods.variant_id),
        },
    }


def _capped(rows: AnySelect | Any) -> ScalarSelect[int]:
    return select(func.count()).select_from(rows.limit(TOTAL_CAP).subquery()).scalar_subquery()


def _midnight() -> datetime:
    return clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
