"""What came: which goods a scanned code means, how many units, and of which lot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from api.catalog import codes
from api.catalog.queries import variant_lookup
from api.catalog.queries.variant_lookup import VariantLabel
from api.inventory import service as inventory_service
from api.inventory.errors import LotDateRequired, LotNotTracked, LotRequired
from api.inventory.service import LotLabel
from api.kernel.money import Money
from api.purchasing.errors import (
    CaseQuantityUnknown,
    DamagedExceedsQuantity,
    ReceivedCodeUnknown,
    TooManyUnits,
)

MAX_UNITS: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedLine:
    """Units of a variant that came, as somebody counted them.

    `quantity` counts what was scanned: two of a case of 12 are 24 units. `damaged` is in units.
    Without `lot` and `expires_on` those count that the label says.
    """

    code: str | None = None
    variant_id: UUID | None = None
    quantity: int
    damaged: int = 0
    bin_id: UUID | None = None
    bin: str | None = None
    unit_cost: Money | None = None
    lot: str | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """A received line, once it is known what it is; `lot` only where the variant has lots."""

    variant: VariantLabel
    units: int
    line: ReceivedLine
    lot: LotLabel | None


def find_received(code: str) -> tuple[VariantLabel, int]:
    """Find the variant of a scanned code, and how many units of it one scan means.

    Raises `CaseQuantityUnknown` for a case of a known article that nobody has taught yet, and
    `ReceivedCodeUnknown`.
    """
    found = variant_lookup.find_variant(code)
    if found is not None:
        return found, found.pack_quantity
    for key in codes.read(code).keys:
        unit = codes.unit_in_case(key)
        article = variant_lookup.find_variant(unit) if unit else None
        if article is not None:
            raise CaseQuantityUnknown(scanned=code, sku=article.sku)
    raise ReceivedCodeUnknown(scanned=code)


def arrived_of(line: ReceivedLine) -> Arrived:
    """Find out what a received line is.

    Raises what `find_received` and `find_lot` raise, `TooManyUnits` and `DamagedExceedsQuantity`.
    """
    if line.variant_id is not None:
        labels = variant_lookup.variant_labels([line.variant_id])
        if line.variant_id not in labels:
            raise ReceivedCodeUnknown(scanned=str(line.variant_id))
        found, pack = labels[line.variant_id], 1
    else:
        assert line.code is not None
        found, pack = find_received(line.code)
    units = line.quantity * pack
    if units > MAX_UNITS:
        raise TooManyUnits(sku=found.sku, units=units, largest=MAX_UNITS)
    if line.damaged > units:
        raise DamagedExceedsQuantity(sku=found.sku, damaged=line.damaged, units=units)
    lot = find_lot(found, code=line.code, lot=line.lot, expires_on=line.expires_on)
    return Arrived(found, units, line, lot)


def find_lot(
    variant: VariantLabel, *, code: str | None, lot: str | None, expires_on: date | None
) -> LotLabel | None:
    """Return the lot of units that came: the one that was said, else the one on the label.

    None for a variant without lots. Raises `LotRequired`, and `LotNotTracked` when somebody says
    the lot of such a variant.
    """
    if not variant.lot_tracking:
        if lot is not None:
            raise LotNotTracked(sku=variant.sku)
        return None
    label = codes.read(code or "")
    lot = lot or label.lot
    if lot is None:
        raise LotRequired(sku=variant.sku)
    return LotLabel(variant.variant_id, variant.sku, lot, expires_on or label.expires_on)


def received_lots(
    labels: Sequence[LotLabel], tracking: Mapping[UUID, str]
) -> dict[tuple[UUID, str], UUID]:
    """Find or open the lots of units that came, by `LotLabel.key`. Locks the levels.

    Raises `LotDateRequired` where dates rule and neither the label nor the shop knows it, and
    `LotDateDiffers`.
    """
    known = inventory_service.open_lots(labels)
    for label in labels:
        if tracking[label.variant_id] == "lot_and_expiry" and known[label.key][1] is None:
            raise LotDateRequired(sku=label.sku, lot=label.key[1])
    return {key: lot_id for key, (lot_id, _) in known.items()}


def tracking_of(arrived: Sequence[Arrived]) -> dict[UUID, str]:
    """Return how each variant is kept in lots."""
    return {one.variant.variant_id: one.variant.lot_tracking for one in arrived}
