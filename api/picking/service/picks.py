"""Picks: units confirmed at a bin, lines skipped or short, and units put back."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, update

from api.catalog import codes
from api.catalog.queries import variant_lookup
from api.fulfilment import service as fulfilment_service
from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.inventory.errors import BinNotFound
from api.inventory.service import MAX_QUANTITY, BinKind
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.permissions import Permission
from api.kernel.principal import Principal
from api.orders import service as orders_service
from api.orders.service import Order
from api.picking import queries
from api.picking.errors import (
    LineNotOpen,
    NoOtherBin,
    NotABin,
    NothingToPutBack,
    PickLineNotFound,
    ToteNeeded,
)
from api.picking.models import PickLine, PickOrder, PickScan, PickTote
from api.picking.service.batches import check_claim, extend_claim, lock_batch, release_totes
from api.picking.states import BatchKind, PickLineStatus, PickOrderStatus, ScanResult
from api.picking.walk import Demand, Stop, plan
from api.platform import audit
from api.platform.auth import PermissionMissing
from api.platform.db import AnyRow, require_transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What a picker scanned at a bin, as the codes came; None for what was not scanned."""

    quantity: int
    bin: str | None = None
    item: str | None = None
    tote: str | None = None
    lot: str | None = None
    """Of what is kept in lots: the lot on the label, where `item` does not say it itself."""


@dataclass(frozen=True, slots=True)
class PickAnswer:
    """What a scan turned out to be, in words."""

    result: ScanResult
    message: str
    is_bin_empty: bool = False
    """The bin should have nothing of this item left: ask whether that is so."""


def pick(line_id: UUID, scan: Scan, *, by: Principal) -> PickAnswer:
    """Confirm units of a line: they leave the bin for the order's tote.

    A wrong bin, item, lot or tote, or too many units, changes nothing: it is recorded, and the
    answer says what was expected. Without a scanned item, where items must be scanned, the
    permission `fulfilment:override` is needed. Locks the order, the batch, then the levels of the
    variant.
    Raises `PickLineNotFound`, `InvalidState`, `OrderOnHold`, `ClaimNeeded`, `LineNotOpen`,
    `ToteNeeded`, `PermissionMissing` and `BinShort` when the bin has fewer units.
    """
    line, batch, order = _lock(line_id, by=by)
    orders_service.check_shippable(order)
    if line.status is not PickLineStatus.TODO:
        raise LineNotOpen(status=line.status.value)
    totes = _totes(batch, line)
    if batch.kind is BatchKind.TOTES and not totes:
        raise ToteNeeded(number=order.number)
    has_lot = _lot_of(scan) is not None
    first = inventory_queries.first_lot(line.level_id, line.bin_id) if has_lot else None
    answer, variant_id, units = _judge(line, scan, totes, first, by=by)
    _log(batch.id, line, answer.result, units, scan, variant_id, by=by)
    if answer.result is not ScanResult.OK:
        return answer
    tote = _chosen(totes, scan.tote)
    left = None
    if tote is not None:
        moved = inventory_service.move_units(
            line.level_id,
            units,
            source=line.bin_id,
            target=tote,
            lot_id=first[0] if first is not None else None,
            by=by,
        )
        left = moved.left
    orders_service.start_picking(order)
    done = line.picked + units == line.quantity
    _update(
        line_id,
        picked=line.picked + units,
        status=PickLineStatus.PICKED if done else PickLineStatus.TODO,
        picked_at=clock.now() if done else None,
    )
    extend_claim(batch.id)
    return PickAnswer(
        ScanResult.OK,
        f"{line.picked + units} of {line.quantity} {line.sku}",
        is_bin_empty=line.bin_id is not None and left == 0,
    )


def skip_line(line_id: UUID, *, by: Principal) -> None:
    """Move a line to the end of the walk. Raises what `pick` raises for the line and batch."""
    line, batch, _ = _lock(line_id, by=by)
    if line.status is not PickLineStatus.TODO:
        raise LineNotOpen(status=line.status.value)
    last = require_transaction().scalar(
        select(func.max(PickLine.walk))
        .join(PickOrder, PickOrder.id == PickLine.pick_order_id)
        .where(PickOrder.batch_id == batch.id)
    )
    _update(line_id, walk=(last or 0) + 1)
    audit.record("pick_line.skipped", by=by, subject_id=line.order_id, sku=line.sku)
    extend_claim(batch.id)


def report_short(line_id: UUID, *, other_bin: bool, by: Principal) -> int:
    """Record that the rest of a line is not in its bin; returns how many units are missing.

    With `other_bin` the rest is planned from other bins of the location; else it stays open on the
    order, and comes into the queue again once the order is not in this batch. The figures of the
    stock stay as they are: the caller starts a count. Locks the batch. Raises what `pick` raises
    for the line and batch, and `NoOtherBin`.
    """
    line, batch, _ = _lock(line_id, by=by)
    if line.status is not PickLineStatus.TODO:
        raise LineNotOpen(status=line.status.value)
    missing: int = line.quantity - line.picked
    _update(line_id, status=PickLineStatus.SHORT, picked_at=clock.now())
    if other_bin:
        _replan(line, missing)
    audit.record("pick_line.short", by=by, subject_id=line.order_id, sku=line.sku, units=missing)
    extend_claim(batch.id)
    return missing


def put_back(line_id: UUID, quantity: int, *, code: str | None, by: Principal) -> None:
    """Put picked units of an order that was cancelled or given back into a bin again.

    Without a code they go back to the bin that they came from. Units that were picked without a
    tote never left that bin on record. The tote is free once it is empty of the order's units.
    Locks the levels of the variant. Raises `PickLineNotFound`, `NothingToPutBack`, `BinNotFound`
    for a code of no bin, `NotABin` for a tote, and what a move between bins raises.
    """
    line = queries.line(line_id, is_locked=True)
    if line is None or not by.works_at(line.location_id):
        raise PickLineNotFound
    left = line.picked - line.put_back
    if line.order_status is not PickOrderStatus.REMOVED or quantity > left:
        raise NothingToPutBack
    target = line.bin_id
    if code is not None:
        found = inventory_queries.bin_by_label(code.strip())
        if found is None:
            raise BinNotFound(bin=code)
        if found["kind"] is BinKind.TOTE:
            raise NotABin(scanned=found["code"])
        target = found["id"]
    totes = queries.totes_holding(line.pick_order_id, line.level_id)
    moving = quantity
    for tote_id, units in totes:
        step = min(moving, units)
        if step:
            inventory_service.move_units(line.level_id, step, source=tote_id, target=target, by=by)
            moving -= step
    if moving and target != line.bin_id:
        inventory_service.move_units(
            line.level_id, moving, source=line.bin_id, target=target, by=by
        )
    _update(line_id, put_back=line.put_back + quantity)
    require_transaction().flush()
    if not queries.units_to_put_back(line.pick_order_id):
        release_totes(PickTote.pick_order_id == line.pick_order_id)


def _lock(line_id: UUID, *, by: Principal) -> tuple[AnyRow, AnyRow, Order]:
    """Lock a line's order, its batch and the line itself, in this order."""
    found = queries.line(line_id)
    if found is None:
        raise PickLineNotFound
    order = orders_service.lock(found.order_id)
    batch, _ = lock_batch(found.batch_id, "pick", by=by)
    check_claim(batch, by)
    line = queries.line(line_id)
    if line is None:
        raise PickLineNotFound
    return line, batch, order


def _judge(
    line: AnyRow,
    scan: Scan,
    totes: Sequence[AnyRow],
    first: tuple[UUID, str, int] | None,
    *,
    by: Principal,
) -> tuple[PickAnswer, UUID | None, int]:
    """Compare a scan with its line; returns the variant scanned instead, and the units."""
    if scan.bin is not None and scan.bin.strip().upper() != (line.bin_barcode or ""):
        place = f"go to {line.bin_code}" if line.bin_code else f"{line.sku} lies in no bin"
        message = f"Wrong bin: {place}."
        return PickAnswer(ScanResult.WRONG_BIN, message), None, scan.quantity
    units, variant_id = scan.quantity, None
    if scan.item is not None:
        found = variant_lookup.find_variant(scan.item)
        if found is None:
            message = f"{scan.item.strip()[:60]} is unknown. Expected {line.sku}."
            return PickAnswer(ScanResult.UNKNOWN, message), None, units
        variant_id, units = found.variant_id, scan.quantity * found.pack_quantity
        if variant_id != line.variant_id:
            other = queries.line_that_needs(line.batch_id, variant_id)
            belongs = f" It belongs to order {other}." if other else " Put it back."
            message = f"Wrong item: {found.sku} instead of {line.sku}.{belongs}"
            return PickAnswer(ScanResult.WRONG_ITEM, message), variant_id, units
    else:
        _check_unscanned(line, by)
    if (refused := _judge_lot(line, scan, units, first)) is not None:
        return refused, None, units
    left = line.quantity - line.picked
    if units > left:
        message = f"{units - left} too many: {left} of {line.sku} are needed."
        return PickAnswer(ScanResult.TOO_MANY, message), None, units
    if scan.tote is not None and _chosen(totes, scan.tote) is None:
        names = ", ".join(tote.code for tote in totes) or "no tote"
        message = f"Wrong tote: order {line.order_number} has {names}."
        return PickAnswer(ScanResult.WRONG_TOTE, message), None, units
    return PickAnswer(ScanResult.OK, ""), None, units


def _judge_lot(
    line: AnyRow, scan: Scan, units: int, first: tuple[UUID, str, int] | None
) -> PickAnswer | None:
    """Refuse another lot than the one that is sold first, and more units than it has."""
    lot = _lot_of(scan)
    if lot is None or first is None:
        return None
    _, code, present = first
    if lot != code:
        message = f"Wrong lot: {lot[:20]} of {line.sku}. Take {code}, which is sold first."
        return PickAnswer(ScanResult.WRONG_LOT, message)
    if units > present:
        message = f"{units - present} too many: lot {code} has {present} here. Then take the next."
        return PickAnswer(ScanResult.TOO_MANY, message)
    return None


def _lot_of(scan: Scan) -> str | None:
    """Return the lot that was scanned, by itself or in the code of the item."""
    lot = scan.lot or (codes.read(scan.item).lot if scan.item else None)
    return lot.strip().upper() if lot else None


def _check_unscanned(line: AnyRow, by: Principal) -> None:
    if not by.may(Permission.FULFILMENT_OVERRIDE) and fulfilment_service.must_scan(line.variant_id):
        raise PermissionMissing(permission=Permission.FULFILMENT_OVERRIDE)


def _totes(batch: AnyRow, line: AnyRow) -> Sequence[AnyRow]:
    of_order = None if batch.kind is BatchKind.SINGLE_ITEM else line.pick_order_id
    return queries.totes_of(batch.id, of_order, is_locked=True)


def _chosen(totes: Sequence[AnyRow], code: str | None) -> UUID | None:
    """Return the tote with a barcode; without one the last that was assigned."""
    for tote in reversed(totes):
        if code is None or tote.barcode == code.strip().upper():
            return UUID(str(tote.bin_id))
    return None


def _log(
    batch_id: UUID,
    line: AnyRow,
    result: ScanResult,
    units: int,
    scan: Scan,
    variant_id: UUID | None,
    *,
    by: Principal,
) -> None:
    require_transaction().add(
        PickScan(
            id=new_id(),
            batch_id=batch_id,
            line_id=line.id,
            level_id=line.level_id,
            result=result,
            units=min(units, MAX_QUANTITY),  # a case, scanned absurdly often
            is_scanned=scan.item is not None,
            scanned_variant_id=variant_id,
            actor=by.label[:120],
            actor_id=by.id,
        )
    )


def add_new_lines(line: AnyRow) -> int:
    """Pick what the order got allocated here since its batch was planned; returns how many units.

    It comes at the place of `line` in the walk.
    """
    session = require_transaction()
    known = set(
        session.scalars(
            select(PickLine.order_line_id).where(PickLine.pick_order_id == line.pick_order_id)
        )
    )
    needed = [
        one
        for one in queries.demands({line.order_id: line.pick_order_id}, line.location_id)
        if one.order_line_id not in known
    ]
    _add_lines(line, plan(needed, queries.sources_of(needed)))
    return sum(one.quantity for one in needed)


def _replan(line: AnyRow, missing: int) -> None:
    demand = Demand(line.pick_order_id, line.order_line_id, line.level_id, missing)
    other = [
        source
        for source in queries.sources_of_levels([line.level_id])
        if source.bin_id != line.bin_id and source.bin_id is not None
    ]
    stops = plan([demand], other)
    if any(stop.bin_id is None for stop in stops):
        raise NoOtherBin(missing=missing, sku=line.sku)
    _add_lines(line, stops)


def _add_lines(line: AnyRow, stops: Sequence[Stop]) -> None:
    session = require_transaction()
    for stop in stops:
        session.add(
            PickLine(
                id=new_id(),
                pick_order_id=line.pick_order_id,
                order_line_id=stop.demand.order_line_id,
                level_id=stop.demand.level_id,
                bin_id=stop.bin_id,
                walk=line.walk,
                quantity=stop.quantity,
                status=PickLineStatus.TODO,
            )
        )
    session.flush()


def _update(line_id: UUID, **values: object) -> None:
    require_transaction().execute(
        update(PickLine)
        .where(PickLine.id == line_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
