"""Reads of the inventory: availability, levels, locations, bins and the journals."""

from api.inventory.queries.availability import availability, skus, variants_without_level
from api.inventory.queries.bins import (
    bin_by_barcode,
    bin_by_id,
    bin_contents,
    bin_movements,
    bins,
    bins_of_level,
)
from api.inventory.queries.journal import movements
from api.inventory.queries.levels import (
    average_costs,
    level,
    levels,
    levels_of_variant,
    location,
    location_by_code,
    location_codes,
    locations,
    low_stock_count,
    on_hand_of,
    sku_and_price,
)
from api.inventory.queries.valuation import valuation, valuation_csv

__all__ = [
    "availability",
    "average_costs",
    "bin_by_barcode",
    "bin_by_id",
    "bin_contents",
    "bin_movements",
    "bins",
    "bins_of_level",
    "level",
    "levels",
    "levels_of_variant",
    "location",
    "location_by_code",
    "location_codes",
    "locations",
    "low_stock_count",
    "movements",
    "on_hand_of",
    "sku_and_price",
    "skus",
    "valuation",
    "valuation_csv",
    "variants_without_level",
]
