"""Reads of returns: one, those of an order, the list by state and age, and what may come back."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Unpack
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, String, any_, bindparam, func, literal_column, select

from api.catalog.models import Variant
from api.fulfilment import queries as fulfilment_queries
from api.inventory.models import Bin, Location
from api.inventory.models.lots import Lot
from api.kernel import clock
from api.kernel.money import Money
from api.orders import queries as orders_queries
from api.orders.models import Order, OrderLine
from api.platform.db import AnyRow, AnySelect, session, table_of
from api.platform.pagination import PageQuery, Sort, page_response
from api.platform.prepared import prepared
from api.platform.service_registry import get_service
from api.platform.settings import current_settings
from api.platform.storage import Storage
from api.pricing.totals import refund_share
from api.returns import queries, rules
from api.returns.errors import ReturnNotFound
from api.returns.models import (
    Return,
    ReturnDisposition,
    ReturnLine,
    ReturnPhoto,
)
from api.returns.queries import settings as settings_queries
from api.returns.states import LIVE, OPEN, RETURN, ReturnKind, ReturnStatus
from api.tax.rules import GIFT_CARD

_RETURNS = table_of(Return)
_ORDER_LINES = table_of(OrderLine)
_OTHER = _ORDER_LINES.alias("other")
"""The goods that a customer gets instead."""
_OLDEST = Sort((Return.id,))
_NEWEST = Sort((Return.id,), descending=True)
_CARD = (
    "id", "order_id", "number", "kind", "status", "to_store_credit", "created_at", "created_by",
    "received_at", "withdrawn_at", "refund_due_at", "version",
)  # fmt: skip
_ONE = (
    *_CARD, "language", "note", "decision", "advice", "carrier", "tracking_number", "posted_at",
    "closed_at",
)  # fmt: skip
_LINE = (
    "id", "order_line_id", "variant_id", "sku", "title", "reason", "note", "condition",
    "quantity",
    "cancelled_quantity", "received_quantity", "disposed_quantity", "missing_quantity",
    "refunded_quantity",
)  # fmt: skip
_ARRIVED = ("delivered", "picked_up")
_LEFT = ("shipped", *_ARRIVED)


def a_return(return_id: UUID) -> dict[str, Any]:
    """Return a return with its lines, dispositions, photos and refunds. Raises `ReturnNotFound`.

    Seven statements for any number of lines.
    """
    row = _row(Return.id == return_id)
    lines = session.execute(
        select(
            table_of(ReturnLine),
            _OTHER.c.sku.label("other_sku"),
            _OTHER.c.title.label("other_title"),
            _OTHER.c.variant_title.label("other_variant"),
            Variant.lot_tracking,
        )
        .join(Variant, Variant.id == ReturnLine.variant_id)
        .outerjoin(_OTHER, _OTHER.c.id == ReturnLine.exchange_line_id)
        .where(ReturnLine.return_id == return_id)
        .order_by(ReturnLine.id)
    ).all()
    dispositions = _dispositions([line.id for line in lines])
    known = settings_queries.reasons_by_code()
    sentences = settings_queries.texts_of(row.language)
    return {
        **{name: getattr(row, name) for name in _ONE},
        "order_number": row.order_number,
        "customer_name": row.customer_name,
        "units": sum(line.quantity for line in lines),
        "received_units": sum(line.received_quantity for line in lines),
        "commands": RETURN.allowed(row.status),
        "may_withhold_refund": row.kind == ReturnKind.WITHDRAWAL
        and rules.may_withhold(
            received=row.received_at is not None, posted=row.posted_at is not None
        ),
        "lines": [
            {
                **{name: getattr(line, name) for name in _LINE},
                "is_unexpected": line.quantity == 0 and line.cancelled_quantity == 0,
                "reason_label": known[line.reason].label(row.language)
                if line.reason in known
                else sentences.get(line.reason, line.reason),
                "exchange": _exchange(line, row.currency),
                "has_lots": bool(line.lot_tracking),
                "dispositions": dispositions[line.id],
            }
            for line in lines
        ],
        "exchange_rest": Money(_exchange_rest(return_id, lines), row.currency),
        "photos": photos_of(return_id),
        "refunds": queries.refunds_of_return(return_id),
    }


def order_of(return_id: UUID) -> UUID:
    """Return the order of a return, which never changes. Raises `ReturnNotFound`."""
    order_id = session.scalar(select(Return.order_id).where(Return.id == return_id))
    if order_id is None:
        raise ReturnNotFound(return_id=return_id)
    return order_id


def returns_of_order(order_id: UUID) -> list[dict[str, object]]:
    """Return the returns of an order without their lines, oldest first."""
    rows = session.execute(_cards().where(Return.order_id == order_id).order_by(Return.id)).all()
    return [_card(row) for row in rows]


def returns_page(
    *,
    state: str | None,
    kind: str | None,
    order_id: UUID | None,
    variant_id: UUID | None,
    created_before: datetime | None,
    **asked: Unpack[PageQuery],
) -> dict[str, object]:
    """Return a page of returns: open ones oldest first, others newest first.

    `state` is a status, or `open` for all that are not over.
    """
    conditions: list[ColumnElement[bool]] = []
    if state == "open":
        conditions.append(Return.status.in_(OPEN))
    elif state is not None:
        conditions.append(Return.status == state)
    if kind is not None:
        conditions.append(Return.kind == kind)
    if order_id is not None:
        conditions.append(Return.order_id == order_id)
    if variant_id is not None:
        ordered = select(_ORDER_LINES.c.order_id).where(_ORDER_LINES.c.variant_id == variant_id)
        conditions.append(Return.order_id.in_(ordered))
    if created_before is not None:
        conditions.append(Return.created_at < created_before)
    filters = (state, kind, order_id, variant_id, created_before)
    return page_response(
        _cards().where(*conditions),
        _OLDEST if state is not None else _NEWEST,
        _card,
        filters=filters,
        counted=select(Return.id).where(*conditions),
        **asked,
    )


def numbers_of(code: str) -> list[str]:
    """Return the numbers that a scanned slip may mean, with or without the mark `R-`."""
    text = code.upper()
    return [text] if text.startswith("R-") else [text, f"R-{text}"]


def by_number(number: str) -> dict[str, Any] | None:
    """Find the return of a scanned slip, with or without the mark `R-`; None if there is none."""
    row = session.execute(_SCANNED, {"numbers": numbers_of(number)}).first()
    return None if row is None else _card(row)


def returnable(order_id: UUID) -> list[dict[str, object]]:
    """Return for each line of an order how many units may come back, until when, and why not."""
    order = orders_queries.get_order(order_id)
    lines = session.execute(
        select(_ORDER_LINES)
        .where(_ORDER_LINES.c.order_id == order_id)
        .order_by(_ORDER_LINES.c.position)
    ).all()
    restocked, lost = queries.restocked_units(order_id), queries.settled_as_lost(order_id)
    policies = settings_queries.policies_of(
        order.shipping_address["country"], {line.product_id for line in lines}
    )
    arrival = arrival_of(order_id, lines)
    settings = current_settings()
    now = clock.now()
    shown = []
    for line in lines:
        policy = policies[line.product_id]
        ends = rules.window_ends(arrival, policy.window_days, settings.zone)
        gone = line.returned_quantity + restocked.get(line.id, 0) + lost.get(line.id, 0)
        shown.append(
            {
                "order_line_id": line.id,
                "sku": line.sku,
                "title": line.title,
                "variant_title": line.variant_title,
                "quantity": 0
                if line.tax_class == GIFT_CARD
                else max(0, line.shipped_quantity - gone),
                "ends_at": ends,
                "policy": settings_queries.described(policy),
                "objections": rules.objections(policy, ends, now),
            }
        )
    return shown


def arrival_of(order_id: UUID, lines: Sequence[AnyRow] | Sequence[OrderLine]) -> datetime | None:
    """Return when the last goods of an order arrived; None while that is unknown."""
    parcels = [
        (one["shipped_at"], one["delivered_at"] or _picked_up_at(one))
        for one in fulfilment_queries.fulfilments_of_order(order_id)
        if one["status"] in _LEFT
    ]
    still_open = sum(
        line.quantity - line.shipped_quantity - line.cancelled_quantity for line in lines
    )
    return rules.last_arrival(parcels, still_open)


def return_status(order_id: UUID) -> ReturnStatus:
    """Derive how far the goods of an order have come back."""
    rows = session.execute(
        select(
            func.coalesce(func.sum(ReturnLine.received_quantity), 0).label("received"),
            func.coalesce(func.sum(ReturnLine.quantity), 0).label("expected"),
        )
        .join(Return, Return.id == ReturnLine.return_id)
        .where(
            Return.order_id == order_id,
            Return.status.in_(LIVE),
            ReturnLine.order_line_id.is_not(None),
        )
    ).one()
    shipped = session.scalar(
        select(func.coalesce(func.sum(_ORDER_LINES.c.shipped_quantity), 0)).where(
            _ORDER_LINES.c.order_id == order_id
        )
    )
    if not rows.received:
        return ReturnStatus.REQUESTED if rows.expected else ReturnStatus.NONE
    return ReturnStatus.RETURNED if rows.received >= (shipped or 0) else ReturnStatus.PARTIAL


def photos_of(return_id: UUID) -> list[dict[str, object]]:
    """Return the photos of a return as links."""
    rows = session.execute(
        select(ReturnPhoto.id, ReturnPhoto.key, ReturnPhoto.url)
        .where(ReturnPhoto.return_id == return_id)
        .order_by(ReturnPhoto.id)
    )
    return [photo_fields(row) for row in rows]


def photo(photo_id: UUID) -> dict[str, object]:
    """Return one photo as a link."""
    row = session.execute(
        select(ReturnPhoto.id, ReturnPhoto.key, ReturnPhoto.url).where(ReturnPhoto.id == photo_id)
    ).one()
    return photo_fields(row)


def photo_fields(row: AnyRow) -> dict[str, object]:
    """Return a photo as a link."""
    storage: Storage = get_service(Storage)
    return {"id": row.id, "url": storage.url(row.key) if row.key else row.url}


def _picked_up_at(parcel: Mapping[str, Any]) -> datetime | None:
    return parcel["shipped_at"] if parcel["status"] == "picked_up" else None


def _cards() -> AnySelect:
    units = (
        select(func.coalesce(func.sum(ReturnLine.quantity), 0))
        .where(ReturnLine.return_id == Return.id)
        .correlate(Return)
        .scalar_subquery()
    )
    received = (
        select(func.coalesce(func.sum(ReturnLine.received_quantity), 0))
        .where(ReturnLine.return_id == Return.id)
        .correlate(Return)
        .scalar_subquery()
    )
    return select(
        *(_RETURNS.c[name] for name in _CARD),
        Order.number.label("order_number"),
        Order.customer_name,
        units.label("units"),
        received.label("received_units"),
    ).join(Order, Order.id == Return.order_id)


_of_slip = _cards().where(Return.number == any_(bindparam("numbers", type_=ARRAY(String)))).limit(1)
# Built once: building costs more than running.
_SCANNED: Final = prepared(_of_slip)
SCANNED_RETURN: Final = select(func.to_jsonb(literal_column("slip"))).select_from(
    select(Return.number)
    .where(Return.number == any_(bindparam("numbers", type_=ARRAY(String))))
    .subquery("slip")
)
"""The number of a return as a JSON value, of the parameter `numbers`."""


def _card(row: AnyRow) -> dict[str, object]:
    return {
        **{name: getattr(row, name) for name in _CARD},
        "order_number": row.order_number,
        "customer_name": row.customer_name,
        "units": int(row.units),
        "received_units": int(row.received_units),
        "age_seconds": max(0, int((clock.now() - row.created_at).total_seconds())),
    }


def _exchange_rest(return_id: UUID, lines: Sequence[AnyRow]) -> int:
    """Return what of exchanged units that came is still to go back, in minor units."""
    rest = sum(
        refund_share(line.exchange_share - line.exchange_amount, line.quantity, 0,
                     min(line.received_quantity, line.quantity))
        for line in lines
        if line.exchange_line_id is not None and line.exchange_share > line.exchange_amount
    )  # fmt: skip
    if not rest:
        return 0
    return max(0, rest - sum(queries.exchange_rests_given(return_id).values()))


def _exchange(line: AnyRow, currency: str) -> dict[str, object] | None:
    if line.exchange_line_id is None:
        return None
    return {
        "order_line_id": line.exchange_line_id,
        "sku": line.other_sku,
        "title": ", ".join(filter(None, (line.other_title, line.other_variant))),
        "price": Money(line.exchange_amount, currency),
        "worth": Money(line.exchange_share, currency),
    }


def _row(condition: ColumnElement[bool]) -> AnyRow:
    row = session.execute(
        select(_RETURNS, Order.number.label("order_number"), Order.customer_name, Order.currency)
        .join(Order, Order.id == Return.order_id)
        .where(condition)
    ).one_or_none()
    if row is None:
        raise ReturnNotFound
    return row


def _dispositions(line_ids: Collection[UUID]) -> dict[UUID, list[dict[str, object]]]:
    found: dict[UUID, list[dict[str, object]]] = {line_id: [] for line_id in line_ids}
    rows = session.execute(
        select(
            table_of(ReturnDisposition),
            Location.code.label("location_code"),
            Bin.code.label("bin_code"),
            Lot.code.label("lot_code"),
        )
        .join(Location, Location.id == ReturnDisposition.location_id)
        .outerjoin(Bin, Bin.id == ReturnDisposition.bin_id)
        .outerjoin(Lot, Lot.id == ReturnDisposition.lot_id)
        .where(ReturnDisposition.return_line_id.in_(line_ids))
        .order_by(ReturnDisposition.id)
    )
    names = (
        "id", "at", "disposition", "quantity", "location_id", "location_code", "bin_id",
        "bin_code", "lot_code", "note", "actor",
    )  # fmt: skip
    for row in rows:
        found[row.return_line_id].append({name: getattr(row, name) for name in names})
    return found
