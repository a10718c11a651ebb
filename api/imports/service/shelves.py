"""Opening stock of a batch: its shelves are locked before its products, and opened after them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from api.catalog import queries as catalog
from api.catalog.service import Arrived
from api.imports.formats import Described
from api.inventory import queries as stock
from api.inventory import service as inventory
from api.inventory.service import Unopened
from api.kernel.principal import Principal

Opened = Mapping[UUID, Mapping[UUID, int]]
"""With how many pieces shelves were opened, by variant and location."""


def names_of(batch: Sequence[Described]) -> tuple[list[str], list[str]]:
    """Return the addresses and the references by which the shop may know the products."""
    slugs = [d.draft.slug or "" for d in batch if d.draft]
    slugs += [d.document["slug"] for d in batch if d.document is not None]
    references = [d.draft.external_reference or "" for d in batch if d.draft]
    return slugs, references


def lock(batch: Sequence[Described]) -> Unopened:
    """Lock the shelves of a batch that the shop has and that were not opened yet.

    Before any product is locked: whoever sells goes the same way.
    """
    stocked = [described for described in batch if any(described.quantities)]
    if not stocked:
        return Unopened()
    return inventory.lock_unopened(catalog.variant_ids_of(*names_of(stocked)))


def open_stock(
    batch: Sequence[Described], arrived: Sequence[Arrived], unopened: Unopened, *, by: Principal
) -> Opened:
    """Open the stock that a batch tells of, where none was opened before."""
    rows = [
        (variant.variant_id, quantity)
        for described, made in zip(batch, arrived, strict=True)
        for variant, quantity in zip(made.variants, described.quantities, strict=True)
        if variant.variant_id is not None and quantity is not None
    ]
    found: dict[UUID, dict[UUID, int]] = {}
    opened = inventory.open_stock(rows, unopened=unopened, by=by) if rows else {}
    for (variant_id, location_id), quantity in opened.items():
        found.setdefault(variant_id, {})[location_id] = quantity
    return found


def kept(one: Arrived, opened: Opened) -> list[dict[str, Any]]:
    """Return what was opened of a product, as it is written down to be taken back."""
    return [
        {"variant_id": str(variant.variant_id), "location_id": str(place), "quantity": quantity}
        for variant in one.variants
        if variant.variant_id is not None
        for place, quantity in opened.get(variant.variant_id, {}).items()
    ]


def differences(
    changed: Mapping[UUID, Arrived], opened: Opened
) -> dict[UUID, list[dict[str, Any]]]:
    """Return by product what was opened of it as fields that differ: `variants.MUG.stock.MAIN`."""
    own = {
        product_id: [v.variant_id for v in one.variants if v.variant_id in opened]
        for product_id, one in changed.items()
    }
    ids = {variant_id for listed in own.values() for variant_id in listed if variant_id}
    if not ids:
        return {}
    skus, codes = stock.skus(ids), stock.location_codes()
    return {
        product_id: [
            {
                "field": f"variants.{skus[variant_id]}.stock.{codes[place]}",
                "before": None,
                "after": quantity,
            }
            for variant_id in listed
            if variant_id
            for place, quantity in opened[variant_id].items()
        ]
        for product_id, listed in own.items()
    }
