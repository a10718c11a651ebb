"""Looking up a scanned code: a table of kinds, each with its mark and its resolver.

A code without the mark of a kind is looked for among all kinds by one statement. So an answer takes
one or two statements, whatever was scanned; the lines of a purchase order or transfer two more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import literal_column, select, type_coerce, union_all
from sqlalchemy.dialects.postgresql import JSONB

from api.catalog import codes
from api.catalog.codes import ScannedCode
from api.catalog.queries import variant_lookup
from api.fulfilment import queries as fulfilment_queries
from api.inventory import queries as inventory_queries
from api.kernel.permissions import Permission
from api.kernel.principal import Principal
from api.orders import queries as orders_queries
from api.orders.errors import OrderNotFound
from api.orders.states import SHIPPABLE
from api.platform.db import AnySelect, session
from api.platform.prepared import prepared
from api.purchasing import queries as purchasing_queries
from api.purchasing.states import PURCHASE_ORDER, TRANSFER, TransferStatus
from api.returns.queries import cases as return_queries
from api.returns.states import RETURN
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

    `marks` are what labels of this kind begin with: those codes are looked up by `find` first,
    which returns the answer (`id`, `label`, what can be done `next`, and the data of the kind), or
    None. `match` selects what any code means as a JSON value; `answer` makes the answer of that.
    """

    kind: str
    find: Callable[[Scan], dict[str, object] | None]
    marks: Sequence[str] = ()
    match: AnySelect | None = None
    answer: Callable[[Scan, dict[str, object]], dict[str, object] | None] | None = None


def resolve(code: str, by: Principal) -> dict[str, object]:
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
    for resolver, scan in marked:
        if (answer := resolver.find(scan)) is not None:
            return {"kind": resolver.kind, **answer}
    # A SKU may begin with a mark as well.
    scan = Scan(code, read, text, by)
    for at, found in session.execute(_MEANT, _asked(scan)):
        resolver = RESOLVERS[at]
        if resolver.answer and (answer := resolver.answer(scan, found)) is not None:
            return {"kind": resolver.kind, **answer}
    raise CodeUnknown(scanned=read.text)


def _asked(scan: Scan) -> dict[str, object]:
    """Return the parameters by which kinds match a code."""
    text = scan.text
    return {
        "text": scan.code.text,
        "keys": list(scan.code.keys),
        "order_number": text,
        **fulfilment_queries.scanned_parameters(scan.code),
        "barcode": text,
        "numbers": return_queries.numbers_of(text),
    }


def _unmarked(scan: Scan) -> None:
    """Find nothing: no label of goods or parcels begins with a mark of ours."""


def _variant(scan: Scan, found: dict[str, Any]) -> dict[str, object]:
    """Describe a variant; the barcode of a case says how many units it holds."""
    variant_id = UUID(found["id"])
    names = ("sku", "barcode", "product_title", "lot_tracking", "pack_quantity")
    title = ", ".join(filter(None, (found["product_title"], found["title"])))
    case = f", {found['pack_quantity']} in a case" if found["pack_quantity"] > 1 else ""
    levels = inventory_queries.levels_of_variant(variant_id, at=scan.by.locations)
    return {
        "id": variant_id,
        "label": f"{found['sku']}: {title}{case}",
        "next": ["adjust", "move", "count"],
        "variant": {
            **{name: found[name] for name in names},
            "id": variant_id,
            "title": found["title"] or None,
            "lot": scan.code.lot,
            "expires_on": scan.code.expires_on,
            "levels": levels,
        },
    }


def _order(scan: Scan) -> dict[str, object] | None:
    card = orders_queries.card_by_number(scan.text, scan.by)
    return None if card is None else _of_order(card["id"], f"Order {card['number']}", card)


def _matched_order(scan: Scan, found: dict[str, Any]) -> dict[str, object] | None:
    card = _card(found["id"], scan.by)
    return None if card is None else _of_order(card["id"], f"Order {card['number']}", card)


def _card(order_id: str, by: Principal) -> dict[str, object] | None:
    """Return the list entry of an order; None of one at another location."""
    try:
        return orders_queries.card_of(UUID(order_id), by)
    except OrderNotFound:
        return None


def _parcel(scan: Scan, found: dict[str, Any]) -> dict[str, object] | None:
    """Describe a parcel, found by its own number or its tracking number."""
    card = _card(found["order_id"], scan.by)
    if card is None:
        return None
    label = f"Parcel {found['number']} of order {card['number']}"
    names = ("id", "number", "status", "carrier", "tracking_number")
    fulfilment = {name: found[name] for name in names}
    return {**_of_order(found["id"], label, card), "fulfilment": fulfilment}


def _bin(scan: Scan) -> dict[str, object] | None:
    found = inventory_queries.bin_by_barcode(scan.code.text)
    return None if found is None else _of_bin(scan, found)


def _of_bin(scan: Scan, found: dict[str, object]) -> dict[str, object] | None:
    if not scan.by.works_at(UUID(str(found["location_id"]))):
        return None
    return {
        "id": found["id"],
        "label": f"Bin {found['code']} at {found['location_code']}, {found['units']} units",
        "next": ["move", "put_away", "count"] if found["is_active"] else [],
        "bin": found,
    }


def _purchase_order(scan: Scan) -> dict[str, object] | None:
    """Find a purchase order; its number alone is taken for that of a customer's order."""
    text = scan.code.text.upper()
    found = purchasing_queries.purchase_order_by_number(text) if text[:2] == "P-" else None
    if found is None or not scan.by.may(Permission.PURCHASING_READ):
        return None
    if not scan.by.works_at(found["location"]["id"]):
        return None
    state = found["status"].replace("_", " ")
    came = f"{found['received_units']} of {found['units']} units came"
    return {
        "id": found["id"],
        "label": f"{found['number']} of {found['supplier']['name']}, {state}: {came}",
        "next": ["receive"] if found["status"] in RECEIVABLE else [],
        "purchase_order": found,
    }


def _transfer(scan: Scan) -> dict[str, object] | None:
    found = purchasing_queries.transfer_by_number(scan.code.text.upper())
    if found is None or not scan.by.may(Permission.INVENTORY_READ):
        return None
    if not any(scan.by.works_at(found[one]["id"]) for one in ("from_location", "to_location")):
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


def _return(scan: Scan) -> dict[str, object] | None:
    """Find a return by the barcode of its slip."""
    found = return_queries.by_number(scan.code.text)
    if found is None or not scan.by.may(Permission.ORDERS_READ):
        return None
    state = found["status"].replace("_", " ")
    came = f"{found['received_units']} of {found['units']} units came"
    steps = [
        one for one in ("receive", "inspect", "close") if one in RETURN.allowed(found["status"])
    ]
    return {
        "id": found["id"],
        "label": f"Return {found['number']}, {found['customer_name']}, {state}: {came}",
        "next": steps,
        "return": found,
    }


def _matched_return(scan: Scan, found: dict[str, Any]) -> dict[str, object] | None:
    return _return(Scan(scan.raw, ScannedCode(found["number"], ()), found["number"], scan.by))


def _of_order(subject_id: object, label: str, card: dict[str, object]) -> dict[str, object]:
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
    Resolver("variant", _unmarked, match=variant_lookup.SCANNED, answer=_variant),
    Resolver("order", _order, ("O-", "#"), orders_queries.SCANNED_ORDER, _matched_order),
    Resolver("fulfilment", _unmarked, match=fulfilment_queries.SCANNED_PARCEL, answer=_parcel),
    Resolver("bin", _bin, ("L-", "T-"), inventory_queries.SCANNED_BIN, _of_bin),
    Resolver("purchase_order", _purchase_order, ("P-",)),
    Resolver("transfer", _transfer, ("TR-",)),
    Resolver("return", _return, ("R-",), return_queries.SCANNED_RETURN, _matched_return),
)
"""The kinds of codes, in the order in which a code without a mark is looked up."""


def _statement() -> AnySelect:
    matches = [
        select(literal_column(str(at)).label("place"), *one.match.subquery().columns)
        for at, one in enumerate(RESOLVERS)
        if one.match is not None
    ]
    meant = union_all(*matches).subquery()
    place, found = meant.c
    return select(place, type_coerce(found, JSONB)).order_by(place)


_MEANT: Final = prepared(_statement())
