"""What a parcel should weigh, and what its weight tells of the units in it. Pure arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

TOLERANCE_PERCENT: Final = 3
TOLERANCE_GRAMS: Final = 20
SURE_AFTER: Final = 3
"""Parcels from which a unit's weight is learnt before another parcel is held against it."""
REMEMBERED: Final = 50
"""A running mean over the last parcels, more or less: packaging of the maker changes."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """The mean weight of one unit in grams, and from how many parcels it is known."""

    grams: float
    parcels: int


def expected(
    units: Mapping[UUID, int], box_grams: int, learnt: Mapping[UUID, Learnt]
) -> int | None:
    """Return what a parcel should weigh in grams; None while a unit of it is not known enough."""
    total = float(box_grams)
    for variant_id, quantity in units.items():
        known = learnt.get(variant_id)
        if known is None or known.parcels < SURE_AFTER:
            return None
        total += known.grams * quantity
    return round(total)


def is_off(weight: int, should_be: int | None) -> bool:
    """Tell whether a parcel must be looked into: off by more than 3 % and more than 20 g."""
    if should_be is None:
        return False
    return abs(weight - should_be) > max(should_be * TOLERANCE_PERCENT / 100, TOLERANCE_GRAMS)


def observed(
    weight: int,
    units: Mapping[UUID, int],
    box_grams: int,
    learnt: Mapping[UUID, Learnt],
    catalogue: Mapping[UUID, int],
) -> dict[UUID, float]:
    """Return the weight of one unit of each variant, as one parcel lets know.

    What the content weighs is divided in proportion to what the units should weigh: by past
    parcels, else by the catalogue. Of one variant that nothing is known of, it is the rest. A
    parcel with several of them, or lighter than its box, tells nothing.
    """
    content = float(weight - box_grams)
    guesses: dict[UUID, float] = {}
    for variant_id in units:
        known = learnt.get(variant_id)
        grams = known.grams if known else float(catalogue.get(variant_id, 0))
        if grams > 0:
            guesses[variant_id] = grams
    unknown = [variant_id for variant_id in units if variant_id not in guesses]
    total = sum(grams * units[variant_id] for variant_id, grams in guesses.items())
    if content <= 0 or len(unknown) > 1:
        return {}
    if unknown:
        rest = (content - total) / units[unknown[0]]
        return {unknown[0]: rest} if rest > 0 else {}
    return {variant_id: grams * content / total for variant_id, grams in guesses.items()}


def with_parcel(before: Learnt | None, grams: float) -> Learnt:
    """Return the running mean after one more parcel."""
    if before is None:
        return Learnt(grams, 1)
    parcels = min(before.parcels + 1, REMEMBERED)
    return Learnt(before.grams + (grams - before.grams) / parcels, parcels)
