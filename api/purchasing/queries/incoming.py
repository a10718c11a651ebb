"""What is on its way to the stock, counted from what was ordered and what was shipped."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from api.purchasing.queries.purchase_orders import ordered_units
from api.purchasing.queries.transfers import units_in_transit


def incoming(
    variant_ids: Collection[UUID],
) -> dict[tuple[UUID, UUID], tuple[int, date | None]]:
    """Return the units that placed orders and transfers still bring, by variant and location.

    With the first day on which a purchase order brings some; transfers have no day.
    """
    coming = ordered_units(variant_ids)
    for key, more in units_in_transit(variant_ids).items():
        units, expected_on = coming.get(key, (0, None))
        coming[key] = units + more, expected_on
    return coming
