"""Packing sessions: what is in the parcel, what is missing, and what waits to be packed."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select

from api.catalog.models.products import Product, Variant
from api.catalog.queries import variant_lookup
from api.fulfilment import queries as fulfilment_queries
from api.inventory.models import Bin
from api.kernel.principal import Principal
from api.kernel.text_folding import counted
from api.orders import queries as orders_queries
from api.orders.models import Order, OrderLine
from api.orders.queries import handling
from api.packing import calculation
from api.packing.errors import SessionNotFound
from api.packing.models import PackingLine, PackingSession
from api.packing.queries.boxes import are_boxes_used, box_grams, box_of
from api.packing.queries.reads import LineRead, Missing, NoteRead, SessionRead
from api.packing.queries.weights import learnt_weights
from api.packing.states import PackingStatus
from api.platform.db import AnyRow, AnySelect, session
from api.platform.settings import current_settings
from api.shipping_labels import queries as label_queries

FRAGILE: Final = "fragile"
"""The tag of products that break."""


def row_of(session_id: UUID) -> AnyRow:
    """Return a session's row. Raises `SessionNotFound`."""
    columns = PackingSession.__table__.c
    row = session.execute(select(*columns).where(columns.id == session_id)).one_or_none()
    if row is None:
        raise SessionNotFound(session_id=session_id)
    return row


def order_of(session_id: UUID) -> UUID:
    """Return the order of a session, which never changes. Raises `SessionNotFound`."""
    order_id = session.scalar(
        select(PackingSession.order_id).where(PackingSession.id == session_id)
    )
    if order_id is None:
        raise SessionNotFound(session_id=session_id)
    return order_id


def check_seen(session_id: UUID, by: Principal) -> None:
    """Refuse a session of an order that somebody limited to locations does not see.

    Raises `SessionNotFound`.
    """
    if not orders_queries.is_seen(order_of(session_id), by):
        raise SessionNotFound(session_id=session_id)


def packing_session(session_id: UUID, by: Principal) -> SessionRead:
    """Return a session with its lines, notes and what is missing. Raises `SessionNotFound`.

    The number of statements does not depend on how much is in the parcel.
    """
    row = row_of(session_id)
    order = session.execute(
        select(
            *(Order.number, Order.customer_name, Order.customer_note, Order.gift_message),
            *(Order.shipping_method, Order.ship_country, Order.promised_ship_at),
            *(Order.pinned_notes, Order.currency, Bin.code.label("tote")),
        )
        .outerjoin(Bin, Bin.id == row.tote_id)
        .where(Order.id == row.order_id)
    ).one()
    lines = _lines(session_id)
    box = box_of(row.box_type_id)
    notes: list[NoteRead] = []
    if order.pinned_notes:
        notes = [
            {
                "id": note["id"],
                "text": note["text"],
                "created_by": note["created_by"],
                "is_read": note["is_read"],
            }
            for note in handling.notes(row.order_id, by)
            if note["is_pinned"]
        ]
    is_over = row.status in (PackingStatus.SHIPPED, PackingStatus.CANCELLED)
    needs_box = are_boxes_used()
    return {
        "id": row.id,
        "order_id": row.order_id,
        "order_number": order.number,
        "status": row.status,
        "station": row.station,
        "packer": row.packer,
        "claimed_until": row.claimed_until,
        "tote": order.tote,
        "is_picked_up": order.shipping_method.get("kind") == "pickup",
        "carrier": fulfilment_queries.carrier_of(order.shipping_method),
        "buys_label": label_queries.buys_label(order.shipping_method, order.currency),
        "shipping_method": order.shipping_method["name"],
        "country": order.ship_country,
        "promised_ship_at": order.promised_ship_at,
        "customer_name": order.customer_name,
        "customer_note": order.customer_note,
        "gift_message": order.gift_message,
        "pinned_notes": notes,
        "is_fragile": any(line["is_fragile"] for line in lines),
        "lines": lines,
        "box": None
        if box is None
        else {"id": box.id, "name": box.name, "weight_grams": box.weight_grams},
        "needs_box": needs_box,
        "weight_grams": row.weight_grams,
        "expected_grams": expected_weight(row, lines),
        "blocked_by": row.blocked_by,
        "missing": [] if is_over else missing(row, lines=lines, needs_box=needs_box),
        "fulfilment_id": row.fulfilment_id,
        "created_at": row.created_at,
        "finished_at": row.finished_at,
    }


def missing(
    row: AnyRow,
    *,
    is_partial: bool = False,
    is_overridden: bool = False,
    lines: Sequence[LineRead] | None = None,
    needs_box: bool | None = None,
) -> list[Missing]:
    """List what is missing before the parcel of a session gets a label or leaves.

    A partial parcel has the units that were verified, and needs one at least. Overridden units need
    no scan; a wrong item, the box and the weight are asked for all the same.
    """
    found: list[Missing] = []
    lines = _lines(row.id) if lines is None else lines
    if row.blocked_by is not None:
        found.append(_missing("/scans", "wrong_item_scanned", row.blocked_by))
    if is_partial:
        if not any(line["verified"] for line in lines):
            found.append(_missing("/lines", "units_not_verified", "No unit is verified."))
    elif not is_overridden:
        for place, line in enumerate(lines):
            left = line["quantity"] - line["verified"]
            if left and line["must_verify"]:
                told = f"{line['sku']}: {counted(left, 'unit')} of {line['quantity']} not verified."
                found.append(_missing(f"/lines/{place}/verified", "units_not_verified", told))
    if row.box_type_id is None and (are_boxes_used() if needs_box is None else needs_box):
        found.append(_missing("/box", "box_missing", "No box is chosen: scan its label."))
    if row.weight_grams is not None and not row.is_rechecked:
        should_be = expected_weight(row, lines, is_partial=is_partial)
        if calculation.is_off(row.weight_grams, should_be):
            told = f"{row.weight_grams} g instead of {should_be} g: look what is in the parcel."
            found.append(_missing("/weight_grams", "weight_off", told))
    return found


def expected_weight(
    row: AnyRow, lines: Sequence[LineRead] | None = None, *, is_partial: bool = False
) -> int | None:
    """Return what a parcel should weigh with its box; None while that is not known enough.

    Of a partial parcel the verified units count.
    """
    return expected_of(units_of(row.id, is_partial=is_partial, lines=lines), row.box_type_id)


def expected_of(units: Mapping[UUID, int], box_type_id: UUID | None) -> int | None:
    """Return what units by variant should weigh in a box; None while that is not known enough."""
    return calculation.expected(units, box_grams(box_type_id), learnt_weights(units))


def label_weight(row: AnyRow, *, is_partial: bool) -> int:
    """Return the weight for the label of a parcel; 0 where none is known.

    As it was weighed, else as past parcels let expect, else that of its goods.
    """
    known = row.weight_grams or expected_weight(row, is_partial=is_partial)
    if known:
        return int(known)
    units = PackingLine.verified if is_partial else PackingLine.quantity
    goods = session.scalar(
        select(func.sum(OrderLine.weight_grams * units))
        .join_from(PackingLine, OrderLine, OrderLine.id == PackingLine.order_line_id)
        .where(PackingLine.session_id == row.id)
    )
    return int(goods or 0)


def is_begun(session_id: UUID) -> bool:
    """Return whether some units of a parcel are verified and others are still to be."""
    lines = _lines(session_id)
    return any(line["verified"] for line in lines) and any(
        line["verified"] < line["quantity"] and line["must_verify"] for line in lines
    )


def units_of(
    session_id: UUID, *, is_partial: bool = False, lines: Sequence[LineRead] | None = None
) -> dict[UUID, int]:
    """Return the units in a parcel by variant; of a partial one those that were verified."""
    units: dict[UUID, int] = {}
    for line in _lines(session_id) if lines is None else lines:
        count = line["verified"] if is_partial else line["quantity"]
        if count:
            units[line["variant_id"]] = units.get(line["variant_id"], 0) + count
    return units


def units_by_line(session_id: UUID, *, is_partial: bool) -> dict[UUID, int]:
    """Return the units in a parcel by order line; of a partial one those that were verified."""
    rows = session.execute(
        select(PackingLine.order_line_id, PackingLine.quantity, PackingLine.verified)
        .where(PackingLine.session_id == session_id)
        .order_by(PackingLine.id)
    )
    counts = ((row.order_line_id, row.verified if is_partial else row.quantity) for row in rows)
    return {line_id: units for line_id, units in counts if units}


def line(session_id: UUID, line_id: UUID) -> AnyRow | None:
    """Return a line of a session with its variant, or None."""
    return session.execute(_plain_lines(session_id).where(PackingLine.id == line_id)).one_or_none()


def lines_of_variant(session_id: UUID, variant_id: UUID) -> Sequence[AnyRow]:
    """Return the lines of a session that have a variant, in the order of the order's lines."""
    return session.execute(
        _plain_lines(session_id)
        .where(OrderLine.variant_id == variant_id)
        .order_by(OrderLine.position)
    ).all()


def _missing(pointer: str, code: str, detail: str) -> Missing:
    return {"pointer": pointer, "code": code, "detail": detail}


def _plain_lines(session_id: UUID) -> AnySelect:
    return (
        select(
            *(PackingLine.id, PackingLine.order_line_id, PackingLine.quantity),
            *(PackingLine.verified, OrderLine.variant_id, OrderLine.sku),
        )
        .join(OrderLine, OrderLine.id == PackingLine.order_line_id)
        .where(PackingLine.session_id == session_id)
    )


def _lines(session_id: UUID) -> list[LineRead]:
    rows = session.execute(
        select(
            *(PackingLine.id, PackingLine.order_line_id, PackingLine.quantity),
            *(PackingLine.verified, OrderLine.variant_id, OrderLine.sku, Variant.barcode),
            *(OrderLine.title, OrderLine.variant_title, OrderLine.image_url, OrderLine.note),
            *(OrderLine.properties, Product.tags),
        )
        .join(OrderLine, OrderLine.id == PackingLine.order_line_id)
        .join(Variant, Variant.id == OrderLine.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .where(PackingLine.session_id == session_id)
        .order_by(OrderLine.position)
    ).all()
    barcodes = variant_lookup.barcodes_of([row.variant_id for row in rows])
    return [_line(row, barcodes) for row in rows]


def _line(row: AnyRow, barcodes: Mapping[UUID, list[dict[str, Any]]]) -> LineRead:
    own = barcodes.get(row.variant_id, [])
    rule = current_settings().ship_verification
    return {
        "id": row.id,
        "order_line_id": row.order_line_id,
        "variant_id": row.variant_id,
        "sku": row.sku,
        "barcode": row.barcode,
        "barcodes": [{"code": one["code"], "pack_quantity": one["pack_quantity"]} for one in own],
        "title": row.title,
        "variant_title": row.variant_title,
        "image_url": row.image_url,
        "note": row.note,
        "properties": row.properties or {},
        "is_fragile": any(tag.lower() == FRAGILE for tag in row.tags),
        "must_verify": fulfilment_queries.must_verify(rule, has_barcode=bool(own)),
        "quantity": row.quantity,
        "verified": row.verified,
    }
