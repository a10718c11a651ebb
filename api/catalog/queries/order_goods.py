"""What an order copies of variants that staff put on it, and what they cost on a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Integer, Text

from api.kernel import clock
from api.platform.db import session
from api.platform.settings import current_settings


@dataclass(frozen=True, slots=True)
class OrderGoods:
    """A variant as it would stand on an order. Prices are minor units, None where it has none."""

    variant_id: UUID
    product_id: UUID
    sku: str
    barcode: str | None
    title: str
    variant_title: str
    image_url: str | None
    weight_grams: int
    tax_class: str
    hs_code: str
    origin_country: str
    shipping_profile: str
    is_active: bool
    unit_price: int | None
    """The price of the day for so many units: of the customer's price lists, else the usual one."""


# A price list has no history: its price counts on every day on which the list is in force.
_GOODS: Final = text(
    """
    SELECT w.position, v.id, v.product_id, v.sku, v.barcode, p.title, v.title AS variant_title,
        (SELECT i.url FROM product_images i
            WHERE i.product_id = v.product_id AND (v.image_id IS NULL OR i.id = v.image_id)
            ORDER BY i.position, i.id LIMIT 1) AS image_url,
        v.weight_grams, v.tax_class, v.hs_code, v.origin_country, v.shipping_profile,
        p.status = 'active' AS is_active,
        coalesce(
            (SELECT lp.amount FROM price_list_prices lp
                JOIN price_lists l ON l.id = lp.list_id
                JOIN customer_group_members m ON m.group_id = l.group_id
                WHERE m.customer_id = :customer AND lp.variant_id = v.id
                    AND lp.min_quantity <= w.quantity AND l.currency = :currency AND l.is_active
                    AND coalesce(l.starts_on, :day) <= :day AND coalesce(l.ends_on, :day) >= :day
                ORDER BY l.priority, l.id, lp.min_quantity DESC LIMIT 1),
            (SELECT h.amount FROM price_history h
                WHERE h.variant_id = v.id AND h.currency = :currency AND h.since <= :moment
                ORDER BY h.since DESC, h.id DESC LIMIT 1),
            (SELECT vp.amount FROM variant_prices vp
                WHERE vp.variant_id = v.id AND vp.currency = :currency)
        ) AS unit_price
    FROM unnest(:skus, :quantities) WITH ORDINALITY AS w(sku, quantity, position)
    JOIN variants v ON v.sku_key = lower(w.sku)
    JOIN products p ON p.id = v.product_id
    """
).bindparams(bindparam("skus", type_=ARRAY(Text)), bindparam("quantities", type_=ARRAY(Integer)))


def order_goods(
    wanted: Sequence[tuple[str, int]],
    currency: str,
    *,
    customer_id: UUID | None,
    at: datetime | None = None,
) -> list[OrderGoods | None]:
    """Find SKUs, each with a number of units, at the prices of a moment, by default now.

    In the order of `wanted`; None for a SKU that the shop does not have. One statement.
    """
    moment = at or clock.now()
    rows = session.execute(
        _GOODS,
        {
            "skus": [sku for sku, _ in wanted],
            "quantities": [quantity for _, quantity in wanted],
            "currency": currency,
            "customer": customer_id,
            "moment": moment,
            "day": moment.astimezone(current_settings().zone).date(),
        },
    )
    found = {row[0]: OrderGoods(*row[1:]) for row in rows}
    return [found.get(position) for position in range(1, len(wanted) + 1)]
