"""Reads of parcels: their contents, and the units claimed by open ones."""

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    String,
    Text,
    any_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import SQLCoreOperations

from api.catalog import codes
from api.catalog.codes import ScannedCode
from api.fulfilment.carriers import tracking_key, tracking_keys
from api.fulfilment.errors import FulfilmentNotFound
from api.fulfilment.models import TRACKING_KEY, Fulfilment, FulfilmentLine
from api.fulfilment.states import CLAIMING
from api.kernel.principal import Principal
from api.orders import queries as orders_queries
from api.orders.errors import OrderNotFound
from api.orders.models import Order
from api.platform.db import AnyRow, session
from api.platform.pagination import Sort, page
from api.platform.prepared import prepared

OLDEST = Sort((Fulfilment.id,))
_OTHER, _ITS_ORDER = aliased(Fulfilment), aliased(Order)
_PACKED_WITH = (
    select(
        func.jsonb_build_object(
            "id", _OTHER.id, "number", _OTHER.number,
            "order_id", _OTHER.order_id, "order_number", _ITS_ORDER.number,
            "has_box", _OTHER.packed_in_id.is_(None),
        )
    )
    .join(_ITS_ORDER, _ITS_ORDER.id == _OTHER.order_id)
    .where(or_(_OTHER.packed_in_id == Fulfilment.id, _OTHER.id == Fulfilment.packed_in_id))
    .limit(1)
    .correlate(Fulfilment)
    .scalar_subquery()
    .label("packed_with")
)  # fmt: skip
"""The parcel of another order that is in the same box: read with each parcel by its indexes."""

_PARCEL: tuple[Any, ...] = (
    Fulfilment.id,
    Fulfilment.order_id,
    Fulfilment.number,
    Fulfilment.status,
    Fulfilment.carrier,
    Fulfilment.tracking_number,
    Fulfilment.tracking_url,
    Fulfilment.shipped_at,
    Fulfilment.delivered_at,
    Fulfilment.voided_at,
    Fulfilment.override_reason,
    Fulfilment.tracking_status,
    Fulfilment.tracking_status_at,
    Fulfilment.created_at,
    Fulfilment.created_by,
    Fulfilment.version,
    _PACKED_WITH,
)

_LABEL: tuple[SQLCoreOperations[object], ...] = (
    *(Fulfilment.id, Fulfilment.order_id, Fulfilment.number, Fulfilment.status),
    *(Fulfilment.carrier, Fulfilment.tracking_number),
)


def fulfilment(fulfilment_id: UUID) -> dict[str, Any]:
    """Return one parcel with its lines. Raises `FulfilmentNotFound`."""
    row = session.execute(select(*_PARCEL).where(Fulfilment.id == fulfilment_id)).one_or_none()
    if row is None:
        raise FulfilmentNotFound(fulfilment_id=fulfilment_id)
    return _fulfilment(row, _lines([row.id]))


def fulfilments_of_order(order_id: UUID) -> list[dict[str, Any]]:
    """Return all parcels of an order with their lines, oldest first; two statements."""
    rows = session.execute(
        select(*_PARCEL).where(Fulfilment.order_id == order_id).order_by(Fulfilment.id)
    ).all()
    lines = _lines([row.id for row in rows])
    return [_fulfilment(row, lines) for row in rows]


def fulfilment_page(
    order_id: UUID, *, limit: int, cursor: str | None, with_total: bool
) -> dict[str, object]:
    """Return a page of an order's parcels, oldest first. Raises `OrderNotFound`."""
    if session.scalar(select(Order.id).where(Order.id == order_id)) is None:
        raise OrderNotFound(order_id=order_id)
    rows, page_info = page(
        select(*_PARCEL).where(Fulfilment.order_id == order_id),
        OLDEST,
        limit=limit,
        cursor=cursor,
        filters=order_id,
        total=select(Fulfilment.id).where(Fulfilment.order_id == order_id) if with_total else None,
    )
    lines = _lines([row.id for row in rows])
    return {"data": [_fulfilment(row, lines) for row in rows], "page": page_info}


def tracking_numbers(order_id: UUID) -> Sequence[str]:
    """List the tracking numbers of an order's parcels."""
    numbers = select(Fulfilment.tracking_number).where(
        Fulfilment.order_id == order_id, Fulfilment.tracking_number.is_not(None)
    )
    return [number for number in session.scalars(numbers) if number]


def scanned_parameters(code: ScannedCode) -> dict[str, object]:
    """Return the parameters by which a scanned label finds its parcel."""
    keys = tracking_keys(code.text, code.parcel)
    return {"number": code.text.upper(), "tracking_keys": keys}


_of_label = (
    select(*_LABEL)
    .where(
        Fulfilment.id.in_(
            union_all(
                select(Fulfilment.id).where(Fulfilment.number == bindparam("number", type_=String)),
                select(Fulfilment.id).where(
                    Fulfilment.tracking_number.is_not(None),
                    Fulfilment.voided_at.is_(None),
                    literal_column(TRACKING_KEY)
                    == any_(bindparam("tracking_keys", type_=ARRAY(Text))),
                ),
            )
        )
    )
    .order_by(Fulfilment.id.desc())
    .limit(1)
)
_SCANNED: Final = prepared(_of_label)
SCANNED_PARCEL: Final = select(func.to_jsonb(literal_column("parcel"))).select_from(
    _of_label.subquery("parcel")
)
"""The parcel of a scanned label as a JSON value, of the `scanned_parameters`.

Of several with the same tracking number it is the newest; voided ones are ignored, because their
label may be used again.
"""


def find_by_label(code: str) -> AnyRow | None:
    """Return the parcel of a label as a scanner sent it: see `SCANNED_PARCEL`."""
    return session.execute(_SCANNED, scanned_parameters(codes.read(code))).first()


def is_label_of(code: str, tracking_number: str | None, number: str) -> bool:
    """Return whether a scanned label has this tracking number, or the number of the parcel."""
    read = codes.read(code)
    if read.text.upper() == number:
        return True
    return tracking_number is not None and tracking_key(tracking_number) in tracking_keys(
        read.text, read.parcel
    )


def order_of(fulfilment_id: UUID) -> UUID:
    """Return the order id of a parcel, which never changes. Raises `FulfilmentNotFound`."""
    order_id = session.scalar(select(Fulfilment.order_id).where(Fulfilment.id == fulfilment_id))
    if order_id is None:
        raise FulfilmentNotFound(fulfilment_id=fulfilment_id)
    return order_id


def packed_together(fulfilment_id: UUID) -> list[AnyRow]:
    """Return the parcel and the one that shares its box, each with its order.

    Raises `FulfilmentNotFound`.
    """
    it = select(func.coalesce(Fulfilment.packed_in_id, Fulfilment.id)).where(
        Fulfilment.id == fulfilment_id
    )
    box = it.scalar_subquery()
    rows = session.execute(
        select(Fulfilment.id, Fulfilment.order_id).where(
            or_(Fulfilment.id == box, Fulfilment.packed_in_id == box)
        )
    ).all()
    if not rows:
        raise FulfilmentNotFound(fulfilment_id=fulfilment_id)
    return list(rows)


def check_seen(fulfilment_id: UUID, by: Principal) -> None:
    """Refuse a parcel of an order that somebody limited to locations does not see.

    Raises `FulfilmentNotFound`.
    """
    if not orders_queries.is_seen(order_of(fulfilment_id), by):
        raise FulfilmentNotFound(fulfilment_id=fulfilment_id)


def claimed_units(order_id: UUID) -> dict[UUID, int]:
    """Return the units of each line in parcels that have not left. Read under the order's lock."""
    rows = session.execute(
        select(FulfilmentLine.order_line_id, func.sum(FulfilmentLine.quantity))
        .join(Fulfilment, Fulfilment.id == FulfilmentLine.fulfilment_id)
        .where(Fulfilment.order_id == order_id, Fulfilment.status.in_(CLAIMING))
        .group_by(FulfilmentLine.order_line_id)
    )
    return {line_id: int(units) for line_id, units in rows}


def _lines(fulfilment_ids: Collection[UUID]) -> dict[UUID, list[dict[str, object]]]:
    by_fulfilment: dict[UUID, list[dict[str, object]]] = {
        fulfilment_id: [] for fulfilment_id in fulfilment_ids
    }
    if not by_fulfilment:
        return by_fulfilment
    rows = session.execute(
        select(
            FulfilmentLine.fulfilment_id,
            FulfilmentLine.order_line_id,
            FulfilmentLine.quantity,
            FulfilmentLine.verified_quantity,
        )
        .where(FulfilmentLine.fulfilment_id.in_(by_fulfilment))
        .order_by(FulfilmentLine.id)
    )
    for fulfilment_id, line_id, quantity, verified in rows:
        by_fulfilment[fulfilment_id].append(
            {"order_line_id": line_id, "quantity": quantity, "verified_quantity": verified}
        )
    return by_fulfilment


def _fulfilment(row: AnyRow, lines: dict[UUID, list[dict[str, object]]]) -> dict[str, object]:
    return {**{column.key: getattr(row, column.key) for column in _PARCEL}, "lines": lines[row.id]}
