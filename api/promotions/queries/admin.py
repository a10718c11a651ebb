"""Reads of discounts for staff, and what discounts took off an order."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, Unpack
from uuid import UUID

from sqlalchemy import select, text

from api.kernel.ids import new_id
from api.kernel.money import Money
from api.platform import pagination
from api.platform.db import AnyRow, session, table_of
from api.platform.pagination import PageQuery, Sort
from api.promotions.calculation import Goods
from api.promotions.errors import DiscountNotFound, SkuUnknown
from api.promotions.models import TOKEN, OrderDiscount
from api.promotions.queries import (
    CODES,
    DISCOUNTS,
    CartToDiscount,
    discount_of,
    explained,
    outcome,
)
from api.promotions.shares import ShippingRule

_ORDERS: Final = table_of(OrderDiscount)


def of_order(order_id: UUID, currency: str) -> list[dict[str, object]]:
    """Return what discounts took off an order, in order."""
    rows = session.execute(
        select(_ORDERS).where(_ORDERS.c.order_id == order_id).order_by(_ORDERS.c.position)
    )
    return [_taken(row, currency) for row in rows]


def _taken(row: AnyRow, currency: str) -> dict[str, object]:
    return {
        "name": row.name,
        "code": row.code,
        "amount": Money(row.amount, currency),
        "shipping_amount": Money(row.shipping_amount, currency),
        "reason": row.reason,
        "lines": [
            {"order_line_id": UUID(line), "amount": Money(share, currency)}
            for line, share in row.shares.items()
        ],
    }


def page_of_order(order_id: UUID, currency: str, **asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of what discounts took off an order, in order."""
    of_order = _ORDERS.c.order_id == order_id
    return pagination.page_response(
        select(_ORDERS).where(of_order),
        Sort((_ORDERS.c.position,)),
        lambda row: _taken(row, currency),
        filters=order_id,
        **asked,
    )


def has_staff_discount(row_id: UUID) -> bool:
    """Return whether a discount by staff was given already."""
    return session.scalar(select(_ORDERS.c.id).where(_ORDERS.c.id == row_id)) is not None


def shipping_rules(order_id: UUID) -> list[ShippingRule]:
    """Return what each discount of an order takes off its shipping, in order."""
    return list(
        session.scalars(
            select(_ORDERS.c.shipping_rule)
            .where(_ORDERS.c.order_id == order_id)
            .order_by(_ORDERS.c.position)
        )
    )


def shares_of(order_id: UUID) -> dict[UUID, dict[UUID, int]]:
    """Return what each discount of an order takes off its lines, by the discount's row."""
    rows = session.execute(
        select(_ORDERS.c.id, _ORDERS.c.shares)
        .where(_ORDERS.c.order_id == order_id)
        .order_by(_ORDERS.c.position)
    )
    return {row.id: {UUID(line): int(cut) for line, cut in row.shares.items()} for row in rows}


def discount(discount_id: UUID) -> dict[str, object]:
    """Return a discount as staff see it. Raises `DiscountNotFound`."""
    row = (
        session.execute(select(DISCOUNTS).where(DISCOUNTS.c.id == discount_id))
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise DiscountNotFound
    return _views([dict(row)])[0]


def discounts_page(
    *, active: bool | None, limit: int, cursor: str | None, with_total: bool
) -> dict[str, object]:
    """Return a page of all discounts, newest first; `active` selects."""
    statement, counted = select(DISCOUNTS), select(DISCOUNTS.c.id)
    if active is not None:
        statement = statement.where(DISCOUNTS.c.is_active == active)
        counted = counted.where(DISCOUNTS.c.is_active == active)
    rows, page = pagination.page(
        statement,
        Sort((DISCOUNTS.c.id,), descending=True),
        limit=limit,
        cursor=cursor,
        filters=active,
        total=counted if with_total else None,
    )
    return {"data": _views([row._asdict() for row in rows]), "page": page}


def codes_page(discount_id: UUID, **asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of the codes of a discount, oldest first."""
    of_discount = CODES.c.discount_id == discount_id
    return pagination.page_response(
        select(CODES).where(of_discount), Sort((CODES.c.id,)), _code, filters=discount_id, **asked
    )


def all_codes(discount_id: UUID) -> list[Any]:
    """Return all codes of a discount with their uses, for the CSV export."""
    return list(
        session.execute(
            select(*CODES.c["code", "uses", "max_uses"])
            .where(CODES.c.discount_id == discount_id)
            .order_by(CODES.c.id)
        )
    )


def _code(row: AnyRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in ("id", "code", "uses", "max_uses", "created_at")}


_NAMED: Final = (
    ("products", "products", "slug"),
    ("get_products", "products", "slug"),
    ("collections", "collections", "slug"),
    ("get_collections", "collections", "slug"),
    ("groups", "customer_groups", "code"),
)
"""Conditions by id: the member, the table that they are in, and the name that staff use."""


def names_of(table: str, ids: Sequence[str]) -> dict[str, str]:
    """Return how products, collections or groups are called, by id; unknown ones are left out."""
    column = next(column for _, found, column in _NAMED if found == table)
    rows = session.execute(
        text(f"SELECT id, {column} AS name FROM {table} WHERE id = ANY(CAST(:ids AS uuid[]))"),  # noqa: S608
        {"ids": list(ids)},
    )
    return {str(row.id): row.name for row in rows}


def market_codes() -> frozenset[str]:
    """Return the codes of the shop's markets."""
    return frozenset(session.scalars(text("SELECT code FROM markets")))


def ids_of(member: str, names: Sequence[str]) -> dict[str, str]:
    """Return the ids of what a condition names; unknown names are left out."""
    table, column = next((table, column) for name, table, column in _NAMED if name == member)
    rows = session.execute(
        text(f"SELECT id, {column} AS name FROM {table} WHERE {column} = ANY(:names)"),  # noqa: S608
        {"names": list(names)},
    )
    return {row.name: str(row.id) for row in rows}


_AMONG: Final = text(
    """
    SELECT count(*) FROM variants v
    WHERE CAST(:products AS uuid[]) = '{}' AND CAST(:collections AS uuid[]) = '{}'
        OR v.product_id = ANY(CAST(:products AS uuid[])) OR EXISTS (
            SELECT FROM collection_members m WHERE m.product_id = v.product_id
                AND m.collection_id = ANY(CAST(:collections AS uuid[])))
    """
)


def variants_among(products: Sequence[str], collections: Sequence[str]) -> int:
    """Return how many variants products and collections have; without any, the whole shop."""
    named = {"products": list(products), "collections": list(collections)}
    return int(session.scalar(_AMONG, named) or 0)


def _views(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, object]]:
    names: dict[str, dict[str, str]] = {}
    for table in dict.fromkeys(table for _, table, _ in _NAMED):
        members = [member for member, found, _ in _NAMED if found == table]
        if ids := [one for row in rows for member in members for one in row[member]]:
            names[table] = names_of(table, ids)
    return [_view(row, names) for row in rows]


def _view(row: Mapping[str, Any], names: Mapping[str, Mapping[str, str]]) -> dict[str, object]:
    money = partial(_money, currency=row["currency"])
    shown = {name: value for name, value in row.items() if not name.startswith("sort_")}
    for member, table, _ in _NAMED:
        shown[member] = [names[table][one] for one in row[member] if one in names[table]]
    return {
        **shown,
        "amount": money(row["amount"]),
        "min_amount": money(row["min_amount"]),
        "tiers": [
            {
                "quantity": None if _by_value(row) else tier["start"],
                "value": money(tier["start"]) if _by_value(row) else None,
                "basis_points": tier.get("basis_points"),
                "amount": money(tier.get("amount")),
            }
            for tier in row["tiers"]
        ],
    }


def _by_value(row: Mapping[str, object]) -> bool:
    return bool(row["kind"] == "tiered_by_value")


def _money(amount: int | None, *, currency: str | None) -> Money | None:
    return None if amount is None or currency is None else Money(amount, currency)


_PRICED: Final = text(
    """
    SELECT v.id, v.sku, v.product_id, v.tax_class, p.amount FROM variants v
    JOIN variant_prices p ON p.variant_id = v.id AND p.currency = :currency
    WHERE v.sku = ANY(:skus)
    """
)


def tried(
    discount_id: UUID,
    *,
    currency: str,
    lines: Sequence[Mapping[str, Any]],
    shipping: Money | None,
    alone: bool,
) -> dict[str, object]:
    """Return what a cart would cost with a discount. Raises `DiscountNotFound`, `SkuUnknown`."""
    statement = select(DISCOUNTS).where(DISCOUNTS.c.id == discount_id)
    row = session.execute(statement).mappings().one_or_none()
    if row is None:
        raise DiscountNotFound
    skus = [line["sku"] for line in lines]
    found = {one.sku: one for one in session.execute(_PRICED, {"currency": currency, "skus": skus})}
    for place, sku in enumerate(skus):
        if sku not in found:
            error = {"pointer": f"/lines/{place}/sku", "code": SkuUnknown.code}
            said = SkuUnknown(sku=sku, currency=currency).detail
            raise SkuUnknown(said, errors=[{**error, "detail": said}])
    goods = [
        Goods(new_id(), line["quantity"], found[s].amount, found[s].product_id, found[s].tax_class)
        for s, line in zip(skus, lines, strict=True)
    ]
    token = None if alone else session.scalar(select(TOKEN))
    cart = CartToDiscount(goods=goods, currency=currency, token=token)
    result = outcome(cart, tried=replace(discount_of(dict(row)), is_active=True))
    subtotal = sum(line.quantity * line.unit_price for line in goods)
    carriage = 0 if shipping is None else shipping.amount
    off = result.off_shipping(carriage, currency)
    taken = sum(one.amount for one in result.applied) + sum(off)
    total = Money(subtotal + carriage - taken, currency)
    reasons = [f"{one.name}: {one.why.detail}" for one in result.refused]
    said = f"{Money(subtotal, currency)}, {Money(taken, currency)} off, to pay {total}."
    return {
        "subtotal": Money(subtotal, currency),
        "discount_total": Money(taken, currency),
        "total": total,
        "summary": " ".join((said, *reasons)),
        **explained(result, off, currency),
    }
