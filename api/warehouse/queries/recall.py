"""Who got a lot."""

import csv
import io
from collections.abc import Iterator
from typing import Any, Final, Unpack
from uuid import UUID

from sqlalchemy import func, select

from api.inventory import queries as inventory_queries
from api.inventory.models.lots import LotMovement
from api.kernel.principal import Principal
from api.orders import queries as orders_queries
from api.orders.models import Order
from api.platform.db import AnyRow, AnySelect
from api.platform.pagination import PageQuery, Sort, page_response

_NEWEST: Final = Sort((Order.id,), descending=True)
_COLUMNS: Final = ("number", "customer_name", "email", "phone", "country", "units", "returned",
                   "shipped_at")  # fmt: skip
_PAGE: Final = 1000


def recipients(lot_id: UUID, by: Principal, **asked: Unpack[PageQuery]) -> dict[str, Any]:
    """Return a page of the orders that got units of a lot, the newest first.

    Units that came back are told, and voided parcels are left out. Somebody limited to locations
    gets the orders that they see. Raises `LotNotFound`.
    """
    inventory_queries.lot(lot_id)
    statement = _recipients(lot_id).where(*orders_queries.seen_by(by))
    return page_response(
        statement,
        _NEWEST,
        _recipient,
        filters=(lot_id, by.locations and sorted(by.locations)),
        **asked,
    )


def recipients_csv(lot_id: UUID, by: Principal) -> Iterator[str]:
    """Yield all orders of `recipients` as CSV, a thousand at a time.

    An apostrophe keeps spreadsheets from taking a text for a formula.
    """
    cursor: str | None = None
    while True:
        text = io.StringIO()
        file = csv.writer(text)
        if cursor is None:
            file.writerow(_COLUMNS)
        answer = recipients(lot_id, by, limit=_PAGE, cursor=cursor)
        file.writerows([_cell(row[name]) for name in _COLUMNS] for row in answer["data"])
        yield text.getvalue()
        cursor = answer["page"]["next_cursor"]
        if cursor is None:
            return


def _recipients(lot_id: UUID) -> AnySelect:
    is_parcel = LotMovement.fulfilment_id.is_not(None)
    shipped = func.coalesce(-func.sum(LotMovement.change).filter(is_parcel), 0)
    of_order = (
        select(
            LotMovement.order_id,
            shipped.label("units"),
            func.coalesce(func.sum(LotMovement.change).filter(~is_parcel), 0).label("returned"),
            func.min(LotMovement.created_at).label("shipped_at"),
        )
        .where(LotMovement.lot_id == lot_id, LotMovement.order_id.is_not(None))
        .group_by(LotMovement.order_id)
        .having(shipped > 0)
        .subquery()
    )
    return select(
        *(Order.id.label("order_id"), Order.number, Order.customer_name, Order.email),
        Order.shipping_address,
        *(of_order.c.units, of_order.c.returned, of_order.c.shipped_at),
    ).join(of_order, of_order.c.order_id == Order.id)


def _recipient(row: AnyRow) -> dict[str, object]:
    address = row.shipping_address or {}
    return {
        "order_id": row.order_id,
        "number": row.number,
        "customer_name": row.customer_name,
        "email": row.email,
        "phone": address.get("phone") or None,
        "country": address.get("country") or None,
        "units": int(row.units),
        "returned": int(row.returned),
        "shipped_at": row.shipped_at,
    }


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t")):
        return f"'{value}"
    return "" if value is None else value
