"""Reads of claims, and the report of defects by supplier."""

from datetime import date, datetime, time, timedelta
from typing import Unpack
from uuid import UUID

from sqlalchemy import select, text

from api.kernel import clock
from api.kernel.principal import Principal
from api.orders import queries as orders_queries
from api.orders.models import Order, OrderLine
from api.platform.db import AnyRow, AnySelect, session, table_of
from api.platform.pagination import PageQuery, Sort, page_response
from api.platform.settings import current_settings
from api.returns.errors import ClaimNotFound
from api.returns.models import Claim, ClaimLine, ReturnPhoto
from api.returns.queries import cases, settings
from api.returns.states import CLAIM

_CLAIMS = table_of(Claim)
_OLDEST = Sort((Claim.id,))
_EARLIEST, _LATEST = date(2000, 1, 1), date(2999, 12, 31)
_FIELDS = (
    "id", "order_id", "kind", "status", "note", "decision", "return_id", "replacement_order_id",
    "refund_id", "created_at", "resolved_at", "created_by", "version",
)  # fmt: skip


def claim(claim_id: UUID) -> dict[str, object]:
    """Return a claim with its lines and evidence. Raises `ClaimNotFound`."""
    row = session.execute(_select().where(Claim.id == claim_id)).one_or_none()
    if row is None:
        raise ClaimNotFound(claim_id=claim_id)
    lines = session.execute(
        select(ClaimLine.order_line_id, ClaimLine.quantity, OrderLine.sku, OrderLine.title)
        .join(OrderLine, OrderLine.id == ClaimLine.order_line_id)
        .where(ClaimLine.claim_id == claim_id)
        .order_by(ClaimLine.id)
    )
    photos = session.execute(
        select(ReturnPhoto.id, ReturnPhoto.key, ReturnPhoto.url)
        .where(ReturnPhoto.claim_id == claim_id)
        .order_by(ReturnPhoto.id)
    )
    return {
        **_card(row),
        "commands": CLAIM.allowed(row.status),
        "lines": [line._asdict() for line in lines],
        "photos": [cases.photo_fields(one) for one in photos],
    }


def claim_of_customer(claim_id: UUID) -> dict[str, object]:
    """Return a claim as its customer sees it. Raises `ClaimNotFound`."""
    return _for_customer(claim(claim_id))


def claims_of_order(order_id: UUID) -> list[dict[str, object]]:
    """Return the claims of an order as its customer sees them, oldest first; three statements."""
    rows = session.execute(_select().where(Claim.order_id == order_id).order_by(Claim.id)).all()
    ids = [row.id for row in rows]
    lines: dict[UUID, list[dict[str, object]]] = {claim_id: [] for claim_id in ids}
    for line in session.execute(
        select(
            ClaimLine.claim_id, ClaimLine.order_line_id, ClaimLine.quantity, OrderLine.sku,
            OrderLine.title,
        )
        .join(OrderLine, OrderLine.id == ClaimLine.order_line_id)
        .where(ClaimLine.claim_id.in_(ids))
        .order_by(ClaimLine.id)
    ):  # fmt: skip
        shown = line._asdict()
        lines[shown.pop("claim_id")].append(shown)
    photos: dict[UUID, list[dict[str, object]]] = {claim_id: [] for claim_id in ids}
    for photo in session.execute(
        select(ReturnPhoto.claim_id, ReturnPhoto.id, ReturnPhoto.key, ReturnPhoto.url)
        .where(ReturnPhoto.claim_id.in_(ids))
        .order_by(ReturnPhoto.id)
    ):
        photos[photo.claim_id].append(cases.photo_fields(photo))
    return [
        _for_customer({**_card(row), "lines": lines[row.id], "photos": photos[row.id]})
        for row in rows
    ]


def _for_customer(full: dict[str, object]) -> dict[str, object]:
    hidden = (
        "created_by", "version", "commands", "return_id", "replacement_order_id", "refund_id",
    )  # fmt: skip
    return {name: value for name, value in full.items() if name not in hidden}


def order_of(claim_id: UUID) -> UUID:
    """Return the order of a claim. Raises `ClaimNotFound`."""
    order_id = session.scalar(select(Claim.order_id).where(Claim.id == claim_id))
    if order_id is None:
        raise ClaimNotFound(claim_id=claim_id)
    return order_id


def check_seen(claim_id: UUID, by: Principal) -> None:
    """Refuse a claim of an order that somebody limited to locations does not see.

    Raises `ClaimNotFound`.
    """
    if not orders_queries.is_seen(order_of(claim_id), by):
        raise ClaimNotFound(claim_id=claim_id)


def claims_page(
    *, status: str | None, order_id: UUID | None, by: Principal, **asked: Unpack[PageQuery]
) -> dict[str, object]:
    """Return a page of claims of the orders that `by` sees, oldest first."""
    conditions = orders_queries.seen_by(by, Claim.order_id)
    if status is not None:
        conditions.append(Claim.status == status)
    if order_id is not None:
        conditions.append(Claim.order_id == order_id)
    return page_response(
        _select().where(*conditions),
        _OLDEST,
        _card,
        filters=(status, order_id, by.locations and sorted(by.locations)),
        counted=select(Claim.id).where(*conditions),
        **asked,
    )


def defects(first: date, last: date) -> list[dict[str, object]]:
    """Count defects by supplier and article in a period: returns with such a reason, and claims.

    An article without a supplier stands at the end. Units that are in both count once for each.
    """
    zone = current_settings().zone
    first, last = max(first, _EARLIEST), min(last, _LATEST)
    codes = [one.code for one in settings.reasons() if one.counts_as_defect]
    rows = session.execute(
        _DEFECTS,
        {
            "codes": codes,
            "first": datetime.combine(first, time(), zone),
            "end": datetime.combine(last + timedelta(days=1), time(), zone),
        },
    )
    return [
        {
            "supplier_id": row.supplier_id,
            "supplier": row.supplier,
            "variant_id": row.variant_id,
            "sku": row.sku,
            "shipped_units": int(row.shipped),
            "returned_units": int(row.returned),
            "claimed_units": int(row.claimed),
        }
        for row in rows
    ]


def default_period() -> tuple[date, date]:
    """Return the last ninety days in the shop's time zone."""
    today = clock.now().astimezone(current_settings().zone).date()
    return today - timedelta(days=90), today


def _select() -> AnySelect:
    return select(*(_CLAIMS.c[name] for name in _FIELDS), Order.number.label("order_number")).join(
        Order, Order.id == Claim.order_id
    )


def _card(row: AnyRow) -> dict[str, object]:
    return {**{name: getattr(row, name) for name in _FIELDS}, "order_number": row.order_number}


_DEFECTS = text("""
    WITH bad AS (
        SELECT l.variant_id, sum(greatest(l.quantity, l.received_quantity)) AS returned,
            0 AS claimed
        FROM return_lines l JOIN returns r ON r.id = l.return_id
        WHERE l.reason = ANY(:codes) AND r.status NOT IN ('rejected', 'cancelled')
            AND r.created_at >= :first AND r.created_at < :end
        GROUP BY 1
        UNION ALL
        SELECT ol.variant_id, 0, sum(n.quantity)
        FROM claim_lines n JOIN claims c ON c.id = n.claim_id
            JOIN order_lines ol ON ol.id = n.order_line_id
        WHERE c.kind IN ('broken', 'wrong') AND c.status <> 'denied'
            AND c.created_at >= :first AND c.created_at < :end
        GROUP BY 1
    )
    SELECT s.id AS supplier_id, s.name AS supplier, v.id AS variant_id, v.sku,
        sum(bad.returned) AS returned, sum(bad.claimed) AS claimed,
        (SELECT coalesce(sum(fl.quantity), 0) FROM fulfilment_lines fl
            JOIN fulfilments f ON f.id = fl.fulfilment_id
            JOIN order_lines ol ON ol.id = fl.order_line_id
            WHERE ol.variant_id = v.id AND f.shipped_at >= :first AND f.shipped_at < :end)
            AS shipped
    FROM bad JOIN variants v ON v.id = bad.variant_id
    LEFT JOIN supplier_items i ON i.variant_id = v.id AND i.is_preferred
    LEFT JOIN suppliers s ON s.id = i.supplier_id
    GROUP BY s.id, s.name, v.id, v.sku
    ORDER BY s.name NULLS LAST, sum(bad.returned) + sum(bad.claimed) DESC, v.sku
    LIMIT 1000""")
