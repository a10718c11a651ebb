"""What a variant cost and since when, for staff."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from api.catalog.errors import VariantNotFound
from api.catalog.models import PriceRecord, Variant, VariantPrice
from api.platform import pagination
from api.platform.db import session
from api.platform.pagination import Sort

_NEWEST_FIRST = Sort((PriceRecord.since, PriceRecord.id), descending=True)


def price_history(
    variant_id: UUID, *, currency: str | None, limit: int, cursor: str | None, with_total: bool
) -> dict[str, Any]:
    """Return what a variant cost from when to when, the newest first, and what it costs now.

    Raises VariantNotFound.
    """
    if session.scalar(select(Variant.id).where(Variant.id == variant_id)) is None:
        raise VariantNotFound(variant_id=variant_id)
    later = aliased(PriceRecord)
    until = (
        select(func.min(later.since))
        .where(
            later.variant_id == PriceRecord.variant_id,
            later.currency == PriceRecord.currency,
            later.since > PriceRecord.since,
        )
        .scalar_subquery()
    )
    statement = select(
        *(PriceRecord.id, PriceRecord.currency, PriceRecord.amount, PriceRecord.compare_at),
        *(PriceRecord.since, until.label("until")),
    ).where(PriceRecord.variant_id == variant_id)
    now = select(VariantPrice.__table__).where(VariantPrice.variant_id == variant_id)
    if currency is not None:
        statement = statement.where(PriceRecord.currency == currency)
        now = now.where(VariantPrice.currency == currency)
    rows, page = pagination.page(
        statement,
        _NEWEST_FIRST,
        limit=limit,
        cursor=cursor,
        filters=(variant_id, currency),
        total=statement.with_only_columns(PriceRecord.id) if with_total else None,
    )
    return {
        "data": [
            {
                "id": row.id,
                "currency": row.currency,
                "price": money(row.amount, row.currency),
                "compare_at": money(row.compare_at, row.currency),
                "since": row.since,
                "until": row.until,
            }
            for row in rows
        ],
        "page": page,
        "current": [
            price_view(row) for row in session.execute(now.order_by(VariantPrice.currency))
        ],
    }


def price_view(row: Any) -> dict[str, Any]:
    """Return how staff see a row of `variant_prices`."""
    return {
        "price": money(row.amount, row.currency),
        "compare_at": money(row.compare_at, row.currency),
        "reduced_since": row.reduced_since,
        "prior_price": money(row.prior_price, row.currency),
    }


def money(amount: int | None, currency: str) -> dict[str, Any] | None:
    """Return an amount as it is written on the wire."""
    return None if amount is None else {"amount": amount, "currency": currency}
