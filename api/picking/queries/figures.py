"""Each day's picking in figures."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from api.picking.models import PickBatch, PickLine, PickOrder, PickScan
from api.picking.states import (
    PickLineStatus,
    ScanResult,
)
from api.platform.bulk_sql import any_of
from api.platform.db import session
from api.platform.settings import current_settings


def figures(first: date, last: date, *, at: frozenset[UUID] | None = None) -> list[dict[str, Any]]:
    """Return each day's work of all pickers together: lines, units, mistakes and lines an hour.

    Days are those of the shop's time zone.
    Hours are the sums from the start to the end of the batches that ended that day. Walks are in
    bins passed: what the scans tell, and what it would have been were each order walked alone.
    """
    day = func.date(func.timezone(current_settings().time_zone, PickBatch.finished_at))
    in_period = [
        PickBatch.finished_at.is_not(None),
        day >= first,
        day <= last,
        *([] if at is None else [any_of(PickBatch.location_id, at)]),
    ]
    of_lines = (
        select(
            day.label("day"),
            func.count().filter(PickLine.picked > 0).label("lines"),
            func.coalesce(func.sum(PickLine.picked), 0).label("units"),
            func.count().filter(PickLine.status == PickLineStatus.SHORT).label("short"),
        )
        .join(PickOrder, PickOrder.batch_id == PickBatch.id)
        .join(PickLine, PickLine.pick_order_id == PickOrder.id)
        .where(*in_period)
        .group_by(day)
    )
    rows = {row.day: dict(row._mapping) for row in session.execute(of_lines)}
    of_batches = (
        select(
            day.label("day"),
            func.count().label("batches"),
            func.coalesce(
                func.sum(func.extract("epoch", PickBatch.finished_at - PickBatch.started_at)), 0
            ).label("seconds"),
            func.coalesce(func.sum(PickBatch.walked), 0).label("walked"),
            func.coalesce(func.sum(PickBatch.walk_length_alone), 0).label("walk_length_alone"),
        )
        .where(*in_period)
        .group_by(day)
    )
    of_scans = (
        select(day.label("day"), func.count().label("wrong_scans"))
        .join(PickScan, PickScan.batch_id == PickBatch.id)
        .where(*in_period, PickScan.result != ScanResult.OK)
        .group_by(day)
    )
    for statement in (of_batches, of_scans):
        for row in session.execute(statement):
            rows.setdefault(row.day, {"day": row.day}).update(row._mapping)
    return [_figure(rows[one]) for one in sorted(rows)]


def _figure(found: Mapping[str, Any]) -> dict[str, object]:
    names = (*("batches", "lines", "units", "short", "wrong_scans", "walked", "walk_length_alone"),)
    hours = float(found.get("seconds") or 0) / 3600
    lines = found.get("lines", 0)
    return {
        "day": found["day"],
        **{name: int(found.get(name, 0)) for name in names},
        "hours": round(hours, 2),
        "lines_an_hour": round(lines / hours, 1) if hours else None,
    }
