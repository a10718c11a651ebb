"""From which shelf: pure rules that spread a demand over locations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

MAX_QUANTITY: Final = 1_000_000_000
"""More than that on one shelf is a typing error."""


@dataclass(frozen=True, slots=True)
class AvailableLevel:
    """What one level can give, as the planner sees it."""

    level_id: UUID
    variant_id: UUID
    location_id: UUID
    available: int


@dataclass(frozen=True, slots=True)
class Shortage:
    """A variant of which less is free than asked for."""

    variant_id: UUID
    requested: int
    available: int


AllocationPlan = dict[UUID, dict[UUID, int]]
"""Variant -> level -> how many to take there."""


def plan_allocation(
    demand: Mapping[UUID, int], shelves: Sequence[AvailableLevel]
) -> tuple[AllocationPlan, list[Shortage]]:
    """Decide how many of each variant to take from which level, or tell what falls short.

    Shelves come in the order of preference. One location that covers everything is taken, so that
    the order leaves as one parcel; else each variant comes from the first location that covers it
    whole; else it is spread. Shortages are told for every variant at once.
    """
    by_variant: dict[UUID, list[AvailableLevel]] = {variant_id: [] for variant_id in demand}
    for shelf in shelves:
        if shelf.variant_id in by_variant and shelf.available > 0:
            by_variant[shelf.variant_id].append(shelf)
    short = [
        Shortage(variant_id, quantity, free)
        for variant_id, quantity in demand.items()
        if (free := sum(shelf.available for shelf in by_variant[variant_id])) < quantity
    ]
    if short:
        return {}, short
    whole = {
        variant_id: [s for s in by_variant[variant_id] if s.available >= quantity]
        for variant_id, quantity in demand.items()
    }
    together = _common_location(shelves, whole)
    return {
        variant_id: _take(quantity, by_variant[variant_id], whole[variant_id], together)
        for variant_id, quantity in demand.items()
    }, []


def _common_location(
    shelves: Sequence[AvailableLevel], whole: Mapping[UUID, Sequence[AvailableLevel]]
) -> UUID | None:
    """Return the most preferred location that covers every variant alone, if there is one."""
    covering = [{shelf.location_id for shelf in choices} for choices in whole.values()]
    common = set.intersection(*covering) if covering else set()
    return next((shelf.location_id for shelf in shelves if shelf.location_id in common), None)


def _take(
    quantity: int,
    shelves: Sequence[AvailableLevel],
    whole: Sequence[AvailableLevel],
    together: UUID | None,
) -> dict[UUID, int]:
    for shelf in whole:
        if together is None or shelf.location_id == together:
            return {shelf.level_id: quantity}
    taken: dict[UUID, int] = {}
    for shelf in shelves:
        part = min(quantity, shelf.available)
        if part:
            taken[shelf.level_id] = part
            quantity -= part
    return taken
