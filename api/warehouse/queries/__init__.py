"""Reads of the warehouse: counts, tasks, shrinkage and labels."""

from api.warehouse.queries.counts import (
    count,
    counts,
    levels_at,
    levels_of_skus,
    places_of_bin,
    places_of_levels,
    places_of_zone,
    shrinkage,
)
from api.warehouse.queries.labels import labels
from api.warehouse.queries.put_away import to_put_away, to_replenish
from api.warehouse.queries.recall import recipients, recipients_csv

__all__ = [
    "count",
    "counts",
    "labels",
    "levels_at",
    "levels_of_skus",
    "places_of_bin",
    "places_of_levels",
    "places_of_zone",
    "recipients",
    "recipients_csv",
    "shrinkage",
    "to_put_away",
    "to_replenish",
]
