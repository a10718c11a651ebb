"""What the discounts of an order take off its lines when staff change them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from sqlalchemy import select

from api.platform.db import session, table_of
from api.promotions.calculation import Buyer, Candidate, Discount, Goods, calculate
from api.promotions.models import OrderDiscount
from api.promotions.queries import DISCOUNTS, discount_of, today
from api.promotions.queries.facts import CartToDiscount, completed

_ORDERS: Final = table_of(OrderDiscount)
Shares = Mapping[UUID, Mapping[UUID, int]]


def taken_anew(
    order_id: UUID,
    currency: str,
    *,
    ordered: Sequence[Goods],
    edited: Sequence[Goods],
    shares: Shares,
    by_rules_of_now: bool,
) -> dict[UUID, dict[UUID, int]] | None:
    """Return what an order's discounts take off its edited lines, by their rows; None if unknown.

    Only the discounts that the order was placed with count, whatever else is offered today, and
    each once more by its rule: its goods, minimum and steps, not its days and uses. A rule that
    gives another share for the lines as `ordered` than was taken then was changed since; then None,
    unless the rules of now are wanted. Discounts that staff gave are not among them. Three
    statements at most.
    """
    rows = session.execute(
        select(_ORDERS.c.id.label("row_id"), *DISCOUNTS.c)
        .join(DISCOUNTS, DISCOUNTS.c.id == _ORDERS.c.discount_id)
        .where(_ORDERS.c.order_id == order_id)
        .order_by(_ORDERS.c.position)
    ).all()
    by_discount = {row.id: row.row_id for row in rows}
    if not rows or set(by_discount.values()) != _with_rules(order_id):
        return None
    agreed = [_as_agreed(discount_of(dict(row._mapping))) for row in rows]
    buyer = Buyer(today=today(), currency=currency)

    def taken(goods: Sequence[Goods]) -> dict[UUID, dict[UUID, int]]:
        cart = CartToDiscount(goods=goods, currency=currency, token=None)
        _, known, _ = completed(cart, buyer, agreed, tells_all=True)
        result = calculate(known, [Candidate(one) for one in agreed], buyer)
        found: dict[UUID, dict[UUID, int]] = {row_id: {} for row_id in by_discount.values()}
        for one in result.applied:
            cut = {line: share for line, share in one.shares.items() if share}
            found[by_discount[one.discount.id]] = cut
        return found

    if not by_rules_of_now:
        then = {
            row_id: {line: share for line, share in shares[row_id].items() if share}
            for row_id in by_discount.values()
        }
        if taken(ordered) != then:
            return None
    return taken(edited)


def _with_rules(order_id: UUID) -> set[UUID]:
    """Return the rows of an order's discounts that no person gave."""
    found = select(_ORDERS.c.id).where(
        _ORDERS.c.order_id == order_id, _ORDERS.c.discount_id.is_not(None)
    )
    return set(session.scalars(found))


def _as_agreed(discount: Discount) -> Discount:
    """Return a discount that was claimed already: its days and uses were looked at then."""
    return replace(
        discount,
        is_active=True, is_automatic=True, is_used_up=False, first_order=False, starts_on=None,
        ends_on=None, max_uses=None, max_uses_per_customer=None, groups=frozenset(),
        markets=frozenset(),
    )  # fmt: skip
