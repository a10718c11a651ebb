"""Looking up a scanned code: a table of kinds, each with its mark and its resolver."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.catalog import codes
from api.catalog.codes import ScannedCode
from api.catalog.queries import variant_lookup
from api.fulfilment import queries as fulfilment_queries
from api.inventory import queries as inventory_queries
from api.kernel.permissions import Permission
from api.kernel.principal import Principal
from api.orders import queries as orders_queries
from api.orders.states import SHIPPABLE
from api.purchasing import queries as purchasing_queries
from api.purchasing.states import PURCHASE_ORDER, TRANSFER, TransferStatus
from api.scan.errors import CodeUnknown

RECEIVABLE: Final = frozenset(PURCHASE_ORDER.commands["receive"])


@dataclass(frozen=True, slots=True)
class Scan:
    """A code as it came, as it was read, and without the mark of its kind."""

    raw: str
    code: ScannedCode
    text: str
    by: Principal


@dataclass(frozen=True, slots=True)
class Resolver:
    """How codes of one kind are found.

    `marks` are what labels of this kind begin with: those codes are looked up here first. `find`
    returns the answer (`id`, `label`, what can be done `next`, and the data of the kind), or None.
    """

    kind: str
    find: Callable[[Scan], dict[str, Any] | None]
    marks: Sequence[str] = ()


def resolve(code: str, by: Principal) -> dict[str, Any]:
    """Look up a scanned or typed code: a variant or its case, an order, a parcel, a bin.

    A code with the mark of a kind is of that kind, if it can be. For any other code variants come
    first, because their codes are printed by others and cannot be changed, then the other kinds in
    the order of the table. Raises `CodeUnknown`.
    """
    read = codes.read(code)
    if not read.text.isprintable():
        raise CodeUnknown(scanned=code.strip())  # Postgres cannot store all of these
    text = read.text.upper()
    marked = [
        (resolver, Scan(code, read, text.removeprefix(mark), by))
        for resolver in RESOLVERS
        for mark in resolver.marks
        if text.startswith(mark)
    ]
    # A SKU may begin with a mark as well.
    for resolver, scan in [*marked, *((one, Scan(code, read, text, by)) for one in RESOLVERS)]:
        if (answer := resolver.find(scan)) is not None:
            return {"kind": resolver.kind, **answer}
    raise CodeUnknown(scanned=read.text)


def _variant(scan: Scan) -> dict[str, Any] | None:
    """Find a variant by SKU or barcode; the barcode of a case says how many units it holds."""
    variant = variant_lookup.find_variant(scan.raw)
    if variant is None:
        return None
    title = ", ".join(filter(None, (variant.product_title, variant.variant_title)))
    case = f", {variant.pack_quantity} in a case" if variant.pack_quantity > 1 else ""
    return {
        "id": variant.variant_id,
        "label": f"{variant.sku}: {title}{case}",
        "next": ["adjust", "move", "count"],
        "variant": {
            "id": variant.variant_id,
            "sku": variant.sku,
            "barcode": variant.barcode,
            "pack_quantity": variant.pack_quantity,
            "product_title": variant.product_title,
            "title": variant.variant_title or None,
            "levels": inventory_queries.levels_of_variant(variant.variant_id),
        },
    }


def _order(scan: Scan) -> dict[str, Any] | None:
    card = orders_queries.card_by_number(scan.text, scan.by)
    return None if card is None else _of_order(card["id"], f"Order {card['number']}", card)


def _parcel(scan: Scan) -> dict[str, Any] | None:
    """Find a parcel by its own number, or by its tracking number."""
    parcel = fulfilment_queries.find_scanned(scan.code)
    if parcel is None:
        return None
    card = orders_queries.card_of(parcel.order_id, scan.by)
    label = f"Parcel {parcel.number} of order {card['number']}"
    names = ("id", "number", "status", "carrier", "tracking_number")
    fulfilment = {name: getattr(parcel, name) for name in names}
    return {**_of_order(parcel.id, label, card), "fulfilment": fulfilment}


def _bin(scan: Scan) -> dict[str, Any] | None:
    found = inventory_queries.bin_by_barcode(scan.code.text)
    if found is None or not scan.by.works_at(found["location_id"]):
        return None
    return {
        "id": found["id"],
        "label": f"Bin {found['code']} at {found['location_code']}, {found['units']} units",
        "next": ["move", "put_away", "count"] if found["is_active"] else [],
        "bin": found,
    }


def _purchase_order(scan: Scan) -> dict[str, Any] | None:
    """Find a purchase order; its number alone is taken for that of a customer's order."""
    text = scan.code.text.upper()
    found = purchasing_queries.purchase_order_by_number(text) if text[:2] == "P-" else None
    if found is None or not scan.by.may(Permission.PURCHASING_READ):
        return None
    state = found["status"].replace("_", " ")
    came = f"{found['received_units']} of {found['units']} units came"
    return {
        "id": found["id"],
        "label": f"{found['number']} of {found['supplier']['name']}, {state}: {came}",
        "next": ["receive"] if found["status"] in RECEIVABLE else [],
        "purchase_order": found,
    }


def _transfer(scan: Scan) -> dict[str, Any] | None:
    found = purchasing_queries.transfer_by_number(scan.code.text.upper())
    if found is None or not scan.by.may(Permission.INVENTORY_READ):
        return None
    way = f"{found['from_location']['code']} → {found['to_location']['code']}"
    state = TransferStatus(found["status"])
    steps = [one for one in ("receive", "ship", "mark_ready") if state in TRANSFER.commands[one]]
    return {
        "id": found["id"],
        "label": f"{found['number']}, {way}, {state.replace('_', ' ')}, {found['units']} units",
        "next": steps,
        "transfer": found,
    }


def _of_order(subject_id: Any, label: str, card: dict[str, Any]) -> dict[str, Any]:
    can_ship = (
        card["open_unit_count"] and not card["on_hold"] and card["payment_status"] in SHIPPABLE
    )
    return {
        "id": subject_id,
        "label": f"{label}, {card['customer_name']}",
        "next": ["ship"] if can_ship else [],
        "order": card,
    }


RESOLVERS: Final = (
    Resolver("variant", _variant),
    Resolver("order", _order, marks=("O-", "#")),
    Resolver("fulfilment", _parcel),
    Resolver("bin", _bin, marks=("L-",)),
    Resolver("purchase_order", _purchase_order, marks=("P-",)),
    Resolver("transfer", _transfer, marks=("TR-",)),
)
"""The kinds of codes, in the order in which a code without a mark is looked up."""
