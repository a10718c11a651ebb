"""Bins: the places within a location."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from api.inventory.errors import BinCodeTaken, BinNotEmpty, BinNotFound, LocationNotFound
from api.inventory.models import Bin, BinColour, BinKind, BinStock, Location
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit, auth, etags
from api.platform.db import require_transaction

BARCODE_PREFIX = "L-"
"""Begins the barcode of a bin, so that scanners tell it from goods."""
TOTE_PREFIX = "T-"


def create_bin(
    location_id: UUID,
    code: str,
    *,
    zone: str = "",
    barcode: str | None = None,
    kind: BinKind = BinKind.PICK,
    pick_sequence: int = 0,
    is_active: bool = True,
    name: str | None = None,
    colour: BinColour | None = None,
    by: Principal,
) -> UUID:
    """Create a bin; without a barcode it gets `L-` and its code, in upper case; a tote gets `T-`.

    Raises `LocationNotFound`, and `BinCodeTaken` when the location has a bin of that code, or any
    bin the barcode.
    """
    session = require_transaction()
    auth.check_location(by, {location_id})
    known = session.scalar(select(Location.id).where(Location.id == location_id))
    if known is None:
        raise LocationNotFound(location_id=location_id)
    bin_id: UUID | None = session.scalar(
        insert(Bin)
        .values(
            id=new_id(),
            created_at=clock.now(),
            location_id=location_id,
            zone=zone,
            code=code,
            barcode=(barcode or _barcode(code, kind)).upper(),
            kind=kind,
            pick_sequence=pick_sequence,
            is_active=is_active,
            name=name,
            colour=colour,
            version=1,
        )
        .on_conflict_do_nothing()
        .returning(Bin.id)
    )
    if bin_id is None:
        raise BinCodeTaken(bin_code=code)
    audit.record("bin.created", by=by, subject_id=bin_id, code=code, kind=kind.value)
    return bin_id


def assign_tote(
    bin_id: UUID, order_id: UUID | None, *, order_ids: Collection[UUID] | None = None
) -> None:
    """Say whose units a tote holds from now on: of one order, of one of `order_ids`, or of any."""
    require_transaction().execute(
        update(Bin)
        .where(Bin.id == bin_id)
        .values(order_id=order_id, order_ids=order_ids and list(order_ids))
        .execution_options(synchronize_session=False)
    )


def edit_bin(
    bin_id: UUID, changes: Mapping[str, object], *, expected_version: int, by: Principal
) -> None:
    """Change a bin. Locks it.

    Raises `BinNotFound`, `Stale`, and `BinNotEmpty` when a bin with units in it would get another
    kind or end its use: whether they are for sale depends on that.
    """
    session = require_transaction()
    row = session.execute(
        select(Bin.kind, Bin.is_active, Bin.version, Bin.location_id)
        .where(Bin.id == bin_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise BinNotFound(bin_id=bin_id)
    auth.check_location(by, {row.location_id})
    etags.check(row.version, expected_version)
    ends = row.is_active and not changes.get("is_active", True)
    if ends or changes.get("kind", row.kind) is not row.kind:
        units = session.scalar(
            select(func.coalesce(func.sum(BinStock.quantity), 0)).where(BinStock.bin_id == bin_id)
        )
        if units:
            raise BinNotEmpty(units=units)
    session.execute(
        update(Bin)
        .where(Bin.id == bin_id)
        .values(**changes, version=Bin.version + 1)
        .execution_options(synchronize_session=False)
    )
    audit.record("bin.edited", by=by, subject_id=bin_id, **changes)


def _barcode(code: str, kind: BinKind) -> str:
    prefix = TOTE_PREFIX if kind is BinKind.TOTE else BARCODE_PREFIX
    return code if code.upper().startswith(prefix) else prefix + code
