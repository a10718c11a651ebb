"""Sales to consumers in other member states of the EU, for the threshold of article 59c."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, cast, extract, func, select

from api.kernel.money import Money
from api.orders.models import Order
from api.orders.states import OrderStatus
from api.platform.db import session
from api.tax.rules import EU

MOST_SALES: Final = 10_000
"""Orders of two years that are added up; a shop with more of them is above any threshold."""


def distance_sales(
    shop_country: str, years: Sequence[int], zone: ZoneInfo, *, before: datetime
) -> dict[int, list[Money]] | None:
    """Return the net sales to consumers in other EU member states by year, one for each currency.

    Those placed before a moment are counted, so that no order counts itself. Years begin at
    midnight in `zone`. What was sold with a VAT id is no distance sale; a cancelled order is no
    sale, and a refund takes nothing off. None if there are too many to add up.
    """
    placed_at = func.timezone(zone.key, Order.placed_at)
    counted = (
        select(
            extract("year", placed_at).label("year"),
            Order.currency,
            (Order.total - Order.tax_total).label("net"),
        )
        .where(
            Order.ship_country.in_(EU - {shop_country}),
            Order.placed_at >= datetime(min(years), 1, 1, tzinfo=zone),
            Order.placed_at < before,
            Order.vat_id.is_(None),
            Order.status != OrderStatus.CANCELLED,
        )
        .limit(MOST_SALES + 1)
        .subquery()
    )
    rows = session.execute(
        select(
            counted.c.year,
            counted.c.currency,
            cast(func.sum(counted.c.net), BigInteger),
            func.count(),
        ).group_by(counted.c.year, counted.c.currency)
    ).all()
    if sum(orders for *_, orders in rows) > MOST_SALES:
        return None
    sales: dict[int, list[Money]] = {year: [] for year in years}
    for year, currency, net, _ in rows:
        sales.setdefault(int(year), []).append(Money(net, currency))
    return sales
