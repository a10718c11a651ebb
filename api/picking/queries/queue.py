"""The orders to pick, what they need, and the bins that have it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Uuid,
    exists,
    func,
    literal,
    select,
    text,
    true,
    union_all,
)

from api.fulfilment.models import Fulfilment, FulfilmentLine
from api.fulfilment.states import CLAIMING
from api.inventory import queries as inventory_queries
from api.inventory.errors import LocationNotFound
from api.inventory.models import Bin, BinKind, BinStock, Location, StockAllocation, StockLevel
from api.inventory.models.missing_units import MissingUnits
from api.kernel import clock
from api.orders.models import Order, OrderLine
from api.picking.models import PickBatch, PickLine, PickOrder
from api.picking.states import (
    OPEN_BATCH,
    BatchKind,
    BatchStatus,
    PickLineStatus,
    PickOrderStatus,
)
from api.picking.walk import NO_BIN, Demand, Source
from api.platform import pagination
from api.platform.bulk_sql import any_of
from api.platform.db import AnySelect, session

SECONDS_A_LINE: Final = 30
"""What one line takes, as long as no batch of this location was measured."""
MEASURED_DAYS: Final = 30
_LONGEST_LIST: Final = 200
MOST_ORDERS: Final = 60
MOST_IN_WAVE: Final = 600
_PROMISE: Final = func.coalesce(Order.promised_ship_at, text("'infinity'::timestamptz"))
_IN_BATCH: Final = exists().where(
    PickOrder.order_id == Order.id,
    PickOrder.status.in_((PickOrderStatus.PICKING, PickOrderStatus.PICKED)),
)
PICKED_FROM: Final = {BinKind.PICK: 0, BinKind.BULK: 2, BinKind.RECEIVING: 3}
_NO_BIN_RANK: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRequest:
    """Which orders a batch is for: those named, else the first that match, by promise."""

    kind: BatchKind
    location_id: UUID
    limit: int
    order_ids: Sequence[UUID] = ()
    carrier: str | None = None
    zone: str | None = None
    promised_before: datetime | None = None
    max_units: int | None = None


def next_orders(request: BatchRequest, *, is_locked: bool = True) -> AnySelect:
    """Select and lock the orders of a batch: by promise, then the oldest; locked ones are skipped.

    Orders that are named are locked as well as others, and need to be pickable like them. With
    `is_locked` False they are only read, with when each was promised to leave.
    """
    statement = (
        _to_pick(request.location_id)
        .where(*_narrowed(request))
        .with_only_columns(Order.id, Order.promised_ship_at)
        .order_by(_PROMISE, Order.placed_at, Order.id)
        .limit(request.limit)
    )
    return statement.with_for_update(of=Order, skip_locked=True) if is_locked else statement


def own_location(at: frozenset[UUID] | None) -> UUID:
    """Return the location where somebody picks when they name none: their first by priority.

    Raises `LocationNotFound` when there is none.
    """
    found = session.scalar(
        select(Location.id)
        .where(Location.is_active, true() if at is None else any_of(Location.id, at))
        .order_by(Location.priority, Location.code)
        .limit(1)
    )
    if found is None:
        raise LocationNotFound
    return found


def queue(location_id: UUID) -> dict[str, object]:
    """Return the orders to pick at a location with their work, and the first 200 of them.

    Late is what was promised to leave before now. Seconds are what a line took in the batches of
    the last 30 days, else 30.
    """
    now = clock.now()
    waiting = _to_pick(location_id).with_only_columns(
        *(Order.id, Order.number, Order.customer_name, Order.promised_ship_at, Order.placed_at),
        Order.unit_count,
        Order.shipping_method["carrier"].astext.label("carrier"),
        select(func.count())
        .where(OrderLine.order_id == Order.id)
        .correlate(Order)
        .scalar_subquery()
        .label("line_count"),
    )
    ordered = waiting.order_by(_PROMISE, Order.placed_at, Order.id)
    rows = session.execute(ordered.limit(_LONGEST_LIST)).all()
    capped = waiting.limit(pagination.TOTAL_CAP).subquery()
    totals = session.execute(
        select(
            func.count().label("order_count"),
            func.coalesce(func.sum(capped.c.unit_count), 0).label("unit_count"),
            func.coalesce(func.sum(capped.c.line_count), 0).label("line_count"),
            func.count().filter(capped.c.promised_ship_at < now).label("late_count"),
            func.min(capped.c.promised_ship_at)
            .filter(capped.c.promised_ship_at >= now)
            .label("next_cut_off"),
        ).select_from(capped)
    ).one()
    a_line, is_measured = seconds_a_line(location_id)
    return {
        **totals._mapping,
        "unit_count": int(totals.unit_count),
        "line_count": int(totals.line_count),
        "seconds": round(a_line * int(totals.line_count)),
        "is_measured": is_measured,
        "open_batches": session.scalar(
            select(func.count()).where(
                PickBatch.location_id == location_id, PickBatch.status.in_(OPEN_BATCH)
            )
        ),
        "orders": [
            {
                **row._mapping,
                "is_late": row.promised_ship_at is not None and row.promised_ship_at < now,
            }
            for row in rows
        ],
    }


def demands(orders: Mapping[UUID, UUID], location_id: UUID) -> list[Demand]:
    """Return what is allocated at a location to orders, and in no parcel yet.

    `orders` are rows of batches by order; before there are such rows, the orders themselves. The
    demands come in the order of `orders`.
    """
    in_parcel = (
        select(FulfilmentLine.order_line_id, func.sum(FulfilmentLine.quantity).label("units"))
        .join(Fulfilment, Fulfilment.id == FulfilmentLine.fulfilment_id)
        .where(Fulfilment.status.in_(CLAIMING), any_of(Fulfilment.order_id, orders))
        .group_by(FulfilmentLine.order_line_id)
        .subquery()
    )
    rows = session.execute(
        select(
            *(StockAllocation.order_id, StockAllocation.order_line_id, StockAllocation.level_id),
            StockAllocation.quantity - func.coalesce(in_parcel.c.units, 0),
        )
        .join(StockLevel, StockLevel.id == StockAllocation.level_id)
        .outerjoin(in_parcel, in_parcel.c.order_line_id == StockAllocation.order_line_id)
        .where(any_of(StockAllocation.order_id, orders), StockLevel.location_id == location_id)
        .order_by(StockAllocation.id)
    ).all()
    turn = {order_id: number for number, order_id in enumerate(orders)}
    return [
        Demand(orders[order_id], order_line_id, level_id, units)
        for order_id, order_line_id, level_id, units in sorted(rows, key=lambda row: turn[row[0]])
        if units > 0
    ]


def sources_of(demanded: Collection[Demand]) -> list[Source]:
    """Return the bins that have what is demanded."""
    return sources_of_levels(list({one.level_id for one in demanded}))


def sources_of_levels(level_ids: Sequence[UUID]) -> list[Source]:
    """Return the bins of levels, and no bin, with the units that can be taken there.

    Not those that open lines of batches are to take, and none that are missing there.
    """
    wanted = dict[tuple[UUID, UUID | None], int]()
    gone = union_all(
        select(PickLine.level_id, PickLine.bin_id, func.sum(PickLine.quantity - PickLine.picked))
        .where(any_of(PickLine.level_id, level_ids), PickLine.status == PickLineStatus.TODO)
        .group_by(PickLine.level_id, PickLine.bin_id),
        select(MissingUnits.level_id, MissingUnits.bin_id, MissingUnits.quantity).where(
            any_of(MissingUnits.level_id, level_ids)
        ),
    )
    for level_id, bin_id, units in session.execute(gone):
        wanted[level_id, bin_id] = wanted.get((level_id, bin_id), 0) + int(units)
    found = [
        Source(
            row.level_id,
            row.bin_id,
            -1 if row.bin_id == row.preferred_bin_id else PICKED_FROM[row.kind],
            (row.zone, row.pick_sequence, row.code),
            row.quantity,
        )
        for row in session.execute(
            select(
                *(BinStock.level_id, BinStock.bin_id, BinStock.quantity),
                *(Bin.kind, Bin.zone, Bin.pick_sequence, Bin.code, StockLevel.preferred_bin_id),
            )
            .join(Bin, Bin.id == BinStock.bin_id)
            .join(StockLevel, StockLevel.id == BinStock.level_id)
            .where(
                any_of(BinStock.level_id, level_ids),
                BinStock.quantity > 0,
                Bin.kind.in_(tuple(PICKED_FROM)),
            )
        )
    ]
    found += [
        Source(row.id, None, _NO_BIN_RANK, NO_BIN, row.units)
        for row in session.execute(
            select(StockLevel.id, (StockLevel.on_hand - StockLevel.in_bins).label("units")).where(
                any_of(StockLevel.id, level_ids)
            )
        )
    ]
    for source in found:
        source.free = max(0, source.free - wanted.get((source.level_id, source.bin_id), 0))
    return found


def _to_pick(location_id: UUID) -> AnySelect:
    at = literal([location_id], ARRAY(Uuid))
    return select(Order).where(
        Order.to_ship == true(),
        inventory_queries.is_allocated_at(Order.id, at, is_open=True),
        ~_IN_BATCH,
    )


def _narrowed(request: BatchRequest) -> list[ColumnElement[bool]]:
    rules: list[ColumnElement[bool]] = []
    if request.order_ids:
        rules.append(any_of(Order.id, request.order_ids))
    if request.kind is BatchKind.SINGLE_ITEM:
        rules.append(Order.unit_count == 1)
    if request.carrier is not None:
        rules.append(func.lower(Order.shipping_method["carrier"].astext) == request.carrier.lower())
    if request.promised_before is not None:
        rules.append(Order.promised_ship_at < request.promised_before)
    if request.max_units is not None:
        rules.append(Order.unit_count <= request.max_units)
    if request.zone is not None:
        rules.append(
            exists().where(
                StockAllocation.order_id == Order.id,
                StockAllocation.quantity > 0,
                BinStock.level_id == StockAllocation.level_id,
                BinStock.quantity > 0,
                Bin.id == BinStock.bin_id,
                Bin.zone == request.zone,
                Bin.location_id == request.location_id,
            )
        )
    return rules


def seconds_a_line(location_id: UUID) -> tuple[float, bool]:
    """Return how long a line takes at a location, and whether that was measured."""
    since = clock.now() - timedelta(days=MEASURED_DAYS)
    lines = (
        select(func.count())
        .select_from(PickLine)
        .join(PickOrder, PickOrder.id == PickLine.pick_order_id)
        .where(PickOrder.batch_id == PickBatch.id)
        .correlate(PickBatch)
        .scalar_subquery()
    )
    took = func.extract("epoch", PickBatch.finished_at - PickBatch.started_at)
    row = session.execute(
        select(func.sum(took), func.sum(lines)).where(
            PickBatch.location_id == location_id,
            PickBatch.status == BatchStatus.DONE,
            PickBatch.finished_at >= since,
        )
    ).one()
    if not row[1]:
        return float(SECONDS_A_LINE), False
    return float(row[0]) / float(row[1]), True
