"""Waves: what a release would come to, those that were released, and how far they are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Unpack
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, func, select

from api.inventory.models import Bin, Location
from api.kernel import clock
from api.picking.errors import WaveNotFound
from api.picking.models import PickBatch, PickLine, PickOrder, PickWave
from api.picking.queries.batches import batches_where
from api.picking.queries.queue import (
    PICKED_FROM,
    BatchRequest,
    demands,
    next_orders,
    seconds_a_line,
    sources_of,
)
from api.picking.states import OPEN_BATCH
from api.picking.walk import Demand, Stop, bins_visited, group, plan, walk_length
from api.platform import pagination
from api.platform.bulk_sql import any_of
from api.platform.db import AnyRow, AnySelect, session
from api.platform.pagination import PageQuery, Sort

_NEWEST_FIRST: Final = Sort((PickWave.id,), descending=True)
_LONGEST_LIST: Final = 200


@dataclass(frozen=True, slots=True)
class Work:
    """The work of some stops. Walks are counted in bins passed, from the start and back to it."""

    line_count: int = 0
    unit_count: int = 0
    stops: int = 0
    walk_length: int = 0
    walk_length_alone: int = 0
    """What the walk would be were each order walked alone."""
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class BatchEstimate(Work):
    """The work of one batch of a wave that is not released."""

    order_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveEstimate(Work):
    """What the release of a wave would come to."""

    order_count: int
    late_count: int
    next_cut_off: datetime | None
    is_measured: bool
    """Whether the seconds a line takes were measured here in the last 30 days; else 30."""
    batches: list[BatchEstimate]


class BinPlaces:
    """The bins of a location and how long a line takes there, read once for many walks."""

    def __init__(self, location_id: UUID) -> None:
        self.location_id = location_id
        self.seconds_a_line, self.is_measured = seconds_a_line(location_id)
        rows = session.execute(
            select(Bin.id, Bin.zone, Bin.pick_sequence, Bin.code).where(
                Bin.location_id == location_id, Bin.is_active, Bin.kind.in_(tuple(PICKED_FROM))
            )
        )
        by_path = sorted(rows, key=lambda row: (row.zone, row.pick_sequence, row.code))
        self.numbers = {row.id: place for place, row in enumerate(by_path, start=1)}

    def work(self, stops: Sequence[Stop]) -> Work:
        """Return the work of the stops of a batch, in the order of the walk."""
        alone: dict[UUID, list[UUID | None]] = {}
        for stop in stops:
            alone.setdefault(stop.demand.pick_order_id, []).append(stop.bin_id)
        return Work(
            line_count=len(stops),
            unit_count=sum(stop.quantity for stop in stops),
            stops=bins_visited(stops),
            walk_length=self.length(stop.bin_id for stop in stops),
            walk_length_alone=sum(map(self.length, alone.values())),
            seconds=round(self.seconds_a_line * len(stops)),
        )

    def length(self, bin_ids: Iterable[UUID | None]) -> int:
        """Return how many bins are passed on the way to these in turn and back to the start."""
        return walk_length([self.numbers[one] for one in bin_ids if one in self.numbers])

    def grouped(self, demanded: Sequence[Demand], size: int) -> list[list[UUID]]:
        """Divide orders, by what they need, into batches of a size with short walks."""
        reach: dict[UUID, frozenset[int]] = {}
        for stop in plan(demanded, sources_of(demanded)):
            place = self.numbers.get(stop.bin_id) if stop.bin_id else None
            before = reach.get(stop.demand.pick_order_id, frozenset())
            reach[stop.demand.pick_order_id] = before | ({place} if place else set())
        turn = dict.fromkeys(one.pick_order_id for one in demanded)
        return group({one: reach[one] for one in turn}, size)


def sum_of(works: Sequence[Work]) -> Work:
    """Return the work of several batches together."""
    return Work(*map(sum, zip(*map(_figures, works), strict=True)))


def preview_wave(request: BatchRequest, size: int) -> WaveEstimate:
    """Return what a wave in batches of `size` orders would come to; locks nothing.

    Others may take orders before it is released: the release answers with what it got.
    """
    rows = session.execute(next_orders(request, is_locked=False)).all()
    places = BinPlaces(request.location_id)
    demanded = demands({row.id: row.id for row in rows}, request.location_id)
    left = sources_of(demanded)
    batches = []
    for order_ids in places.grouped(demanded, size):
        chosen = set(order_ids)
        stops = plan([one for one in demanded if one.pick_order_id in chosen], left)
        batches.append(BatchEstimate(*_figures(places.work(stops)), order_count=len(chosen)))
    now = clock.now()
    promises = [row.promised_ship_at for row in rows if row.promised_ship_at is not None]
    return WaveEstimate(
        *_figures(sum_of(batches)),
        order_count=sum(one.order_count for one in batches),
        late_count=sum(one < now for one in promises),
        next_cut_off=min((one for one in promises if one >= now), default=None),
        is_measured=places.is_measured,
        batches=batches,
    )


def waves(*, at: frozenset[UUID] | None = None, **asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of waves, the newest first."""
    statement = _waves()
    if at is not None:
        statement = statement.where(any_of(PickWave.location_id, at))
    return pagination.page_response(
        statement, _NEWEST_FIRST, _wave, filters=(at and sorted(at),), **asked
    )


def wave(wave_id: UUID, *, at: frozenset[UUID] | None = None) -> dict[str, object]:
    """Return a wave with its batches. Raises `WaveNotFound`."""
    row = session.execute(_waves().where(PickWave.id == wave_id)).one_or_none()
    if row is None or (at is not None and row.location_id not in at):
        raise WaveNotFound(wave_id=wave_id)
    return {**_wave(row), "batches": batches_where(PickBatch.wave_id == wave_id)}


def _figures(work: Work) -> tuple[int, int, int, int, int, int]:
    return (
        *(work.line_count, work.unit_count, work.stops),
        *(work.walk_length, work.walk_length_alone, work.seconds),
    )


_WAVE_FIELDS: Final = (
    *("id", "kind", "location_id", "location_code", "created_at", "created_by", "carrier", "zone"),
    *("promised_before", "max_units", "order_count", "line_count", "unit_count", "stops"),
    *("walk_length", "walk_length_alone", "seconds", "batch_count", "open_count", "picked_count"),
)


def _wave(row: AnyRow) -> dict[str, object]:
    status = "done"
    if row.open_count:
        status = "in_progress" if row.started_count else "released"
    return {
        **{name: getattr(row, name) for name in _WAVE_FIELDS},
        "number": f"W-{row.number}",
        "status": status,
    }


def _waves() -> AnySelect:
    def batches(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
        return (
            select(func.count())
            .where(PickBatch.wave_id == PickWave.id, *conditions)
            .correlate(PickWave)
            .scalar_subquery()
        )

    picked = (
        select(func.coalesce(func.sum(PickLine.picked), 0))
        .join(PickOrder, PickOrder.id == PickLine.pick_order_id)
        .join(PickBatch, PickBatch.id == PickOrder.batch_id)
        .where(PickBatch.wave_id == PickWave.id)
        .correlate(PickWave)
        .scalar_subquery()
    )
    return select(
        *PickWave.__table__.c,
        Location.code.label("location_code"),
        batches().label("batch_count"),
        batches(PickBatch.status.in_(OPEN_BATCH)).label("open_count"),
        batches(PickBatch.started_at.is_not(None)).label("started_count"),
        picked.label("picked_count"),
    ).join(Location, Location.id == PickWave.location_id)
