"""Units of a parcel: each is verified by a scan, and a wrong scan blocks until it is put right."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import update

from api.catalog.queries import variant_lookup
from api.fulfilment import service as fulfilment_service
from api.inventory.service import MAX_QUANTITY
from api.kernel.ids import new_id
from api.kernel.permissions import Permission
from api.kernel.principal import Principal
from api.packing import queries
from api.packing.errors import BoxTypeNotFound, PackingLineNotFound, TooManyUnits
from api.packing.models import PackingLine, PackScan
from api.packing.service.sessions import lock_alone, update_session
from api.packing.states import PackScanResult
from api.platform import audit
from api.platform.auth import PermissionMissing
from api.platform.db import AnyRow, require_transaction


@dataclass(frozen=True, slots=True)
class ScanAnswer:
    """What a scan turned out to be, in words."""

    result: PackScanResult
    message: str


def scan(session_id: UUID, code: str, quantity: int, *, by: Principal) -> ScanAnswer:
    """Verify units by a scanned code, or choose the box by its label.

    A case counts as the units in it. A wrong or unknown item, or too many units, changes nothing
    but is on record and blocks the parcel until the next right scan or `put_right`. Locks the
    session. Raises `SessionNotFound`, `InvalidState` and `SessionClaimNeeded`.
    """
    row = lock_alone(session_id, "scan", by=by)
    box = queries.find_box(code)
    if box is not None:
        return _box(row, box, code, by=by)
    found = variant_lookup.find_variant(code)
    if found is None:
        message = f"{code.strip()[:60]} is unknown. Put it aside."
        return _wrong(row, PackScanResult.UNKNOWN, message, code, quantity, None, by=by)
    units = quantity * found.pack_quantity
    lines = queries.lines_of_variant(session_id, found.variant_id)
    if not lines:
        message = f"Wrong item: {found.sku} is not in this order. Put it aside."
        return _wrong(row, PackScanResult.WRONG_ITEM, message, code, units, found.variant_id, by=by)
    left = sum(line.quantity - line.verified for line in lines)
    if units > left:
        message = f"{units - left} too many: {left} of {found.sku} are needed. Put them aside."
        return _wrong(row, PackScanResult.TOO_MANY, message, code, units, found.variant_id, by=by)
    _verify(lines, units)
    update_session(session_id, blocked_by=None)
    _log(row, PackScanResult.OK, code, units, found.variant_id, by=by)
    total = sum(line.quantity for line in lines)
    return ScanAnswer(PackScanResult.OK, f"{total - left + units} of {total} {found.sku}")


def confirm(session_id: UUID, line_id: UUID, quantity: int, *, by: Principal) -> ScanAnswer:
    """Verify units of a line without a scan, which is on record.

    Where the setting asks for a scan of the item, the permission `fulfilment:override` is needed
    (`PermissionMissing`). Locks the session. Raises as `scan`, and `PackingLineNotFound` and
    `TooManyUnits`.
    """
    row = lock_alone(session_id, "scan", by=by)
    line = _line(session_id, line_id)
    left = line.quantity - line.verified
    if quantity > left:
        raise TooManyUnits(units=quantity, sku=line.sku, left=left)
    if not by.may(Permission.FULFILMENT_OVERRIDE) and fulfilment_service.must_scan(line.variant_id):
        raise PermissionMissing(permission=Permission.FULFILMENT_OVERRIDE)
    _verify([line], quantity)
    update_session(session_id)
    _log(row, PackScanResult.OK, line.sku, quantity, line.variant_id, by=by, is_scanned=False)
    return ScanAnswer(
        PackScanResult.OK, f"{line.verified + quantity} of {line.quantity} {line.sku}"
    )


def take_out(session_id: UUID, line_id: UUID, quantity: int, *, by: Principal) -> ScanAnswer:
    """Take verified units out of the parcel again. Raises as `confirm`, but no permission."""
    row = lock_alone(session_id, "scan", by=by)
    line = _line(session_id, line_id)
    if quantity > line.verified:
        raise TooManyUnits(units=quantity, sku=line.sku, left=line.verified)
    _verify([line], -quantity)
    update_session(session_id)
    _log(
        row, PackScanResult.TAKEN_OUT, line.sku, quantity, line.variant_id, by=by, is_scanned=False
    )
    return ScanAnswer(
        PackScanResult.TAKEN_OUT, f"{line.verified - quantity} of {line.quantity} {line.sku}"
    )


def put_right(session_id: UUID, *, by: Principal) -> None:
    """Say that what was scanned wrongly is out of the parcel; repeating changes nothing.

    Locks the session. Raises as `scan`.
    """
    row = lock_alone(session_id, "scan", by=by)
    if row.blocked_by is None:
        return
    update_session(session_id, blocked_by=None)
    _log(row, PackScanResult.PUT_RIGHT, "", 0, None, by=by, is_scanned=False)


def choose_box(session_id: UUID, box_type_id: UUID | None, *, by: Principal) -> None:
    """Choose the box of a parcel, or none. Locks the session.

    Raises as `scan`, and `BoxTypeNotFound`, also for a type that is no longer in use.
    """
    row = lock_alone(session_id, "scan", by=by)
    box = queries.box_of(box_type_id)
    if box_type_id is not None and (box is None or not box.is_active):
        raise BoxTypeNotFound
    # In another box the weight is another one.
    update_session(session_id, box_type_id=box_type_id, weight_grams=None, is_rechecked=False)
    log(row, PackScanResult.BOX, box.barcode if box else "", 0, by=by)


def log(row: AnyRow, result: PackScanResult, code: str, units: int, *, by: Principal) -> None:
    """Put a step that is no scan of an item on record."""
    _log(row, result, code, units, None, by=by, is_scanned=False)


def _box(row: AnyRow, box: AnyRow, code: str, *, by: Principal) -> ScanAnswer:
    update_session(
        row.id, box_type_id=box.id, weight_grams=None, is_rechecked=False, blocked_by=None
    )
    _log(row, PackScanResult.BOX, code, 0, None, by=by)
    return ScanAnswer(PackScanResult.BOX, f"Box {box.name}")


def _wrong(
    row: AnyRow,
    result: PackScanResult,
    message: str,
    code: str,
    units: int,
    variant_id: UUID | None,
    *,
    by: Principal,
) -> ScanAnswer:
    update_session(row.id, blocked_by=message[:300])
    _log(row, result, code, units, variant_id, by=by)
    return ScanAnswer(result, message)


def _line(session_id: UUID, line_id: UUID) -> AnyRow:
    line = queries.line(session_id, line_id)
    if line is None:
        raise PackingLineNotFound
    return line


def _verify(lines: Sequence[AnyRow], units: int) -> None:
    """Add verified units to lines in their order, or take them off when negative."""
    left = units
    for line in lines:
        step = min(left, line.quantity - line.verified) if left > 0 else max(left, -line.verified)
        if step:
            require_transaction().execute(
                update(PackingLine)
                .where(PackingLine.id == line.id)
                .values(verified=PackingLine.verified + step)
                .execution_options(synchronize_session=False)
            )
            left -= step


def _log(
    row: AnyRow,
    result: PackScanResult,
    code: str,
    units: int,
    variant_id: UUID | None,
    *,
    by: Principal,
    is_scanned: bool = True,
) -> None:
    require_transaction().add(
        PackScan(
            id=new_id(),
            session_id=row.id,
            result=result,
            code=code.strip()[:200],
            units=min(units, MAX_QUANTITY),  # a case, scanned absurdly often
            variant_id=variant_id,
            is_scanned=is_scanned,
            actor=by.label[:120],
            actor_id=by.id,
        )
    )
    audit.record(
        f"packing.{result.value}", by=by, subject_id=row.order_id, code=code.strip()[:200],
        units=units, is_scanned=is_scanned,
    )  # fmt: skip
