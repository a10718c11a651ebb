"""What was on hand at a moment, and what it was worth: both follow from the journal."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, Unpack
from uuid import UUID

from sqlalchemy import func, literal, select

from api.catalog.models.products import Product, Variant
from api.inventory.models import Location, StockLevel, StockMovement
from api.kernel.money import Money
from api.platform import pagination
from api.platform.bulk_sql import any_of
from api.platform.db import AnyRow, session
from api.platform.pagination import PageQuery, Sort

_CSV_COLUMNS: Final = (
    *("sku", "product_title", "variant_title", "location_code", "on_hand", "unit_cost", "value"),
)
_BY_SKU: Final = Sort((Variant.sku_key, StockLevel.id))
_PAGE: Final = 1000


def valuation(
    moment: datetime,
    *,
    currency: str,
    location_id: UUID | None = None,
    at: frozenset[UUID] | None = None,
    **asked: Unpack[PageQuery],
) -> dict[str, Any]:
    """Return a page of levels by SKU: units on hand at a moment, their average cost and value.

    The value is units times the moving average of the receipts until then, rounded half-up to the
    minor unit; None where no receipt had a cost. Levels that were opened later have 0 units.
    """
    then = StockMovement.created_at <= moment
    of_level = StockMovement.level_id == StockLevel.id
    on_hand = (
        select(func.coalesce(func.sum(StockMovement.on_hand_change), 0).label("units"))
        .where(of_level, then)
        .lateral()
    )
    cost = (
        select(StockMovement.average_cost)
        .where(of_level, then, StockMovement.average_cost.is_not(None))
        .order_by(StockMovement.id.desc())
        .limit(1)
        .lateral()
    )
    statement = (
        select(
            *(StockLevel.id.label("level_id"), Variant.sku),
            Product.title.label("product_title"),
            Variant.title.label("variant_title"),
            Location.code.label("location_code"),
            on_hand.c.units.label("on_hand"),
            cost.c.average_cost,
        )
        .select_from(StockLevel)
        .join(Variant, Variant.id == StockLevel.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .join(Location, Location.id == StockLevel.location_id)
        .join(on_hand, literal(True))
        .outerjoin(cost, literal(True))
    )
    if location_id is not None:
        statement = statement.where(StockLevel.location_id == location_id)
    if at is not None:
        statement = statement.where(any_of(StockLevel.location_id, at))
    return pagination.page_response(
        statement,
        _BY_SKU,
        lambda row: _valued(row, currency),
        filters=(moment, location_id, currency, at and sorted(at)),
        **asked,
    )


def valuation_csv(
    moment: datetime,
    *,
    currency: str,
    location_id: UUID | None = None,
    at: frozenset[UUID] | None = None,
) -> Iterator[str]:
    """Yield all levels of `valuation` as CSV, a thousand at a time; amounts in major units.

    An apostrophe keeps spreadsheets from taking a text for a formula.
    """
    cursor, columns = None, _CSV_COLUMNS
    while True:
        text = io.StringIO()
        file = csv.writer(text)
        if cursor is None:
            file.writerow(columns)
        answer = valuation(
            moment,
            currency=currency,
            location_id=location_id,
            limit=_PAGE,
            cursor=cursor,
            at=at,
        )
        file.writerows([_cell(row[name]) for name in columns] for row in answer["data"])
        yield text.getvalue()
        cursor = answer["page"]["next_cursor"]
        if cursor is None:
            return


def value_history(
    moments: Sequence[datetime],
    *,
    currency: str,
    location_id: UUID | None = None,
    at: frozenset[UUID] | None = None,
) -> list[dict[str, object]]:
    """Return the units on hand and their value at several moments, oldest first.

    One pass over the journal: each entry changes the value of its level, and what changed until a
    moment sums up to the value then. Units whose receipts had no cost are worth nothing here.
    """
    chosen = [] if location_id is None else [StockLevel.location_id == location_id]
    chosen += [] if at is None else [any_of(StockLevel.location_id, at)]
    level, entry = StockMovement.level_id, StockMovement.id
    # A receipt with a cost begins a period in which units are worth the average after it.
    period = func.count(StockMovement.average_cost).over(partition_by=level, order_by=entry)
    entries = (
        select(
            *(StockMovement.id, StockMovement.level_id, StockMovement.created_at),
            *(StockMovement.on_hand_change, StockMovement.average_cost),
            func.sum(StockMovement.on_hand_change)
            .over(partition_by=level, order_by=entry)
            .label("on_hand"),
            period.label("period"),
        )
        .join(StockLevel, StockLevel.id == StockMovement.level_id)
        .where(StockMovement.created_at <= max(moments), *chosen)
        .subquery()
    )
    cost = func.coalesce(
        func.max(entries.c.average_cost).over(partition_by=(entries.c.level_id, entries.c.period)),
        0,
    )
    valued = select(
        *(entries.c.id, entries.c.level_id, entries.c.created_at, entries.c.on_hand_change),
        (entries.c.on_hand * cost).label("value"),
    ).subquery()
    before = func.lag(valued.c.value, 1, 0).over(
        partition_by=valued.c.level_id, order_by=valued.c.id
    )
    changes = select(
        valued.c.created_at, valued.c.on_hand_change, (valued.c.value - before).label("change")
    ).cte("changes")
    sums = [
        func.coalesce(func.sum(one).filter(changes.c.created_at <= moment), 0)
        for moment in moments
        for one in (changes.c.on_hand_change, changes.c.change)
    ]
    row = session.execute(select(*sums)).one()
    return [
        {
            "at": moment,
            "units": int(row[2 * n]),
            "value": _money(Decimal(row[2 * n + 1]), currency),
        }
        for n, moment in enumerate(moments)
    ]


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t")):
        return f"'{value}"
    return value


def _valued(row: AnyRow, currency: str) -> dict[str, object]:
    cost: Decimal | None = row.average_cost
    units = int(row.on_hand)

    return {
        "level_id": row.level_id,
        "sku": row.sku,
        "product_title": row.product_title,
        "variant_title": row.variant_title or None,
        "location_code": row.location_code,
        "on_hand": units,
        "unit_cost": None if cost is None else _money(cost, currency),
        "value": None if cost is None else _money(cost * units, currency),
    }


def _money(amount: Decimal, currency: str) -> Money:
    return Money(int(amount.quantize(Decimal(1), ROUND_HALF_UP)), currency)
