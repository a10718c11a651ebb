"""Uses of discounts: claimed when an order is placed, given back when it is cancelled.

The rows of discounts are locked in the order of their ids, after the cart or the order and before
any stock level; then their token, when one is used up or no longer is.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import insert, text, update

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform.db import require_transaction
from api.promotions.calculation import Applied, shipping_rule
from api.promotions.errors import DiscountUsedUp
from api.promotions.models import OrderDiscount
from api.promotions.service.discounts import renew_token

_CLAIM: Final = text(
    """
    WITH locked AS (
        SELECT id FROM discounts WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE
    )
    UPDATE discounts d SET uses = uses + 1 FROM locked
    WHERE d.id = locked.id AND d.is_active AND (d.max_uses IS NULL OR d.uses < d.max_uses)
    RETURNING d.id, d.uses IS NOT DISTINCT FROM d.max_uses AS is_last
    """
)
_CLAIM_CODES: Final = text(
    """
    WITH locked AS (
        SELECT id FROM discount_codes WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE
    )
    UPDATE discount_codes c SET uses = uses + 1 FROM locked
    WHERE c.id = locked.id AND (c.max_uses IS NULL OR c.uses < c.max_uses)
    RETURNING c.id
    """
)
_CLAIM_OF_PERSON: Final = text(
    """
    INSERT INTO discount_customer_uses AS u (discount_id, person, uses)
    VALUES (:discount, :person, 1)
    ON CONFLICT (discount_id, person) DO UPDATE SET uses = u.uses + 1 WHERE u.uses < :most
    RETURNING uses
    """
)
_RELEASE: Final = text(
    """
    WITH released AS (
        UPDATE order_discounts SET released_at = :moment
        WHERE order_id = :order AND released_at IS NULL AND discount_id IS NOT NULL
        RETURNING discount_id, code_id, persons
    ), locked AS (
        SELECT id FROM discounts WHERE id IN (SELECT discount_id FROM released)
        ORDER BY id FOR UPDATE
    ), counted AS (
        UPDATE discounts d SET uses = uses - 1 FROM locked WHERE d.id = locked.id
        RETURNING d.uses + 1 IS NOT DISTINCT FROM d.max_uses AS was_used_up
    ), codes AS (
        UPDATE discount_codes SET uses = uses - 1 WHERE id IN (SELECT code_id FROM released)
    ), people AS (
        UPDATE discount_customer_uses u SET uses = u.uses - 1 FROM released
        WHERE u.discount_id = released.discount_id AND released.persons ? u.person
    )
    SELECT bool_or(was_used_up) FROM counted
    """
)


def claim(applied: Sequence[Applied], persons: Sequence[str]) -> None:
    """Claim one use of each discount and code for an order.

    Raises `DiscountUsedUp` when one has reached its limit, in total or for this person, or was
    switched off since it was calculated. Locks the discounts until the transaction ends.
    """
    current = require_transaction()
    by_id = {one.discount.id: one for one in applied}
    codes = {one.code_id: one for one in applied if one.code_id is not None}
    if not by_id:
        return
    counted = current.execute(_CLAIM, {"ids": [str(one) for one in by_id]}).all()
    _check(set(by_id) - {one.id for one in counted}, by_id)
    if any(one.is_last for one in counted):
        renew_token()  # processes keep whether a discount is used up with the discount
    if codes:
        got = current.execute(_CLAIM_CODES, {"ids": [str(one) for one in codes]}).scalars()
        _check(set(codes) - set(got), codes)
    for discount_id, one in sorted(by_id.items()):
        most = one.discount.max_uses_per_customer
        for person in sorted(persons) if most is not None else ():
            values = {"discount": discount_id, "person": person, "most": most}
            if current.scalar(_CLAIM_OF_PERSON, values) is None:
                _check({discount_id}, by_id)


def record(
    order_id: UUID,
    applied: Sequence[tuple[Applied, int]],
    persons: Sequence[str],
    lines: Mapping[UUID, UUID],
) -> None:
    """Keep what discounts took off an order: each with what it took off the shipping.

    `lines` maps the keys of the shares to the ids of the order's lines.
    """
    rows = [
        {
            "id": new_id(),
            "created_at": clock.now(),
            "order_id": order_id,
            "position": position,
            "discount_id": one.discount.id,
            "code_id": one.code_id,
            "name": one.discount.name,
            "code": one.code,
            "amount": one.amount + shipping_amount,
            "shipping_amount": shipping_amount,
            "shares": {str(lines[key]): share for key, share in one.shares.items()},
            "shipping_rule": dict(shipping_rule(one.discount)),
            "persons": [] if one.discount.max_uses_per_customer is None else list(persons),
        }
        for position, (one, shipping_amount) in enumerate(applied, start=1)
    ]
    if rows:
        require_transaction().execute(insert(OrderDiscount), rows)


def record_shipping(order_id: UUID, shares: Sequence[int]) -> None:
    """Keep what the discounts of an order, in their order, take off another shipping method."""
    for position, share in enumerate(shares, start=1):
        require_transaction().execute(
            update(OrderDiscount)
            .where(OrderDiscount.order_id == order_id, OrderDiscount.position == position)
            .values(
                amount=OrderDiscount.amount - OrderDiscount.shipping_amount + share,
                shipping_amount=share,
            )
            .execution_options(synchronize_session=False)
        )


def record_shares(shares: Mapping[UUID, Mapping[UUID, int]]) -> None:
    """Keep what the discounts of an edited order take off its lines, by the discount's row.

    Needs the order locked.
    """
    for row_id, by_line in shares.items():
        require_transaction().execute(
            update(OrderDiscount)
            .where(OrderDiscount.id == row_id)
            .values(
                shares={str(line): share for line, share in by_line.items()},
                amount=OrderDiscount.shipping_amount + sum(by_line.values()),
            )
            .execution_options(synchronize_session=False)
        )


def record_staff_discount(
    order_id: UUID, shares: Mapping[UUID, int], *, row_id: UUID, reason: str, by: Principal
) -> None:
    """Keep what a member of staff took off an order, and why. Needs the order locked."""
    current = require_transaction()
    position = current.scalar(
        text("SELECT coalesce(max(position), 0) + 1 FROM order_discounts WHERE order_id = :order"),
        {"order": order_id},
    )
    values: dict[str, object] = {
        "id": row_id,
        "created_at": clock.now(),
        "order_id": order_id,
        "position": position,
        "name": "Staff discount",
        "amount": sum(shares.values()),
        "shipping_amount": 0,
        "shares": {str(line): share for line, share in shares.items()},
        "shipping_rule": {},
        "persons": [],
        "reason": reason,
        "given_by": by.label,
    }
    current.execute(insert(OrderDiscount).values(**values))


def give_back(order_id: UUID) -> None:
    """Give the uses of a cancelled order back, once. Needs the order locked."""
    values = {"order": order_id, "moment": clock.now()}
    if require_transaction().scalar(_RELEASE, values):
        renew_token()


def _check(missing: set[UUID], named: Mapping[UUID, Applied]) -> None:
    for one in sorted(missing):
        raise DiscountUsedUp(discount=named[one].code or named[one].discount.name)
