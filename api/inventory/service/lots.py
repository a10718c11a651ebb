"""Lots: opened when units come, corrected, recalled, and no longer sold once their day is over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert

from api.catalog.queries import variant_lookup
from api.inventory.errors import (
    LevelNotFound,
    LotDateDiffers,
    LotDateRequired,
    LotElsewhere,
    LotNotFound,
    LotNotTracked,
    LotRequired,
    LotShort,
)
from api.inventory.models import Bin, BinKind, BinStock, MovementKind, StockLevel
from api.inventory.models.lots import Lot, LotMovement, LotStock
from api.inventory.service import bin_contents, journal, locks, lot_contents
from api.inventory.service.journal_entries import JournalEntry
from api.inventory.service.lot_contents import LotChange
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM, Principal
from api.platform import audit, auth, etags, sweeps
from api.platform.bulk_sql import any_of
from api.platform.db import AnyRow, require_transaction, session
from api.platform.settings import current_settings

UnitsOfLots = Sequence[tuple[UUID, int]]


@dataclass(frozen=True, slots=True)
class LotLabel:
    """What is printed on units: their lot, and the last day on which they are sold."""

    variant_id: UUID
    sku: str
    code: str
    expires_on: date | None = None

    @property
    def key(self) -> tuple[UUID, str]:
        """Its identity, in whatever case somebody typed the code."""
        return self.variant_id, self.code.strip().upper()


@dataclass(frozen=True, slots=True)
class KnownLot:
    """A lot of the shop, and the date that was said with it."""

    id: UUID
    code: str
    expires_on: date | None


def open_lots(labels: Sequence[LotLabel]) -> dict[tuple[UUID, str], tuple[UUID, date | None]]:
    """Find the lots of labels, or open them; returns their id and date by `LotLabel.key`.

    A lot that was known without a date gets the one of the label. Locks all levels of the variants.
    Raises `LotDateDiffers`.
    """
    if not labels:
        return {}
    current = require_transaction()
    # Levels before lots, as everybody who stops or sells a lot does.
    locks.lock({label.variant_id for label in labels})
    settings = current_settings()
    known: dict[tuple[UUID, str], tuple[UUID, date | None]] = {}
    for label in labels:
        variant_id, code = label.key
        lasts = label.expires_on is None or label.expires_on >= settings.today
        current.execute(
            insert(Lot)
            .values(
                id=new_id(),
                created_at=clock.now(),
                variant_id=variant_id,
                code=code,
                expires_on=label.expires_on,
                is_sellable=lasts,
                version=1,
            )
            .on_conflict_do_nothing(constraint="uq_lots_variant_code")
        )
        row = current.execute(
            select(Lot.id, Lot.expires_on).where(Lot.variant_id == variant_id, Lot.code == code)
        ).one()
        if label.expires_on is not None and row.expires_on not in (None, label.expires_on):
            raise LotDateDiffers(
                sku=label.sku, lot=code, known=row.expires_on, said=label.expires_on
            )
        if label.expires_on is not None and row.expires_on is None:
            current.execute(
                update(Lot)
                .where(Lot.id == row.id)
                .values(expires_on=label.expires_on, version=Lot.version + 1)
                .execution_options(synchronize_session=False)
            )
        known[label.key] = row.id, label.expires_on or row.expires_on
    return known


def edit_lot(
    lot_id: UUID, changes: Mapping[str, object], *, expected_version: int, by: Principal
) -> None:
    """Correct the date of a lot, recall it, or take the recall back.

    What is left of a recalled or expired lot is not for sale. Locks all levels of the variant, then
    the lot. Raises `LotNotFound`, a version conflict, and `LocationNotYours` where units of it are
    at a location of others.
    """
    lot, levels = _lock(lot_id)
    etags.check(lot.version, expected_version)
    held = select(LotStock.level_id).where(LotStock.lot_id == lot_id, LotStock.quantity > 0)
    holding = require_transaction().scalars(held)
    auth.check_location(by, {levels[level_id].location_id for level_id in holding})
    values: dict[str, object] = {}
    if "expires_on" in changes:
        values["expires_on"] = changes["expires_on"]
    if "is_recalled" in changes and changes["is_recalled"] != (lot.recalled_at is not None):
        values["recalled_at"] = clock.now() if changes["is_recalled"] else None
        values["recalled_by"] = by.label[:120] if changes["is_recalled"] else None
    _write(lot, levels, values, reason="recalled" if values.get("recalled_at") else "lot", by=by)
    audit.record(
        "lot.edited",
        by=by,
        subject_id=lot_id,
        lot=lot.code,
        **{
            name: [_said(getattr(lot, name)), _said(value)]
            for name, value in values.items()
            if name != "recalled_by"
        },
    )


def assign_lot(
    level_id: UUID,
    quantity: int,
    *,
    lot: str,
    expires_on: date | None,
    bin_id: UUID | None,
    by: Principal,
) -> None:
    """Say of units on hand that are in no lot which lot they are of; it is opened if it is new.

    Locks all levels of the variant, then the bin. Raises `LevelNotFound`, `BinNotFound`,
    `LotNotTracked`, `LotDateRequired`, `LotDateDiffers`, and `LotShort` when fewer units are in no
    lot there.
    """
    levels = locks.lock(also=locks.variant_of(level_id))
    if level_id not in levels:
        raise LevelNotFound(level_id=level_id)
    level = levels[level_id]
    auth.check_location(by, {level.location_id})
    known = lot_of_change(level_id, lot, expires_on, is_delivery=True)
    assert known is not None
    is_quarantine = False
    current = require_transaction()
    if bin_id is None:
        in_bins = current.scalar(
            select(StockLevel.in_lots - StockLevel.lots_in_bins).where(StockLevel.id == level_id)
        )
        present = level.on_hand - level.in_bins - (in_bins or 0)
    else:
        place = bin_contents.keep([bin_id])[bin_id]
        bin_contents.check_takes(place, level.location_id)
        is_quarantine = place.is_quarantine
        present = (
            current.scalar(
                select(BinStock.quantity - BinStock.in_lots).where(
                    BinStock.bin_id == bin_id, BinStock.level_id == level_id
                )
            )
            or 0
        )
    if quantity > present:
        raise LotShort(f"Only {present} units are in no lot there.", present=present)
    lot_contents.apply(
        [
            LotChange(
                level_id=level_id,
                lot_id=known.id,
                bin_id=bin_id,
                change=quantity,
                reason="assigned",
            )
        ],
        by=by,
        actor=journal.actor_label(by),
    )
    is_sellable = current.scalar(select(Lot.is_sellable).where(Lot.id == known.id))
    if not is_sellable and not is_quarantine:
        entry = JournalEntry(
            level_id=level_id, kind=MovementKind.STATE_CHANGED, expired=quantity, reason="lot"
        )
        journal.write_entries(levels, [entry], by=by)
    audit.record("lot.assigned", by=by, subject_id=level_id, lot=known.code, units=quantity)


def lot_of_change(
    level_id: UUID, lot: str | None, expires_on: date | None, *, is_delivery: bool
) -> KnownLot | None:
    """Find the lot of units of a level that come or go; opened where units are received.

    Locks all levels of the variant. Raises `LevelNotFound`, `LotRequired`, `LotDateRequired`,
    `LotDateDiffers`, `LotNotTracked`, and `LotNotFound` where nobody has received the lot.
    """
    levels = locks.lock(also=locks.variant_of(level_id))
    if level_id not in levels:
        raise LevelNotFound(level_id=level_id)
    variant_id = levels[level_id].variant_id
    variant = variant_lookup.variant_labels([variant_id])[variant_id]
    if not variant.lot_tracking:
        if lot is not None:
            raise LotNotTracked(sku=variant.sku)
        return None
    if lot is None:
        raise LotRequired(sku=variant.sku)
    label = LotLabel(variant_id, variant.sku, lot, expires_on)
    if not is_delivery:
        lot_id = require_transaction().scalar(
            select(Lot.id).where(Lot.variant_id == variant_id, Lot.code == label.key[1])
        )
        if lot_id is None:
            raise LotNotFound(f"Nobody has received lot {label.key[1]} of {variant.sku}.")
        return KnownLot(lot_id, label.key[1], expires_on)
    lot_id, lasts = open_lots([label])[label.key]
    if lasts is None and variant.lot_tracking == "lot_and_expiry":
        raise LotDateRequired(sku=variant.sku, lot=label.key[1])
    return KnownLot(lot_id, label.key[1], expires_on)


def check_lot(lot_id: UUID, level_id: UUID) -> None:
    """Refuse a lot of another variant than the level's. Raises `LotNotFound`, `LotElsewhere`."""
    row = session.execute(
        select(Lot.code, StockLevel.id.label("level"))
        .outerjoin(
            StockLevel, (StockLevel.variant_id == Lot.variant_id) & (StockLevel.id == level_id)
        )
        .where(Lot.id == lot_id)
    ).one_or_none()
    if row is None:
        raise LotNotFound(lot_id=lot_id)
    if row.level is None:
        raise LotElsewhere(lot=row.code)


def lots_to_stop(limit: int) -> Sequence[UUID]:
    """List lots whose day is over and that are still marked as sold."""
    return session.scalars(
        select(Lot.id)
        .where(Lot.is_sellable, Lot.expires_on < current_settings().today)
        .where(~sweeps.waits("stop-expired-lots", Lot.id))
        .order_by(Lot.expires_on, Lot.id)
        .limit(limit)
    ).all()


def stop_lot(lot_id: UUID) -> bool:
    """Take what is left of an expired lot off sale; False when it is not expired any more.

    Locks all levels of the variant, then the lot.
    """
    lot, levels = _lock(lot_id)
    if not lot.is_sellable or lot.expires_on is None or lot.expires_on >= current_settings().today:
        return False
    _write(lot, levels, {}, reason="expired", by=SYSTEM)
    return True


def out_with(
    order_id: UUID, *, fulfilment_id: UUID | None = None
) -> dict[UUID, list[tuple[UUID, int]]]:
    """Return of which lots an order got how many units and has them still, by variant.

    Of one parcel or of all; the lot that expires first comes first.
    """
    which = LotMovement.order_id == order_id
    if fulfilment_id is not None:
        which &= LotMovement.fulfilment_id == fulfilment_id
    return _out(which)


class LotsOnTheirWay:
    """The lots of a transfer that left and have not come, given out until none is left."""

    def __init__(self, reference: str) -> None:
        self._left = _out(LotMovement.reference == reference)

    def take(self, variant_id: UUID, quantity: int) -> tuple[tuple[UUID, int], ...]:
        """Take units of a variant, of the lot that expires first."""
        lots = self._left.get(variant_id, [])
        taken = at_most(lots, quantity)
        used = dict(taken)
        self._left[variant_id] = [(lot, units - used.get(lot, 0)) for lot, units in lots]
        return taken


def at_most(lots: UnitsOfLots, quantity: int) -> tuple[tuple[UUID, int], ...]:
    """Take units of lots in their order, up to a quantity."""
    taken = []
    for lot_id, units in lots:
        part = min(units, quantity)
        if part > 0:
            taken.append((lot_id, part))
            quantity -= part
    return tuple(taken)


def _out(which: ColumnElement[bool]) -> dict[UUID, list[tuple[UUID, int]]]:
    out: dict[UUID, list[tuple[UUID, int]]] = {}
    units = -func.sum(LotMovement.change)
    for row in require_transaction().execute(
        select(Lot.variant_id, Lot.id, units.label("units"))
        .join(LotMovement, LotMovement.lot_id == Lot.id)
        .where(which)
        .group_by(Lot.id)
        .having(units > 0)
        .order_by(Lot.expires_on, Lot.code, Lot.id)
    ):
        out.setdefault(row.variant_id, []).append((row.id, int(row.units)))
    return out


def _lock(lot_id: UUID) -> tuple[AnyRow, dict[UUID, locks.Level]]:
    variant = select(Lot.variant_id).where(Lot.id == lot_id).scalar_subquery()
    levels = locks.lock(also=variant)
    lot = (
        require_transaction()
        .execute(select(*Lot.__table__.columns).where(Lot.id == lot_id).with_for_update())
        .one_or_none()
    )
    if lot is None:
        raise LotNotFound(lot_id=lot_id)
    return lot, levels


def _write(
    lot: AnyRow,
    levels: Mapping[UUID, locks.Level],
    values: dict[str, Any],
    *,
    reason: str,
    by: Principal,
) -> None:
    """Write a lot, and what it changes about what is for sale."""
    expires_on = values.get("expires_on", lot.expires_on)
    recalled_at = values.get("recalled_at", lot.recalled_at)
    is_sellable = recalled_at is None and (
        expires_on is None or expires_on >= current_settings().today
    )
    current = require_transaction()
    current.execute(
        update(Lot)
        .where(Lot.id == lot.id)
        .values(**values, is_sellable=is_sellable, version=Lot.version + 1)
        .execution_options(synchronize_session=False)
    )
    if is_sellable == lot.is_sellable:
        return
    sign = -1 if is_sellable else 1
    rows = current.execute(
        select(LotStock.level_id, func.sum(LotStock.quantity).label("units"))
        .outerjoin(Bin, Bin.id == LotStock.bin_id)
        .where(any_of(LotStock.level_id, levels), LotStock.lot_id == lot.id, LotStock.quantity > 0)
        .where(Bin.kind.is_distinct_from(BinKind.QUARANTINE))
        .group_by(LotStock.level_id)
    )
    entries = [
        JournalEntry(
            level_id=row.level_id,
            kind=MovementKind.STATE_CHANGED,
            expired=sign * int(row.units),
            reason=reason,
            reference=f"Lot {lot.code}"[:60],
        )
        for row in rows
    ]
    # Expired units may be allocated: what is promised stays so until somebody cancels or refills.
    journal.write_entries(levels, entries, by=by)


def _said(value: object) -> str | None:
    return None if value is None else str(value)
