"""Batches and their walk, totes, and what to put back."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, Unpack
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, func, select, true
from sqlalchemy.orm import aliased

from api.catalog.models.products import Variant
from api.inventory import queries as inventory_queries
from api.inventory.models import Location
from api.kernel import clock
from api.orders.models import Order
from api.orders.queries import handling
from api.picking.errors import BatchNotFound
from api.picking.models import PickBatch, PickLine, PickOrder, PickScan, PickWave
from api.picking.queries.lines import all_lines
from api.picking.queries.totes import totes_of
from api.picking.states import (
    OPEN_BATCH,
    PickLineStatus,
    PickOrderStatus,
    ScanResult,
)
from api.picking.walk import Demand, Stop, bins_visited
from api.platform import pagination
from api.platform.bulk_sql import any_of
from api.platform.db import AnyRow, AnySelect, session
from api.platform.pagination import PageQuery, Sort

_LONGEST_LIST: Final = 200
CONFUSED_DAYS: Final = 180
_NEWEST_FIRST: Final = Sort((PickBatch.id,), descending=True)


def batches(
    *,
    is_open: bool | None,
    location_id: UUID | None,
    at: frozenset[UUID] | None = None,
    **asked: Unpack[PageQuery],
) -> dict[str, object]:
    """Return a page of batches, the newest first."""
    statement = _batches()
    if is_open is not None:
        open_ = PickBatch.status.in_(OPEN_BATCH)
        statement = statement.where(open_ if is_open else ~open_)
    if location_id is not None:
        statement = statement.where(PickBatch.location_id == location_id)
    if at is not None:
        statement = statement.where(any_of(PickBatch.location_id, at))
    return pagination.page_response(
        statement, _NEWEST_FIRST, _batch, filters=(is_open, location_id, at and sorted(at)), **asked
    )


def batch(batch_id: UUID, *, at: frozenset[UUID] | None = None) -> dict[str, Any]:
    """Return a batch with its orders, totes and lines in the order of the walk.

    Each line warns of items that were taken for it by mistake in the last 180 days. Raises
    `BatchNotFound`, also where it is at none of the locations `at`.
    """
    row = session.execute(_batches().where(PickBatch.id == batch_id)).one_or_none()
    if row is None or (at is not None and row.location_id not in at):
        raise BatchNotFound(batch_id=batch_id)
    lines = session.execute(
        all_lines()
        .where(PickOrder.batch_id == batch_id)
        .order_by(PickLine.walk, PickOrder.position, PickLine.id)
    ).all()
    orders = session.execute(
        select(
            *(PickOrder.id, PickOrder.order_id, PickOrder.position, PickOrder.status),
            *(Order.number, Order.customer_name, Order.customer_note, Order.promised_ship_at),
            Order.gift_message,
            *(Order.to_ship, Order.on_hold),
        )
        .join(Order, Order.id == PickOrder.order_id)
        .where(PickOrder.batch_id == batch_id)
        .order_by(PickOrder.position)
    ).all()
    totes = totes_of(batch_id, None, of_all=True)
    pinned = handling.pinned_notes([order.order_id for order in orders])
    lots = inventory_queries.lots_to_pick({line.level_id for line in lines})
    confused = _confused({line.level_id for line in lines})
    names = {order.id: order for order in orders}
    return {
        **_batch(row),
        "stops": bins_visited(
            [
                Stop(Demand(one.pick_order_id, one.order_line_id, one.level_id, 1), one.bin_id, 1)
                for one in lines
                if one.status is PickLineStatus.TODO
            ]
        ),
        "orders": [
            {
                **{name: getattr(order, name) for name in _ORDER_FIELDS},
                "pinned_notes": pinned.get(order.order_id, []),
                "totes": [_tote(tote) for tote in totes if tote.pick_order_id == order.id],
            }
            for order in orders
        ],
        "totes": [_tote(tote) for tote in totes if tote.pick_order_id is None],
        "lines": [
            {
                **{name: getattr(one, name) for name in _LINE_FIELDS},
                "order_position": names[one.pick_order_id].position,
                "lots": lots.get((one.level_id, one.bin_id), []),
                "confused_with": confused.get(one.level_id, []),
            }
            for one in lines
        ],
    }


_ORDER_FIELDS: Final = (
    *("order_id", "number", "position", "status", "customer_name", "customer_note"),
    *("promised_ship_at", "to_ship", "on_hold", "gift_message"),
)
_LINE_FIELDS: Final = (
    *("id", "order_id", "order_number", "level_id", "variant_id", "sku", "barcode", "title"),
    *("variant_title", "image_url", "bin_id", "bin_code", "bin_barcode", "zone", "quantity"),
    *("picked", "status", "pick_warning"),
)


def batches_where(condition: ColumnElement[bool]) -> list[dict[str, object]]:
    """Return the batches that meet a condition, the oldest first; at most 200."""
    rows = session.execute(_batches().where(condition).order_by(PickBatch.id).limit(_LONGEST_LIST))
    return [_batch(row) for row in rows]


def _tote(row: AnyRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in ("code", "barcode", "name", "colour")}


def batch_of_line(line_id: UUID) -> dict[str, object]:
    """Return the batch of a line."""
    return batch(
        session.execute(
            select(PickOrder.batch_id)
            .join(PickLine, PickLine.pick_order_id == PickOrder.id)
            .where(PickLine.id == line_id)
        ).scalar_one()
    )


def orders_of(batch_id: UUID) -> set[UUID]:
    """Return the rows of the orders of a batch."""
    return set(session.scalars(select(PickOrder.id).where(PickOrder.batch_id == batch_id)))


def orders_in_wave(wave_id: UUID) -> int:
    """Return how many orders the batches of a wave got."""
    return (
        session.scalar(
            select(func.count())
            .select_from(PickOrder)
            .join(PickBatch, PickBatch.id == PickOrder.batch_id)
            .where(PickBatch.wave_id == wave_id, PickOrder.status != PickOrderStatus.REMOVED)
        )
        or 0
    )


def bins_scanned(batch_id: UUID) -> list[UUID | None]:
    """Return the bins from which units were taken in a batch, in the order of the scans."""
    return list(
        session.scalars(
            select(PickLine.bin_id)
            .join(PickScan, PickScan.line_id == PickLine.id)
            .where(PickScan.batch_id == batch_id, PickScan.result == ScanResult.OK)
            .order_by(PickScan.id)
        )
    )


def order_ids_in(batch_id: UUID) -> list[UUID]:
    """Return the orders of a batch that are picked in it."""
    return list(
        session.scalars(
            select(PickOrder.order_id).where(
                PickOrder.batch_id == batch_id, PickOrder.status == PickOrderStatus.PICKING
            )
        )
    )


def order_ids_of(pick_order_ids: Sequence[UUID]) -> list[UUID]:
    """Return the orders of rows of batches."""
    return list(
        session.scalars(select(PickOrder.order_id).where(any_of(PickOrder.id, pick_order_ids)))
    )


def _batches() -> AnySelect:
    def count(*what: Any, where: ColumnElement[bool] | None = None) -> ScalarSelect[int]:
        return (
            select(*what)
            .select_from(PickLine)
            .join(PickOrder, PickOrder.id == PickLine.pick_order_id)
            .where(PickOrder.batch_id == PickBatch.id, true() if where is None else where)
            .correlate(PickBatch)
            .scalar_subquery()
        )

    needed = PickLine.status != PickLineStatus.REMOVED
    return (
        select(
            *(
                PickBatch.id,
                PickBatch.number,
                PickBatch.kind,
                PickBatch.status,
                PickBatch.location_id,
            ),
            *(PickBatch.created_at, PickBatch.created_by, PickBatch.picker, PickBatch.picker_id),
            *(PickBatch.claimed_until, PickBatch.started_at, PickBatch.finished_at),
            *(PickBatch.wave_id, PickWave.number.label("wave"), PickBatch.walk_length),
            Location.code.label("location_code"),
            select(func.count())
            .where(PickOrder.batch_id == PickBatch.id)
            .correlate(PickBatch)
            .scalar_subquery()
            .label("order_count"),
            count(func.count(), where=needed).label("line_count"),
            count(func.coalesce(func.sum(PickLine.quantity), 0), where=needed).label("unit_count"),
            count(func.coalesce(func.sum(PickLine.picked), 0)).label("picked_count"),
        )
        .join(Location, Location.id == PickBatch.location_id)
        .outerjoin(PickWave, PickWave.id == PickBatch.wave_id)
    )


def _batch(row: AnyRow) -> dict[str, object]:
    names = (
        *("id", "kind", "status", "location_id", "location_code", "created_at", "created_by"),
        *("picker", "claimed_until", "started_at", "finished_at", "order_count", "line_count"),
        "walk_length",
    )
    return {
        **{name: getattr(row, name) for name in names},
        "number": f"B-{row.number}",
        "wave": f"W-{row.wave}" if row.wave else None,
        "unit_count": int(row.unit_count),
        "picked_count": int(row.picked_count),
    }


def _confused(level_ids: set[UUID]) -> dict[UUID, list[str]]:
    """Return the SKUs that were scanned by mistake for these levels, the most frequent first."""
    since = clock.now() - timedelta(days=CONFUSED_DAYS)
    scanned = aliased(Variant)
    rows = session.execute(
        select(PickScan.level_id, scanned.sku)
        .join(scanned, scanned.id == PickScan.scanned_variant_id)
        .where(
            any_of(PickScan.level_id, level_ids),
            PickScan.scanned_variant_id.is_not(None),
            PickScan.created_at >= since,
        )
        .group_by(PickScan.level_id, scanned.sku)
        .order_by(func.count().desc(), scanned.sku)
    )
    found: dict[UUID, list[str]] = {}
    for row in rows:
        found.setdefault(row.level_id, []).append(row.sku)
    return found
