"""Price history and scheduled prices of variants, for staff."""

from typing import Unpack
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from api.catalog.errors import ScheduleNotFound, VariantNotFound
from api.catalog.models.prices import PriceHistoryEntry, ScheduledPrice, ScheduleState, VariantPrice
from api.catalog.models.products import Variant
from api.platform import pagination
from api.platform.db import AnyRow, session
from api.platform.pagination import PageQuery, Sort

_NEWEST_FIRST = Sort((PriceHistoryEntry.since, PriceHistoryEntry.id), descending=True)


def price_history(
    variant_id: UUID, *, currency: str | None, **asked: Unpack[PageQuery]
) -> dict[str, object]:
    """Return what a variant cost from when to when, the newest first.

    What is in force has no end, and tells since when it is reduced and from which price. Raises
    VariantNotFound.
    """
    if session.scalar(select(Variant.id).where(Variant.id == variant_id)) is None:
        raise VariantNotFound(variant_id=variant_id)
    later = aliased(PriceHistoryEntry)
    until = (
        select(func.min(later.since))
        .where(
            later.variant_id == PriceHistoryEntry.variant_id,
            later.currency == PriceHistoryEntry.currency,
            later.since > PriceHistoryEntry.since,
        )
        .scalar_subquery()
    )
    statement = select(
        *(
            PriceHistoryEntry.id,
            PriceHistoryEntry.currency,
            PriceHistoryEntry.amount,
            PriceHistoryEntry.compare_at,
        ),
        *(PriceHistoryEntry.since, until.label("until")),
        *(VariantPrice.reduced_since, VariantPrice.prior_price),
    )
    statement = statement.outerjoin(
        VariantPrice,
        and_(
            VariantPrice.variant_id == PriceHistoryEntry.variant_id,
            VariantPrice.currency == PriceHistoryEntry.currency,
        ),
    ).where(PriceHistoryEntry.variant_id == variant_id)
    if currency is not None:
        statement = statement.where(PriceHistoryEntry.currency == currency)
    return pagination.page_response(
        statement, _NEWEST_FIRST, _record, filters=(variant_id, currency), **asked
    )


def price_view(row: AnyRow) -> dict[str, object]:
    """Return how staff see a row of `variant_prices`."""
    return {
        "price": money(row.amount, row.currency),
        "compare_at": money(row.compare_at, row.currency),
        "reduced_since": row.reduced_since,
        "prior_price": money(row.prior_price, row.currency),
    }


def _record(row: AnyRow) -> dict[str, object]:
    is_in_force = row.until is None
    return {
        "id": row.id,
        "currency": row.currency,
        "price": money(row.amount, row.currency),
        "compare_at": money(row.compare_at, row.currency),
        "since": row.since,
        "until": row.until,
        "reduced_since": row.reduced_since if is_in_force else None,
        "prior_price": money(row.prior_price, row.currency) if is_in_force else None,
    }


def money(amount: int | None, currency: str) -> dict[str, object] | None:
    """Return an amount as it is written on the wire."""
    return None if amount is None else {"amount": amount, "currency": currency}


_COLUMNS = (
    *(ScheduledPrice.id, ScheduledPrice.version, ScheduledPrice.variant_id),
    *(ScheduledPrice.currency, ScheduledPrice.amount, ScheduledPrice.compare_at),
    *(ScheduledPrice.starts_at, ScheduledPrice.ends_at, ScheduledPrice.state),
    *(ScheduledPrice.before_amount, ScheduledPrice.before_compare_at, ScheduledPrice.created_at),
)
_LAST_FIRST = Sort((ScheduledPrice.starts_at, ScheduledPrice.id), descending=True)


def scheduled_prices(
    variant_id: UUID, *, state: str | None, **asked: Unpack[PageQuery]
) -> dict[str, object]:
    """Return a page of a variant's scheduled prices, the last to start first.

    Raises VariantNotFound.
    """
    if session.scalar(select(Variant.id).where(Variant.id == variant_id)) is None:
        raise VariantNotFound(variant_id=variant_id)
    statement = select(*_COLUMNS).where(ScheduledPrice.variant_id == variant_id)
    if state is not None:
        statement = statement.where(ScheduledPrice.state == ScheduleState(state))
    return pagination.page_response(
        statement, _LAST_FIRST, _view, filters=(variant_id, state), **asked
    )


def scheduled_price(schedule_id: UUID) -> dict[str, object]:
    """Return one scheduled price. Raises ScheduleNotFound."""
    row = session.execute(select(*_COLUMNS).where(ScheduledPrice.id == schedule_id)).first()
    if row is None:
        raise ScheduleNotFound(schedule_id=schedule_id)
    return _view(row)


def _view(row: AnyRow) -> dict[str, object]:
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
