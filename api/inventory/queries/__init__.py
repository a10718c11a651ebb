"""Questions about the shelves: what is free, what lies where, what moved, does it add up."""

from api.inventory.queries.availability import availability, skus, variants_without_level
from api.inventory.queries.differences import (
    Difference,
    allocation_differences,
    differences,
    hold_differences,
    journal_differences,
    mark_differences,
)
from api.inventory.queries.journal import movements
from api.inventory.queries.shelves import (
    level,
    levels,
    levels_of_variant,
    location,
    location_codes,
    locations,
    low_stock_count,
    on_hand_of,
)

__all__ = [
    "Difference",
    "allocation_differences",
    "availability",
    "differences",
    "hold_differences",
    "journal_differences",
    "level",
    "levels",
    "levels_of_variant",
    "location",
    "location_codes",
    "locations",
    "low_stock_count",
    "mark_differences",
    "movements",
    "on_hand_of",
    "skus",
    "variants_without_level",
]
