"""Reads of parcels: their contents, and the units claimed by open ones."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, any_, func, literal, literal_column, select, union_all

from api.catalog.codes import ScannedCode
from api.fulfilment.carriers import tracking_keys
from api.fulfilment.errors import FulfilmentNotFound
from api.fulfilment.models import TRACKING_KEY, Fulfilment, FulfilmentLine
from api.fulfilment.states import CLAIMING
from api.orders.errors import OrderNotFound
from api.orders.models import Order
from api.platform.db import AnyRow, session
from api.platform.pagination import Sort, page

OLDEST = Sort((Fulfilment.id,))

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
    Fulfilment.created_at,
    Fulfilment.created_by,
    Fulfilment.version,
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
) -> dict[str, Any]:
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


def find_scanned(code: ScannedCode) -> AnyRow | None:
    """Return the parcel of a scanned label, by its own number or the tracking number, or None.

    Of several with the same tracking number the newest is returned; voided ones are ignored,
    because their label may be used again.
    """
    keys = literal(tracking_keys(code.text, code.parcel), ARRAY(Text))
    matching = union_all(
        select(Fulfilment.id).where(Fulfilment.number == code.text.upper()),
        select(Fulfilment.id).where(
            Fulfilment.tracking_number.is_not(None),
            Fulfilment.voided_at.is_(None),
            literal_column(TRACKING_KEY) == any_(keys),
        ),
    )
    return session.execute(
        select(*_PARCEL).where(Fulfilment.id.in_(matching)).order_by(Fulfilment.id.desc()).limit(1)
    ).first()


def order_of(fulfilment_id: UUID) -> UUID:
    """Return the order id of a parcel, which never changes. Raises `FulfilmentNotFound`."""
    order_id = session.scalar(select(Fulfilment.order_id).where(Fulfilment.id == fulfilment_id))
    if order_id is None:
        raise FulfilmentNotFound(fulfilment_id=fulfilment_id)
    return order_id


def claimed_units(order_id: UUID) -> dict[UUID, int]:
    """Return the units of each line in parcels that have not left. Read under the order's lock."""
    rows = session.execute(
        select(FulfilmentLine.order_line_id, func.sum(FulfilmentLine.quantity))
        .join(Fulfilment, Fulfilment.id == FulfilmentLine.fulfilment_id)
        .where(Fulfilment.order_id == order_id, Fulfilment.status.in_(CLAIMING))
        .group_by(FulfilmentLine.order_line_id)
    )
    return {line_id: int(units) for line_id, units in rows}


def _lines(fulfilment_ids: Collection[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    by_fulfilment: dict[UUID, list[dict[str, Any]]] = {
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


def _fulfilment(row: AnyRow, lines: dict[UUID, list[dict[str, Any]]]) -> dict[str, Any]:
    return {**{column.key: getattr(row, column.key) for column in _PARCEL}, "lines": lines[row.id]}
