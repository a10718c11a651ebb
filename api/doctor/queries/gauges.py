"""Stock metrics for `/metrics`: what is reserved, and what was sold but is not in stock."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import text

from api.platform.db import session
from api.platform.metrics import COUNTED_UP_TO, Gauge

# Reservations live for minutes, so the table is small; expired ones wait for the sweep.
_HOLDS: Final = text(
    "SELECT count(*), coalesce(sum(quantity), 0), count(*) FILTER (WHERE expires_at <= now())"
    " FROM stock_holds"
)
# Only orders whose goods are still here are looked at, along their partial indexes.
_BACK_ORDERED: Final = text(
    "SELECT coalesce(sum(back_ordered), 0) FROM stock_levels WHERE back_ordered > 0"
)
_OVERSOLD: Final = text(f"""
    SELECT count(*) FROM (
        SELECT FROM (
            SELECT id FROM orders WHERE to_ship
            UNION ALL SELECT id FROM orders WHERE expires_at IS NOT NULL
            LIMIT {COUNTED_UP_TO}) AS o
        JOIN order_lines ol ON ol.order_id = o.id
        WHERE ol.quantity - ol.shipped_quantity - ol.cancelled_quantity > (
            SELECT coalesce(sum(a.quantity + a.waiting), 0) FROM stock_allocations a
            WHERE a.order_line_id = ol.id)) AS short""")


def stock() -> Iterator[Gauge]:
    """Read what carts reserve, what orders wait for and what they lack. Three statements."""
    count, units, expired = session.execute(_HOLDS).one()
    yield Gauge.single("reservations", "Reservations of carts that are in the checkout.", count)
    yield Gauge.single("reserved_units", "Units that carts reserve.", units)
    yield Gauge.single(
        "reservations_expired", "Reservations that expired and were not released yet.", expired
    )
    yield Gauge.single(
        "back_ordered_units", "Units that orders wait for.", session.scalar(_BACK_ORDERED)
    )
    yield Gauge.single(
        "oversold_lines",
        "Lines of open orders whose goods are neither allocated nor back-ordered; 0 in a consistent"
        " shop.",
        session.scalar(_OVERSOLD),
    )
