"""Opening stock of a batch: its levels are locked before its products, and opened after them."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from api.catalog.queries import export_documents
from api.catalog.service.upsert_results import UpsertResult, UpsertStatus
from api.imports.formats.parsed import ParsedProduct, RowError
from api.imports.policy import Consequence
from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.inventory.service import UnopenedLevels
from api.kernel.principal import Principal

Opened = Mapping[UUID, Mapping[UUID, int]]
"""With how many units levels were opened, by variant and location."""


def names_of(batch: Sequence[ParsedProduct]) -> tuple[list[str], list[str]]:
    """Return the addresses and the references by which the shop may know the products."""
    slugs = [d.draft.slug or "" for d in batch if d.draft]
    slugs += [d.document["slug"] for d in batch if d.document is not None]
    references = [d.draft.external_reference or "" for d in batch if d.draft]
    return slugs, references


def lock(batch: Sequence[ParsedProduct]) -> UnopenedLevels:
    """Lock the stock levels of a batch that the shop has and that were not opened yet.

    Before any product is locked: whoever sells goes the same way.
    """
    stocked = [described for described in batch if _has_stock(described)]
    if not stocked:
        return UnopenedLevels()
    return inventory_service.lock_unopened(export_documents.variant_ids_of(*names_of(stocked)))


def open_stock(
    batch: Sequence[ParsedProduct],
    arrived: Sequence[UpsertResult],
    unopened: UnopenedLevels,
    *,
    by: Principal,
) -> Opened:
    """Open the stock that a batch tells of, where none was opened before.

    What a file says of a place that the shop does not have is told of as a problem.
    """
    rows: dict[UUID | None, list[tuple[UUID, int]]] = {}
    places: dict[str, UUID] | None = None
    for described, made in zip(batch, arrived, strict=True):
        if made.outcome is UpsertStatus.REFUSED:
            continue
        for place, variant in enumerate(made.variants):
            for code, quantity in _said(described, place):
                if code is not None and places is None:
                    # A shop without any location gets its first one, as other files give it too.
                    inventory_service.default_location()
                    places = {code: id_ for id_, code in inventory_queries.location_codes().items()}
                if code is not None and places is not None and code not in places:
                    described.problems.append(_no_such_place(described, place, code, quantity))
                elif variant.variant_id is not None:
                    at = places[code] if code is not None and places is not None else None
                    rows.setdefault(at, []).append((variant.variant_id, quantity))
    found: dict[UUID, dict[UUID, int]] = {}
    for at, listed in rows.items():
        opened = inventory_service.open_stock(listed, location_id=at, unopened=unopened, by=by)
        for (variant_id, location_id), quantity in opened.items():
            found.setdefault(variant_id, {})[location_id] = quantity
    return found


def kept(one: UpsertResult, opened: Opened) -> list[dict[str, object]]:
    """Return what was opened of a product, as it is written down to be undone."""
    return [
        {"variant_id": str(variant.variant_id), "location_id": str(place), "quantity": quantity}
        for variant in one.variants
        if variant.variant_id is not None
        for place, quantity in opened.get(variant.variant_id, {}).items()
    ]


def differences(
    changed: Mapping[UUID, UpsertResult], opened: Opened
) -> dict[UUID, list[dict[str, object]]]:
    """Return by product what was opened of it as fields that differ: `variants.MUG.stock.MAIN`."""
    own = {
        product_id: [v.variant_id for v in one.variants if v.variant_id in opened]
        for product_id, one in changed.items()
    }
    ids = {variant_id for listed in own.values() for variant_id in listed if variant_id}
    if not ids:
        return {}
    skus, codes = inventory_queries.skus(ids), inventory_queries.location_codes()
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


def _has_stock(described: ParsedProduct) -> bool:
    """Tell whether a product comes with pieces."""
    said = [quantity for quantity in described.quantities if quantity is not None]
    for variant in (described.document or {}).get("variants", ()):
        said += variant.get("stock", {}).values()
    return any(said)


def _said(described: ParsedProduct, place: int) -> Iterator[tuple[str | None, int]]:
    """Return how many a file says of a variant, by location; without one as the shop prefers."""
    if described.document is not None:
        yield from described.document["variants"][place].get("stock", {}).items()
    elif (quantity := described.quantities[place]) is not None:
        yield None, quantity


def _no_such_place(described: ParsedProduct, place: int, code: str, quantity: int) -> RowError:
    return RowError(
        described.rows[place],
        f"stock {code}",
        str(quantity),
        f"There is no location {code}, so nothing in this column was opened. Add the location and"
        " import the file again: that opens its stock.",
        Consequence.VALUE_IGNORED,
        once=True,
    )
