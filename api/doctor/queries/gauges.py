"""What `/metrics` tells of the shelves: what is reserved, and what was sold and is not there."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import text

from api.platform.db import session
from api.platform.metrics import COUNTED_UP_TO, Gauge

# Holds live for minutes, so the table is small; those that ran out wait to be swept.
_HOLDS: Final = text(
    "SELECT count(*), coalesce(sum(quantity), 0), count(*) FILTER (WHERE expires_at <= now())"
    " FROM stock_holds"
)
# Only orders whose goods are still here are looked at, along their partial indexes.
_OVERSOLD: Final = text(f"""
    SELECT count(*) FROM (
        SELECT FROM (
            SELECT id FROM orders WHERE to_ship
            UNION ALL SELECT id FROM orders WHERE expires_at IS NOT NULL
            LIMIT {COUNTED_UP_TO}) AS o
        JOIN order_lines ol ON ol.order_id = o.id
        WHERE ol.quantity - ol.shipped_quantity - ol.cancelled_quantity > (
            SELECT coalesce(sum(a.quantity), 0) FROM stock_allocations a
            WHERE a.order_line_id = ol.id)) AS short""")


def stock() -> Iterator[Gauge]:
    """Read what carts hold and what orders lack. Two statements."""
    count, units, expired = session.execute(_HOLDS).one()
    yield Gauge.single("reservations", "Holds of carts that are in the checkout.", count)
    yield Gauge.single("reserved_units", "Units that carts hold.", units)
    yield Gauge.single(
        "reservations_expired", "Holds that ran out and were not swept yet.", expired
    )
    yield Gauge.single(
        "oversold_lines",
        "Lines of open orders whose goods are not allocated; 0 in a sound shop.",
        session.scalar(_OVERSOLD),
    )
