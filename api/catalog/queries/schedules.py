"""Prices to come, for staff."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.catalog.errors import ScheduleNotFound, VariantNotFound
from api.catalog.models import ScheduledPrice, ScheduleState, Variant
from api.catalog.queries.price_history import money
from api.platform import pagination
from api.platform.db import session
from api.platform.pagination import Sort

_COLUMNS = (
    *(ScheduledPrice.id, ScheduledPrice.version, ScheduledPrice.variant_id),
    *(ScheduledPrice.currency, ScheduledPrice.amount, ScheduledPrice.compare_at),
    *(ScheduledPrice.starts_at, ScheduledPrice.ends_at, ScheduledPrice.state),
    *(ScheduledPrice.before_amount, ScheduledPrice.before_compare_at, ScheduledPrice.created_at),
)
_LAST_FIRST = Sort((ScheduledPrice.starts_at, ScheduledPrice.id), descending=True)


def scheduled_prices(
    variant_id: UUID, *, state: str | None, limit: int, cursor: str | None, with_total: bool
) -> dict[str, Any]:
    """Return a page of a variant's scheduled prices, the last to start first.

    Raises VariantNotFound.
    """
    if session.scalar(select(Variant.id).where(Variant.id == variant_id)) is None:
        raise VariantNotFound(variant_id=variant_id)
    statement = select(*_COLUMNS).where(ScheduledPrice.variant_id == variant_id)
    if state is not None:
        statement = statement.where(ScheduledPrice.state == ScheduleState(state))
    rows, page = pagination.page(
        statement,
        _LAST_FIRST,
        limit=limit,
        cursor=cursor,
        filters=(variant_id, state),
        total=statement.with_only_columns(ScheduledPrice.id) if with_total else None,
    )
    return {"data": [_view(row) for row in rows], "page": page}


def scheduled_price(schedule_id: UUID) -> dict[str, Any]:
    """Return one scheduled price. Raises ScheduleNotFound."""
    row = session.execute(select(*_COLUMNS).where(ScheduledPrice.id == schedule_id)).first()
    if row is None:
        raise ScheduleNotFound(schedule_id=schedule_id)
    return _view(row)


def _view(row: Any) -> dict[str, Any]:
    currency = row.currency
    return {
        "id": row.id,
        "version": row.version,
        "variant_id": row.variant_id,
        "price": money(row.amount, currency),
        "compare_at": money(row.compare_at, currency),
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "state": row.state,
        "replaced_price": money(row.before_amount, currency),
        "replaced_compare_at": money(row.before_compare_at, currency),
        "created_at": row.created_at,
    }
