"""Transfers between locations: packed, shipped, received, and what went missing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.inventory.errors import BinNotFound
from api.inventory.service import MovementKind, StockChange
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Limit, Principal
from api.platform import audit
from api.platform.db import lock_entity, require_transaction
from api.platform.settings import current_settings
from api.purchasing import queries
from api.purchasing.errors import (
    DamagedExceedsQuantity,
    DifferenceUnexplained,
    NotInTransfer,
    RestUndecided,
    TransferEmpty,
    TransferExcessAboveLimit,
    TransferGoesNowhere,
    TransferLossAboveLimit,
    TransferNotFound,
    TransferReceiptNotUndoable,
)
from api.purchasing.models import Transfer, TransferLine
from api.purchasing.service import locations
from api.purchasing.service.receipts import UNDO_FOR
from api.purchasing.service.received_lines import find_received
from api.purchasing.service.transfer_receipts import as_json, reversed_changes
from api.purchasing.states import (
    ON_THE_WAY,
    TRANSFER,
    RestOfTransfer,
    TransferReason,
    TransferStatus,
)


def create_transfer(
    *,
    from_location_id: UUID | None = None,
    from_location: str | None = None,
    to_location_id: UUID | None = None,
    to_location: str | None = None,
    lines: Sequence[Mapping[str, Any]],
    note: str | None = None,
    by: Principal,
) -> UUID:
    """Draft a transfer; returns its id. The locations are named by id or code.

    Raises `LocationNotFound`, `TransferGoesNowhere`, and what `set_transfer_line` raises.
    """
    source = locations.find(from_location_id, from_location)
    target = locations.find(to_location_id, to_location)
    if source == target:
        raise TransferGoesNowhere(location=inventory_queries.location(source)["code"])
    locations.check_one(by, source, target)
    session = require_transaction()
    transfer = Transfer(
        id=new_id(),
        from_location_id=source,
        to_location_id=target,
        status=TransferStatus.DRAFT,
        note=note,
        version=1,
        created_by=by.label,
    )
    session.add(transfer)
    session.flush()  # the lines refer to it
    for line in lines:
        _put_line(transfer, **line)
    audit.record("transfer.created", by=by, subject_id=transfer.id, number=transfer.number)
    return transfer.id


def set_transfer_line(transfer_id: UUID, *, by: Principal, **line: Any) -> None:
    """Set how much of a variant a draft moves; 0 takes it out.

    Locks the transfer. Raises `TransferNotFound`, `InvalidState`, `ReceivedCodeUnknown` and
    `CaseQuantityUnknown`.
    """
    transfer = _lock(transfer_id, by)
    TRANSFER.next(transfer.status, "edit")
    _put_line(transfer, **line)
    transfer.version += 1
    audit.record("transfer.line_set", by=by, subject_id=transfer_id, **line)


def mark_ready(transfer_id: UUID, *, by: Principal) -> None:
    """Say that a draft is packed. Raises `TransferNotFound`, `InvalidState`, `TransferEmpty`."""
    transfer = _lock(transfer_id, by)
    status = TRANSFER.next(transfer.status, "mark_ready")
    if not _lines(transfer):
        raise TransferEmpty
    _move(transfer, status, by=by)


def reopen_transfer(transfer_id: UUID, *, by: Principal) -> None:
    """Make a transfer that is ready a draft again. Raises `TransferNotFound`, `InvalidState`."""
    transfer = _lock(transfer_id, by)
    _move(transfer, TRANSFER.next(transfer.status, "reopen"), by=by)


def ship_transfer(transfer_id: UUID, *, by: Principal) -> None:
    """Take the units of a transfer out of where they are; from now on they are incoming.

    Locks the transfer, then the levels. Raises `TransferNotFound`, `InvalidState`, and
    `InsufficientStock` when orders or reservations need units of it, or they are not there. The
    lots that expire first leave; raises `LotsNotSellable` when too few are good.
    """
    transfer = _lock(transfer_id, by)
    status = TRANSFER.next(transfer.status, "ship")
    lines = _lines(transfer)
    costs = inventory_queries.average_costs(
        [line.variant_id for line in lines], transfer.from_location_id
    )
    inventory_service.change_stock(
        [_change(transfer.from_location_id, line.variant_id, -line.quantity) for line in lines],
        kind=MovementKind.TRANSFERRED,
        reason="shipped",
        reference=number_of(transfer),
        by=by,
    )
    for line in lines:
        line.shipped, line.unit_cost = line.quantity, costs.get(line.variant_id)
    transfer.shipped_at = clock.now()
    _move(transfer, status, by=by)


def receive_transfer(
    transfer_id: UUID, lines: Sequence[Mapping[str, Any]], *, by: Principal
) -> None:
    """Put units of a transfer that came into the stock there, at what they were worth.

    Once all came it is received; more than was shipped waits for `close_transfer` with a reason.
    Locks the transfer, then the levels. Raises `TransferNotFound`, `InvalidState`,
    `NotInTransfer`, `DamagedExceedsQuantity`, what `find_received` raises, what is wrong with
    a bin, and `TransferExcessAboveLimit` when more come beyond what was shipped than `by` may add
    alone. Units come with the lots that left; more than left come without.
    """
    transfer = _lock(transfer_id, by)
    TRANSFER.next(transfer.status, "receive")
    by_variant = {line.variant_id: line for line in _lines(transfer)}
    lots = inventory_service.LotsOnTheirWay(number_of(transfer))
    changes, excess = [], Counter[UUID]()
    for one in lines:
        variant, pack = find_received(one["code"])
        line, units = by_variant.get(variant.variant_id), one["quantity"] * pack
        if line is None:
            raise NotInTransfer(sku=variant.sku)
        if one["damaged"] > units:
            raise DamagedExceedsQuantity(sku=variant.sku, damaged=one["damaged"], units=units)
        excess[line.variant_id] += min(units, max(0, line.received + units - line.shipped))
        line.received += units
        changes.append(
            _change(
                transfer.to_location_id,
                line.variant_id,
                units,
                damaged=one["damaged"],
                lots=lots.take(line.variant_id, units),
                bin_id=_bin(one.get("bin")),
                unit_cost=line.unit_cost,
            )
        )
    units = _above_limit(excess, by_variant, by=by)
    if units:
        raise TransferExcessAboveLimit(units=units)
    _put_in(transfer, changes, reason="received", by=by)
    transfer.received_at, transfer.last_receipt = clock.now(), as_json(changes)
    if all(line.received == line.shipped for line in by_variant.values()):
        transfer.ended_at = clock.now()
        _move(transfer, TransferStatus.RECEIVED, by=by)
    else:
        _move(transfer, TransferStatus.PARTIALLY_RECEIVED, by=by)


def undo_transfer_receipt(transfer_id: UUID, *, by: Principal) -> None:
    """Take what came last of a transfer out of the stock again: it is on its way as before.

    For ten minutes, once, and not after the transfer was ended by somebody. Locks the transfer,
    then the levels. Raises `TransferNotFound`, `InvalidState`, `TransferReceiptNotUndoable`, and
    `InsufficientStock`, `BinShort`, `LotShort` or `StateShort` when units of it are needed or have
    gone elsewhere.
    """
    transfer = _lock(transfer_id, by)
    TRANSFER.next(transfer.status, "undo_receipt")
    at = transfer.received_at
    if transfer.last_receipt is None or at is None or clock.now() - at > UNDO_FOR:
        raise TransferReceiptNotUndoable(number=number_of(transfer))
    lines = _lines(transfer)
    costs = {line.variant_id: line.unit_cost for line in lines}
    changes = reversed_changes(transfer.last_receipt, transfer.to_location_id, costs)
    _put_in(transfer, changes, reason="receipt_undone", by=by)
    gone: dict[UUID, int] = {}
    for change in changes:
        gone[change.variant_id] = gone.get(change.variant_id, 0) - change.quantity
    for line in lines:
        line.received -= gone.get(line.variant_id, 0)
    transfer.last_receipt, transfer.ended_at = None, None
    some_came = any(line.received for line in lines)
    status = TransferStatus.PARTIALLY_RECEIVED if some_came else TransferStatus.IN_TRANSIT
    _move(transfer, status, by=by, undone=sum(gone.values()))


def close_transfer(
    transfer_id: UUID, reasons: Mapping[str, TransferReason], *, by: Principal
) -> None:
    """End a transfer of which other units came than were shipped, with a reason for each.

    `reasons` are by SKU. What did not come is written off. Locks the transfer. Raises
    `TransferNotFound`, `InvalidState`, `DifferenceUnexplained` and `TransferLossAboveLimit`.
    """
    transfer = _lock(transfer_id, by)
    status = TRANSFER.next(transfer.status, "close")
    differing = [line for line in _lines(transfer) if line.received != line.shipped]
    unexplained = [line.sku for line in differing if line.sku not in reasons]
    if unexplained:
        raise DifferenceUnexplained(skus=", ".join(unexplained), lines=unexplained)
    _write_off(differing, reasons, by=by)
    transfer.last_receipt = None
    transfer.ended_at = clock.now()
    lost = {line.sku: line.written_off for line in differing}
    _move(transfer, status, by=by, written_off=lost)


def cancel_transfer(
    transfer_id: UUID, *, reason: str, rest: RestOfTransfer | None, by: Principal
) -> None:
    """Cancel a transfer; of one on its way, `rest` says what becomes of the units.

    They go back into the stock where they came from, or are written off. What came already stays
    there, and the transfer is then received. Locks the transfer, then the levels. Raises
    `TransferNotFound`, `InvalidState`, `RestUndecided` and `TransferLossAboveLimit`.
    """
    transfer = _lock(transfer_id, by)
    status = TRANSFER.next(transfer.status, "cancel")
    lines = _lines(transfer) if transfer.status in ON_THE_WAY else []
    open_lines = [line for line in lines if line.received < line.shipped]
    if open_lines and rest is None:
        raise RestUndecided(
            units=sum(line.shipped - line.received for line in open_lines),
            location=inventory_queries.location(transfer.from_location_id)["code"],
        )
    if rest is RestOfTransfer.RESTOCK:
        lots = inventory_service.LotsOnTheirWay(number_of(transfer))
        for line in open_lines:
            line.restocked = line.shipped - line.received
        _put_in(
            transfer,
            [
                _change(
                    transfer.from_location_id, line.variant_id, line.restocked,
                    lots=lots.take(line.variant_id, line.restocked), unit_cost=line.unit_cost,
                )
                for line in open_lines
            ],
            reason="transfer_cancelled",
            by=by,
        )  # fmt: skip
    transfer.last_receipt = None
    rest_reasons = {line.sku: TransferReason.OTHER for line in lines}
    differing = [one for one in lines if one.received + one.restocked != one.shipped]
    _write_off(differing, rest_reasons, by=by)
    transfer.ended_at = clock.now()
    _move(transfer, status, by=by, reason=reason, rest=rest)


def _above_limit(
    units: Mapping[UUID, int], lines: Mapping[UUID, TransferLine], *, by: Principal
) -> int:
    """Return how many units come or go as by an adjustment, if above a limit of `by`; else 0."""
    value = 0
    for variant_id, count in units.items() if by.limits else ():
        cost = lines[variant_id].unit_cost
        if cost is None:
            currency = current_settings().currency
            _, cost = inventory_queries.sku_and_price(variant_id, currency)
        value += count * (cost or 0)
    total = sum(units.values())
    measures: dict[str, int] = {Limit.ADJUST_MAX_UNITS: total, Limit.ADJUST_MAX_VALUE: value}
    return total if by.exceeded(measures) else 0


def number_of(transfer: Transfer) -> str:
    """Return the number of a transfer as it stands on its label."""
    return f"{queries.TRANSFER_PREFIX}{transfer.number}"


def _write_off(
    lines: Sequence[TransferLine], reasons: Mapping[str, TransferReason], *, by: Principal
) -> None:
    for line in lines:
        line.written_off = line.shipped - line.received - line.restocked
        line.reason = reasons[line.sku]
    lost = {line.variant_id: max(0, line.written_off) for line in lines}
    units = _above_limit(lost, {line.variant_id: line for line in lines}, by=by)
    if units:
        raise TransferLossAboveLimit(units=units)


def _put_in(
    transfer: Transfer, changes: Sequence[StockChange], *, reason: str, by: Principal
) -> None:
    inventory_service.change_stock(
        changes,
        kind=MovementKind.TRANSFERRED,
        reason=reason,
        reference=number_of(transfer),
        by=by,
    )


def _lock(transfer_id: UUID, by: Principal) -> Transfer:
    transfer = lock_entity(Transfer, transfer_id, TransferNotFound())
    locations.check_one(by, transfer.from_location_id, transfer.to_location_id)
    return transfer


def _lines(transfer: Transfer) -> list[TransferLine]:
    return list(
        require_transaction().scalars(
            select(TransferLine)
            .where(TransferLine.transfer_id == transfer.id)
            .order_by(TransferLine.position, TransferLine.id)
            .execution_options(populate_existing=True)
        )
    )


def _move(transfer: Transfer, status: str, *, by: Principal, **told: object) -> None:
    transfer.status = TransferStatus(status)
    transfer.version += 1
    audit.record(
        f"transfer.{status}", by=by, subject_id=transfer.id, number=transfer.number, **told
    )


def _put_line(transfer: Transfer, *, code: str, quantity: int) -> None:
    session = require_transaction()
    variant, pack = find_received(code)
    of_variant = (
        TransferLine.transfer_id == transfer.id,
        TransferLine.variant_id == variant.variant_id,
    )
    if quantity == 0:
        session.execute(delete(TransferLine).where(*of_variant))
        return
    last = session.scalar(
        select(func.max(TransferLine.position)).where(TransferLine.transfer_id == transfer.id)
    )
    session.execute(
        insert(TransferLine)
        .values(
            id=new_id(),
            transfer_id=transfer.id,
            position=(last or 0) + 1,
            variant_id=variant.variant_id,
            sku=variant.sku,
            title=", ".join(filter(None, (variant.product_title, variant.variant_title))),
            quantity=quantity * pack,
            shipped=0,
            received=0,
            restocked=0,
            written_off=0,
        )
        .on_conflict_do_update(
            constraint="uq_transfer_lines_variant", set_={"quantity": quantity * pack}
        )
    )


def _change(location_id: UUID, variant_id: UUID, quantity: int, **more: Any) -> StockChange:
    return StockChange(variant_id=variant_id, location_id=location_id, quantity=quantity, **more)


def _bin(barcode: str | None) -> UUID | None:
    if barcode is None:
        return None
    found = inventory_queries.bin_by_barcode(barcode)
    if found is None:
        raise BinNotFound(f"No bin has the barcode {barcode}.", scanned=barcode)
    bin_id: UUID = found["id"]
    return bin_id
