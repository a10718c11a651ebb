"""Reads of draft orders."""

from typing import Unpack
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from api.draft_orders.errors import DraftNotFound
from api.draft_orders.models import DraftLine, DraftOrder
from api.draft_orders.states import DraftStatus
from api.kernel.money import Money
from api.orders.models import Order
from api.platform.addresses import labelled
from api.platform.db import AnyRow, session
from api.platform.pagination import PageQuery, Sort, page_response

NEWEST = Sort((DraftOrder.created_at, DraftOrder.id), descending=True)
_OPEN = (DraftStatus.OPEN, DraftStatus.SENT)
_CARD = (
    "id", "number", "status", "customer_id", "email", "valid_until", "reserved_until", "order_id",
    "created_at", "created_by", "version",
)  # fmt: skip
_SHOWN = (
    *_CARD, "shipping_method", "customer_note", "reason", "discount_codes", "price_command_id",
)  # fmt: skip
_ADDRESSES = ("shipping_address", "billing_address")
_COLUMNS = DraftOrder.__table__.columns


def list_drafts(*, status: str, **asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of drafts, newest first: the unfinished ones, or those of a status."""
    statuses = _OPEN if status == "unfinished" else (DraftStatus(status),)
    chosen = (
        select(*_COLUMNS, Order.number.label("order_number"))
        .outerjoin(Order, Order.id == DraftOrder.order_id)
        .where(DraftOrder.status.in_(statuses))
    )
    return page_response(chosen, NEWEST, lambda row: _card(row, _CARD), filters=status, **asked)


def load(draft_id: UUID) -> DraftOrder:
    """Load a draft with its lines, without a lock. Raises `DraftNotFound`."""
    draft = session.scalar(
        select(DraftOrder)
        .where(DraftOrder.id == draft_id)
        .execution_options(populate_existing=True)
        .options(selectinload(DraftOrder.lines))
    )
    if draft is None:
        raise DraftNotFound(draft_id=draft_id)
    return draft


def draft(draft_id: UUID) -> dict[str, object]:
    """Return a draft with its lines. Two statements. Raises `DraftNotFound`."""
    row = session.execute(
        select(*_COLUMNS, Order.number.label("order_number"))
        .outerjoin(Order, Order.id == DraftOrder.order_id)
        .where(DraftOrder.id == draft_id)
    ).one_or_none()
    if row is None:
        raise DraftNotFound(draft_id=draft_id)
    lines = session.execute(
        select(*DraftLine.__table__.columns)
        .where(DraftLine.draft_id == draft_id)
        .order_by(DraftLine.position)
    )
    return {
        **_card(row, _SHOWN),
        **{name: _address(getattr(row, name)) for name in _ADDRESSES},
        "lines": [
            {
                "sku": line.sku,
                "title": line.title,
                "quantity": line.quantity,
                "unit_price": Money(line.unit_price, row.currency),
                "usual_price": Money(line.usual_price, row.currency),
                "amount": Money(line.unit_price * line.quantity, row.currency),
            }
            for line in lines
        ],
    }


def _address(stored: dict[str, object] | None) -> dict[str, object] | None:
    return None if stored is None else labelled(stored)


def _card(row: AnyRow, names: tuple[str, ...]) -> dict[str, object]:
    quoted = row.quoted_total
    return {
        **{name: getattr(row, name) for name in names},
        "currency": row.currency,
        "order_number": row.order_number,
        "goods_total": Money(row.goods_total, row.currency),
        "quoted_total": None if quoted is None else Money(quoted, row.currency),
    }
