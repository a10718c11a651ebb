"""What came of a transfer at once, kept as JSON so that it can be undone."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from api.inventory.service import StockChange


class Received(NamedTuple):
    """Units of one variant that came, where they were put, and of which lots they are."""

    variant_id: str
    quantity: int
    damaged: int
    bin_id: str | None
    lots: Sequence[Sequence[Any]]


def as_json(changes: Sequence[StockChange]) -> list[dict[str, object]]:
    """Return what came as it is kept."""
    return [
        Received(
            str(one.variant_id),
            one.quantity,
            one.damaged,
            None if one.bin_id is None else str(one.bin_id),
            [[str(lot_id), units] for lot_id, units in one.lots],
        )._asdict()
        for one in changes
    ]


def reversed_changes(
    kept: Sequence[Mapping[str, Any]], location_id: UUID, costs: Mapping[UUID, int | None]
) -> list[StockChange]:
    """Return the changes that take out what came, at the cost with which it came."""
    changes = []
    for one in (Received(**line) for line in kept):
        variant_id = UUID(one.variant_id)
        changes.append(
            StockChange(
                variant_id=variant_id,
                location_id=location_id,
                quantity=-one.quantity,
                damaged=-one.damaged,
                bin_id=None if one.bin_id is None else UUID(one.bin_id),
                lots=tuple((UUID(lot_id), units) for lot_id, units in one.lots),
                unit_cost=costs.get(variant_id),
            )
        )
    return changes
