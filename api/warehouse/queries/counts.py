"""Reads of counts and of shrinkage."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final, Unpack
from uuid import UUID

from sqlalchemy import (
    ScalarSelect,
    and_,
    case,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from api.catalog.models.products import Product, Variant
from api.inventory.models import Bin, BinStock, Location, MovementKind, StockLevel
from api.inventory.models import StockMovement as Movement
from api.kernel import clock
from api.platform import pagination
from api.platform.db import AnyRow, AnySelect, session
from api.platform.pagination import PageQuery, Sort
from api.platform.settings import current_settings
from api.warehouse.errors import CountNotFound
from api.warehouse.models import Count, CountEntry, CountLine, Place
from api.warehouse.states import CountStatus, LineStatus

VELOCITY_DAYS: Final = 90
_NEWEST_FIRST: Final = Sort((Count.id,), descending=True)


def counts(
    *,
    status: CountStatus | None,
    bin_id: UUID | None = None,
    at: frozenset[UUID] | None = None,
    **asked: Unpack[PageQuery],
) -> dict[str, object]:
    """Return a page of counts, the newest first; with `at` only those of these locations.

    With `bin_id` those that are planned or go on and have lines in this bin still to be counted.
    """
    statement = _counts()
    if bin_id is not None:
        statement = statement.where(
            Count.status.in_((CountStatus.PLANNED, CountStatus.COUNTING)),
            select(CountLine.id)
            .where(
                CountLine.count_id == Count.id,
                CountLine.bin_id == bin_id,
                CountLine.status.in_((LineStatus.OPEN, LineStatus.RECOUNT)),
            )
            .exists(),
        )
    if status is not None:
        statement = statement.where(Count.status == status)
    if at is not None:
        statement = statement.where(Count.location_id.in_(at))
    return pagination.page_response(
        statement, _NEWEST_FIRST, _count, filters=(status, bin_id, at and sorted(at)), **asked
    )


def count(count_id: UUID, *, at: frozenset[UUID] | None = None) -> dict[str, object]:
    """Return a count with its lines, in the order of the walk.

    Of a blind count that goes on, nobody is told what is expected. Raises `CountNotFound`, also
    where it is at none of the locations `at`.
    """
    row = session.execute(_counts().where(Count.id == count_id)).one_or_none()
    if row is None or (at is not None and row.location_id not in at):
        raise CountNotFound(count_id=count_id)
    last = (
        select(CountEntry.counted, CountEntry.expected, CountEntry.counted_by_name)
        .where(CountEntry.line_id == CountLine.id)
        .order_by(CountEntry.id.desc())
        .limit(1)
        .lateral()
    )
    lines = session.execute(
        select(
            *(CountLine.id, CountLine.level_id, CountLine.bin_id, CountLine.status),
            *(CountLine.variance, CountLine.value, CountLine.reason, CountLine.closed_at),
            *(Variant.sku, Variant.barcode, Product.title.label("product_title")),
            Bin.code.label("bin_code"),
            *(last.c.counted, last.c.expected, last.c.counted_by_name),
        )
        .join(StockLevel, StockLevel.id == CountLine.level_id)
        .join(Variant, Variant.id == StockLevel.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(Bin, Bin.id == CountLine.bin_id)
        .outerjoin(last, literal(True))
        .where(CountLine.count_id == count_id)
        .order_by(Bin.pick_sequence, Bin.code, Variant.sku_key)
    ).all()
    is_hidden = row.is_blind and row.status in (CountStatus.PLANNED, CountStatus.COUNTING)
    return {**_count(row), "lines": [_line(line, is_hidden=is_hidden) for line in lines]}


def places_of_bin(bin_id: UUID) -> list[Place]:
    """Return what is to be counted in a bin."""
    return _places(select(BinStock.level_id, BinStock.bin_id).where(BinStock.bin_id == bin_id))


def places_of_zone(location_id: UUID, zone: str) -> list[Place]:
    """Return what is to be counted in the bins of a zone."""
    in_zone = and_(Bin.location_id == location_id, Bin.zone == zone)
    return _places(
        select(BinStock.level_id, BinStock.bin_id)
        .join(Bin, Bin.id == BinStock.bin_id)
        .where(in_zone)
    )


def places_of_levels(level_ids: AnySelect | Sequence[UUID]) -> list[Place]:
    """Return every place of these levels: their bins, and no bin where units are in none."""
    return _places(
        select(BinStock.level_id, BinStock.bin_id).where(BinStock.level_id.in_(level_ids)),
        level_ids,
    )


def levels_of_skus(location_id: UUID, skus: Sequence[str]) -> AnySelect:
    """Select the levels of these SKUs at a location."""
    return (
        select(StockLevel.id)
        .join(Variant, Variant.id == StockLevel.variant_id)
        .where(
            StockLevel.location_id == location_id,
            Variant.sku_key.in_([sku.lower() for sku in skus]),
        )
    )


def levels_at(location_id: UUID, abc: str | None) -> AnySelect:
    """Select the levels of a location with stock, or those of one class (ABC).

    Classes go by the share of the units shipped in 90 days: A are those that make up the first
    80 %, B up to 95 %, C the others.
    """
    if abc is None:
        return select(StockLevel.id).where(
            StockLevel.location_id == location_id, StockLevel.on_hand > 0
        )
    since = clock.now() - timedelta(days=VELOCITY_DAYS)
    shipped = (
        select(Movement.level_id, func.sum(-Movement.on_hand_change).label("units"))
        .where(Movement.kind == MovementKind.SHIPPED, Movement.created_at >= since)
        .group_by(Movement.level_id)
        .subquery()
    )
    units = func.coalesce(shipped.c.units, 0)
    before = func.sum(units).over(order_by=(units.desc(), StockLevel.id)) - units
    total = func.nullif(func.sum(units).over(), 0)
    ranked = (
        select(
            StockLevel.id,
            case(
                (units == 0, "C"),
                (before < total * 0.80, "A"),
                (before < total * 0.95, "B"),
                else_="C",
            ).label("abc"),
        )
        .outerjoin(shipped, shipped.c.level_id == StockLevel.id)
        .where(
            StockLevel.location_id == location_id,
            or_(StockLevel.on_hand > 0, units > 0),
        )
        .subquery()
    )
    return select(ranked.c.id).where(ranked.c.abc == abc)


def shrinkage(
    first: date, last: date, *, at: frozenset[UUID] | None = None
) -> list[dict[str, object]]:
    """Sum what counts changed by location and reason: units lost and found, and their value.

    Days are those of the shop's time zone.
    """
    day = func.date(func.timezone(current_settings().time_zone, CountLine.closed_at))
    rows = session.execute(
        select(
            Location.code.label("location_code"),
            CountLine.reason,
            func.count().label("lines"),
            func.coalesce(func.sum(CountLine.variance).filter(CountLine.variance > 0), 0).label(
                "found"
            ),
            func.coalesce(-func.sum(CountLine.variance).filter(CountLine.variance < 0), 0).label(
                "lost"
            ),
            func.coalesce(func.sum(CountLine.value), 0).label("value"),
        )
        .join(Count, Count.id == CountLine.count_id)
        .join(Location, Location.id == Count.location_id)
        .where(CountLine.status == LineStatus.POSTED, CountLine.variance != 0)
        .where(day >= first, day <= last)
        .where(*([] if at is None else [Count.location_id.in_(at)]))
        .group_by(Location.code, CountLine.reason)
        .order_by(Location.code, CountLine.reason)
    )
    return [{**row._asdict(), "value": int(row.value)} for row in rows]


def _places(statement: AnySelect, with_loose: Any = None) -> list[Place]:
    wanted: Any = statement.where(BinStock.quantity > 0)
    if with_loose is not None:
        loose = select(StockLevel.id, null()).where(
            StockLevel.id.in_(with_loose),
            or_(StockLevel.on_hand > StockLevel.in_bins, StockLevel.in_bins == 0),
        )
        wanted = union_all(wanted, loose)
    return [Place(row[0], row[1]) for row in session.execute(wanted)]


def _counts() -> AnySelect:
    def lines(*statuses: LineStatus) -> ScalarSelect[int]:
        chosen = [CountLine.status.in_(statuses)] if statuses else []
        return (
            select(func.count())
            .where(CountLine.count_id == Count.id, *chosen)
            .correlate(Count)
            .scalar_subquery()
        )

    return select(
        *(Count.id, Count.number, Count.location_id, Location.code.label("location_code")),
        *(Count.scope, Count.status, Count.is_blind, Count.planned_for, Count.created_at),
        *(Count.created_by, Count.closed_at, lines().label("line_count")),
        lines(LineStatus.OPEN).label("open_count"),
        lines(LineStatus.RECOUNT, LineStatus.BLOCKED).label("recount_count"),
    ).join(Location, Location.id == Count.location_id)


def _count(row: AnyRow) -> dict[str, object]:
    names = (
        *("id", "location_id", "location_code", "scope", "status", "is_blind", "planned_for"),
        *("created_at", "created_by", "closed_at", "line_count", "open_count", "recount_count"),
    )
    return {**{name: getattr(row, name) for name in names}, "number": f"C-{row.number}"}


def _line(row: AnyRow, *, is_hidden: bool) -> dict[str, object]:
    line: dict[str, object] = row._asdict()
    if is_hidden and row.status is not LineStatus.POSTED:
        line |= {"expected": None}
    return line
