"""Receipts, as the API returns them."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, select

from api.inventory.models import Bin, Location
from api.inventory.models.lots import Lot
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.platform.bulk_sql import any_of
from api.platform.db import AnyRow, AnySelect, session, table_of
from api.platform.pagination import Sort, page
from api.platform.settings import current_settings
from api.purchasing.errors import ReceiptNotFound
from api.purchasing.models import PurchaseOrder, Receipt, ReceiptLine
from api.purchasing.queries.purchase_orders import PREFIX

_NEWEST = Sort((Receipt.id,), descending=True)


def receipt_page(
    *,
    purchase_order_id: UUID | None,
    location_id: UUID | None,
    limit: int,
    cursor: str | None,
    with_total: bool,
    at: frozenset[UUID] | None,
) -> dict[str, object]:
    """Return a page of receipts, the newest first; with `at` only those at these locations."""
    narrow: list[ColumnElement[bool]] = []
    if purchase_order_id is not None:
        narrow.append(Receipt.purchase_order_id == purchase_order_id)
    if location_id is not None:
        narrow.append(Receipt.location_id == location_id)
    if at is not None:
        narrow.append(any_of(Receipt.location_id, at))
    rows, described = page(
        _receipts().where(*narrow),
        _NEWEST,
        limit=limit,
        cursor=cursor,
        filters=(purchase_order_id, location_id, at and sorted(at)),
        total=select(Receipt.id).where(*narrow) if with_total else None,
    )
    lines = _lines({row.id for row in rows})
    return {"data": [_receipt(row, lines.get(row.id, [])) for row in rows], "page": described}


def receipt(receipt_id: UUID) -> dict[str, object]:
    """Return one receipt with its lines. Raises `ReceiptNotFound`."""
    session.flush()
    row = session.execute(_receipts().where(Receipt.id == receipt_id)).one_or_none()
    if row is None:
        raise ReceiptNotFound
    return _receipt(row, _lines({receipt_id}).get(receipt_id, []))


def check_receipt_seen(receipt_id: UUID, by: Principal) -> None:
    """Refuse a receipt at another location than those that somebody is limited to.

    Raises `ReceiptNotFound`.
    """
    at = session.scalar(select(Receipt.location_id).where(Receipt.id == receipt_id))
    if at is None or not by.works_at(at):
        raise ReceiptNotFound


def _receipts() -> AnySelect:
    return (
        select(
            *table_of(Receipt).c,
            PurchaseOrder.number.label("order_number"),
            Location.code.label("location_code"),
            Location.name.label("location_name"),
        )
        .join_from(Receipt, Location, Location.id == Receipt.location_id)
        .outerjoin(PurchaseOrder, PurchaseOrder.id == Receipt.purchase_order_id)
    )


def _lines(receipt_ids: Collection[UUID]) -> dict[UUID, list[AnyRow]]:
    lines: dict[UUID, list[AnyRow]] = {}
    for row in session.execute(
        select(
            *table_of(ReceiptLine).c,
            Bin.code.label("bin_code"),
            Lot.code.label("lot"),
            Lot.expires_on,
        )
        .join_from(ReceiptLine, Bin, Bin.id == ReceiptLine.bin_id, isouter=True)
        .outerjoin(Lot, Lot.id == ReceiptLine.lot_id)
        .where(any_of(ReceiptLine.receipt_id, receipt_ids))
        .order_by(ReceiptLine.receipt_id, ReceiptLine.position)
    ):
        lines.setdefault(row.receipt_id, []).append(row)
    return lines


def _receipt(row: AnyRow, lines: list[AnyRow]) -> dict[str, object]:
    currency = current_settings().currency
    names = ("id", "purchase_order_id", "reference", "note", "actor", "undone_at", "undone_by",
             "created_at")  # fmt: skip
    return {
        **{name: getattr(row, name) for name in names},
        "number": None if row.order_number is None else f"{PREFIX}{row.order_number}",
        "location": {
            "id": row.location_id, "code": row.location_code, "name": row.location_name,
        },
        "units": sum(line.quantity for line in lines),
        "damaged_units": sum(line.damaged for line in lines),
        "over_units": sum(line.over_quantity for line in lines),
        "lines": [
            {
                **{
                    name: getattr(line, name)
                    for name in ("id", "variant_id", "sku", "quantity", "damaged", "over_quantity",
                                 "bin_id", "bin_code", "lot_id", "lot", "expires_on")
                },
                "unit_cost": None if line.unit_cost is None else Money(line.unit_cost, currency),
                "cost": None if line.cost is None else Money(line.cost, currency),
            }
            for line in lines
        ],
    }  # fmt: skip
