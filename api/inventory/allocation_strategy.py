"""Allocation strategy: pure rules that choose the levels from which a demand is served."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

MAX_QUANTITY: Final = 1_000_000_000
"""Largest quantity of one level; anything above is taken for a typing error."""


@dataclass(frozen=True, slots=True)
class AvailableLevel:
    """A stock level and the units that are available there."""

    level_id: UUID
    variant_id: UUID
    location_id: UUID
    available: int


@dataclass(frozen=True, slots=True)
class Shortage:
    """A variant of which fewer units are available than requested."""

    variant_id: UUID
    requested: int
    available: int


AllocationPlan = dict[UUID, dict[UUID, int]]
"""Variant id -> level id -> units to take from that level."""


def plan_allocation(
    demand: Mapping[UUID, int], levels: Sequence[AvailableLevel]
) -> tuple[AllocationPlan, list[Shortage]]:
    """Decide how many units of each variant to take from which level, or return the shortages.

    `levels` are in order of preference. One location that covers the whole demand is chosen, so
    that the order leaves as one parcel; else each variant comes from the first level that covers
    it alone; else it is split over several levels. All shortages are returned at once.
    """
    by_variant: dict[UUID, list[AvailableLevel]] = {variant_id: [] for variant_id in demand}
    for level in levels:
        if level.variant_id in by_variant and level.available > 0:
            by_variant[level.variant_id].append(level)
    shortages = [
        Shortage(variant_id, quantity, available)
        for variant_id, quantity in demand.items()
        if (available := sum(level.available for level in by_variant[variant_id])) < quantity
    ]
    if shortages:
        return {}, shortages
    covering = {
        variant_id: [level for level in by_variant[variant_id] if level.available >= quantity]
        for variant_id, quantity in demand.items()
    }
    common_location = _common_location(levels, covering)
    return {
        variant_id: _take(quantity, by_variant[variant_id], covering[variant_id], common_location)
        for variant_id, quantity in demand.items()
    }, []


def _common_location(
    levels: Sequence[AvailableLevel], covering: Mapping[UUID, Sequence[AvailableLevel]]
) -> UUID | None:
    """Return the most preferred location that can serve every variant, if there is one."""
    locations = [{level.location_id for level in choices} for choices in covering.values()]
    common = set.intersection(*locations) if locations else set()
    return next((level.location_id for level in levels if level.location_id in common), None)


def _take(
    quantity: int,
    levels: Sequence[AvailableLevel],
    covering: Sequence[AvailableLevel],
    common_location: UUID | None,
) -> dict[UUID, int]:
    for level in covering:
        if common_location is None or level.location_id == common_location:
            return {level.level_id: quantity}
    shares: dict[UUID, int] = {}
    for level in levels:
        units = min(quantity, level.available)
        if units:
            shares[level.level_id] = units
            quantity -= units
    return shares


@dataclass(slots=True)
class LotPlace:
    """Units of a level at one place, of one lot or of none.

    `is_expired` units count as such on the level already; the day of others may have passed since.
    `rank` is the order in which places are visited; what `is_picked` stands ready to be packed.
    """

    lot_id: UUID | None
    bin_id: UUID | None
    quantity: int
    expires_on: date | None = None
    is_sellable: bool = True
    is_expired: bool = False
    is_quarantined: bool = False
    is_picked: bool = False
    rank: int = 0
    order_ids: Collection[UUID] = ()
    """Whose units a tote holds."""


def first_expired_first(places: Sequence[LotPlace]) -> list[LotPlace]:
    """Order the places from which units are sold: the lot that expires first, first.

    What was picked already comes before all. Lots without a date come after those with one, units
    in no lot last; lots that are not sold any more, and quarantine, are left out.
    """
    return sorted(
        (one for one in places if one.is_sellable and not one.is_quarantined),
        key=lambda one: (
            not one.is_picked,
            one.lot_id is None,
            one.expires_on or date.max,
            one.rank,
        ),
    )


def least_known_first(places: Sequence[LotPlace]) -> list[LotPlace]:
    """Order the places from which units are lost: those in no lot, then by date.

    Somebody who counts too few cannot say of which lot; units whose lot nobody knows come first.
    """
    return sorted(
        places,
        key=lambda one: (one.lot_id is not None, one.expires_on or date.max, one.rank),
    )


def take_units(places: Sequence[LotPlace], quantity: int) -> tuple[list[tuple[LotPlace, int]], int]:
    """Take units from places in their order; returns what is taken, and how many are missing."""
    taken = []
    for place in places:
        units = min(quantity, place.quantity)
        if units > 0:
            place.quantity -= units
            quantity -= units
            taken.append((place, units))
    return taken, quantity
