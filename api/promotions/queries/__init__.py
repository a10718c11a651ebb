"""Reads of discounts: which apply to a cart; the lists of staff are in `admin`."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import date
from time import monotonic
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from api.kernel.money import Money
from api.platform.db import session, table_of
from api.platform.settings import current_settings
from api.promotions import codes as code_rules
from api.promotions.calculation import (
    NOTHING,
    Buyer,
    Candidate,
    Discount,
    Outcome,
    Refused,
    Tier,
    WhyNot,
    calculate,
)
from api.promotions.models import TOKEN, DiscountCode, DiscountRow
from api.promotions.queries import facts as facts_queries
from api.promotions.queries.facts import CartToDiscount, persons

__all__ = [
    "CartToDiscount",
    "current_token",
    "discount_of",
    "discounts",
    "explained",
    "is_known_code",
    "outcome",
    "persons",
    "today",
]

DISCOUNTS, CODES = table_of(DiscountRow), table_of(DiscountCode)
_ID_SETS = {"get_products", "get_collections", "products", "collections", "groups"}
_KEPT: dict[str, tuple[UUID, tuple[Discount, ...], float]] = {}
"""The discounts of this process, the token that they were read with, and when."""
_KEPT_SECONDS: Final = 60
"""An older release that still runs beside this one gives no new token with the last use."""


def outcome(cart: CartToDiscount, *, tried: Discount | None = None) -> Outcome:
    """Return the discounts of a cart, and why others that it has a code for do not apply.

    No statement without an active discount, else at most one for what can change the answer, and
    one more whenever discounts have changed. Automatic discounts that do not apply are only told of
    where something is missing that the buyer can add. `tried` counts as one of the active ones.
    """
    if cart.token is None and tried is None:
        unknown = [_unknown(code) for code in cart.codes]
        return Outcome(refused=tuple(unknown)) if unknown else NOTHING
    listed = () if cart.token is None else discounts(cart.token)
    if tried is not None:
        listed = (*(one for one in listed if one.id != tried.id), tried)
    by_id = {one.id: one for one in listed}
    candidates = [Candidate(one) for one in listed if one.is_automatic or one is tried]
    buyer = Buyer(today=today(), currency=cart.currency)
    buyer, goods, entered = facts_queries.completed(
        cart, buyer, listed, tells_all=bool(cart.codes) or tried is not None
    )
    found = [row for row in entered if UUID(row[2]) in by_id]
    candidates += [
        Candidate(by_id[UUID(discount)], code, UUID(code_id), bool(is_used_up))
        for _, code_id, discount, code, is_used_up in found
    ]
    result = calculate(goods, candidates, buyer)
    told = tuple(
        one
        for one in result.refused
        if one.code is not None or one.why.missing_amount or one.why.missing_quantity or tried
    )
    known = {row[0] for row in found}
    unknown = [_unknown(code) for code in cart.codes if code_rules.fold(code) not in known]
    return replace(result, refused=(*told, *unknown))


def current_token() -> UUID | None:
    """Return the token of all active discounts, for what has no cart; None without any."""
    token: UUID | None = session.scalar(select(TOKEN))
    return token


def discounts(token: UUID) -> tuple[Discount, ...]:
    """Return the active discounts; read anew when the token has changed."""
    now = monotonic()
    kept = _KEPT.get("discounts")
    if kept is None or kept[0] != token or now - kept[2] > _KEPT_SECONDS:
        rows = session.execute(select(DISCOUNTS).where(DISCOUNTS.c.is_active)).mappings()
        kept = _KEPT["discounts"] = (token, tuple(discount_of(dict(row)) for row in rows), now)
    return kept[1]


def discount_of(row: Mapping[str, Any]) -> Discount:
    """Return a stored discount as it is calculated."""
    limit = row["max_uses"]
    is_used_up = limit is not None and row.get("uses", 0) >= limit
    values = {one.name: row[one.name] for one in fields(Discount) if one.name != "is_used_up"}
    values |= {name: frozenset(UUID(one) for one in values[name]) for name in _ID_SETS}
    values["markets"] = frozenset(values["markets"])
    values["tiers"] = tuple(Tier(**tier) for tier in values["tiers"])
    return Discount(**values, is_used_up=is_used_up)


def today() -> date:
    """Return the day in the shop's time zone."""
    return current_settings().today


def _unknown(code: str) -> Refused:
    return Refused(None, code, WhyNot("unknown", "This code is not known, or no longer valid."))


def is_known_code(code: str) -> bool:
    """Return whether a code belongs to a discount."""
    found = select(CODES.c.id).where(CODES.c.folded == code_rules.fold(code))
    return session.scalar(found) is not None


def explained(result: Outcome, off: Sequence[int], currency: str) -> dict[str, object]:
    """Return which discounts apply, and why others do not, as the API tells it.

    `off` is what each takes off the shipping.
    """
    return {
        "discounts": [
            {
                "name": one.discount.name,
                "code": one.code,
                "amount": Money(one.amount + share, currency),
                "shipping_amount": Money(share, currency),
            }
            for one, share in zip(result.applied, off, strict=True)
        ],
        "not_applied": [
            {
                "name": one.name,
                "code": one.code,
                "condition": one.why.condition,
                "detail": one.why.detail,
                "missing_amount": one.why.missing_amount,
                "missing_quantity": one.why.missing_quantity,
            }
            for one in result.refused
        ],
    }
