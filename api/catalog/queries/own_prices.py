"""From which price on each product is sold to a buyer with price lists, to sort and narrow by."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import BigInteger, Uuid, text

from api.platform.settings import current_settings

MARKET_OF: Final = """(
    SELECT code FROM markets
    WHERE is_active AND (countries @> to_jsonb(CAST(:country AS text))
        OR CAST(:country AS text) IS NOT NULL AND countries @> '["*"]')
    ORDER BY countries @> to_jsonb(CAST(:country AS text)) DESC LIMIT 1
)"""
"""The code of the market of a `country`, in SQL; null without one."""

IN_FORCE: Final = f"""
    (l.group_id IS NULL OR l.group_id = ANY(CAST(:customer_groups AS uuid[])))
    AND (l.markets = '[]' OR l.markets ? {MARKET_OF})
    AND l.currency = :currency AND l.is_active
    AND coalesce(l.starts_on, :today) <= :today AND coalesce(l.ends_on, :today) >= :today
"""
"""The condition that a price list `l` holds for groups of customers in a country, in SQL."""

# Products with a listed price are counted anew, all others keep the place of their usual price:
# that part of the list comes from its index.
_RANGES: Final = text(
    f"""
    WITH listed AS (
        SELECT DISTINCT ON (lp.variant_id) lp.variant_id, lp.amount
        FROM price_list_prices lp JOIN price_lists l ON l.id = lp.list_id
        WHERE lp.min_quantity = 1 AND {IN_FORCE}
        ORDER BY lp.variant_id, l.priority, l.id
    ), own AS (
        SELECT v.product_id, min(coalesce(listed.amount, p.amount)) AS lowest
        FROM variants v
        LEFT JOIN listed ON listed.variant_id = v.id
        LEFT JOIN variant_prices p ON p.variant_id = v.id AND p.currency = :currency
        WHERE v.product_id IN (
            SELECT w.product_id FROM variants w JOIN listed ON listed.variant_id = w.id)
        GROUP BY v.product_id
    )
    SELECT r.product_id, r.lowest FROM product_price_ranges r
    WHERE r.currency = :currency AND NOT EXISTS (
        SELECT FROM own WHERE own.product_id = r.product_id)
    UNION ALL SELECT own.product_id, own.lowest FROM own
    """  # noqa: S608 - our own words
)
OWN_PRICES: Final = _RANGES.columns(product_id=Uuid(), lowest=BigInteger()).subquery("own_prices")
"""Columns `product_id` and `lowest`; binds `currency` and what `values_of_buyer` returns."""


def values_of_buyer(groups: Sequence[str], country: str | None) -> dict[str, object]:
    """Return the values of `IN_FORCE`, but for the currency."""
    return {"customer_groups": list(groups), "country": country, "today": current_settings().today}
