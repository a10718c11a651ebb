"""Reads of discounts: which apply to a cart; the lists of staff are in `admin`."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text

from api.kernel.money import Money
from api.platform.db import session, table_of
from api.platform.service_registry import get_service
from api.platform.settings import Settings
from api.promotions import codes as code_rules
from api.promotions.calculation import (
    NOTHING,
    Buyer,
    Candidate,
    Discount,
    Goods,
    Outcome,
    Refused,
    Tier,
    WhyNot,
    calculate,
)
from api.promotions.models import DiscountCode, DiscountRow

DISCOUNTS, CODES = table_of(DiscountRow), table_of(DiscountCode)
_ID_SETS = {"get_products", "get_collections", "products", "collections", "groups"}
_KEPT: dict[str, tuple[UUID, tuple[Discount, ...]]] = {}
"""The discounts of this process, and the token that they were read with."""

# One statement for all that a cart does not tell itself.
_FACTS: Final = text(
    """
    SELECT
        ARRAY(SELECT group_id::text FROM customer_group_members
              WHERE customer_id = CAST(:customer AS uuid)) AS groups,
        EXISTS (SELECT 1 FROM orders WHERE customer_id = CAST(:customer AS uuid)
                AND status <> 'cancelled') AS has_ordered,
        (SELECT jsonb_object_agg(id, uses) FROM discounts WHERE max_uses IS NOT NULL) AS uses,
        (SELECT jsonb_object_agg(discount_id, uses) FROM (
            SELECT discount_id, max(uses) AS uses FROM discount_customer_uses
            WHERE person = ANY(:persons) GROUP BY discount_id) AS own) AS own_uses,
        (SELECT jsonb_object_agg(product_id, members) FROM (
            SELECT product_id, jsonb_agg(collection_id) AS members FROM collection_members
            WHERE product_id = ANY(CAST(:products AS uuid[]))
                AND collection_id = ANY(CAST(:collections AS uuid[]))
            GROUP BY product_id) AS found) AS collections,
        (SELECT code FROM markets
            WHERE is_active AND (countries @> to_jsonb(CAST(:country AS text))
                OR CAST(:country AS text) IS NOT NULL AND countries @> '["*"]')
            ORDER BY countries @> to_jsonb(CAST(:country AS text)) DESC LIMIT 1) AS market,
        (SELECT jsonb_agg(jsonb_build_array(folded, id, discount_id, code, uses >= max_uses))
            FROM discount_codes WHERE folded = ANY(:codes)) AS codes
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CartToDiscount:
    """What is asked about: the lines of a cart, its codes, and whose it is."""

    goods: Sequence[Goods]
    currency: str
    token: UUID | None
    """The current token of all discounts, as the cart's row carries it; None: none is active."""
    codes: Sequence[str] = ()
    customer_id: UUID | None = None
    email: str | None = None
    country: str | None = None


def outcome(cart: CartToDiscount, *, tried: Discount | None = None) -> Outcome:
    """Return the discounts of a cart, and why others that it has a code for do not apply.

    No statement without an active discount, else at most one, and one more whenever discounts have
    changed. Automatic discounts that do not apply are only told of where something is missing that
    the buyer can add. `tried` counts as one of the active discounts.
    """
    if cart.token is None and tried is None:
        unknown = [_unknown(code) for code in cart.codes]
        return Outcome(refused=tuple(unknown)) if unknown else NOTHING
    listed = () if cart.token is None else discounts(cart.token)
    if tried is not None:
        listed = (*(one for one in listed if one.id != tried.id), tried)
    by_id = {one.id: one for one in listed}
    automatic = [one for one in listed if one.is_automatic or one is tried]
    buyer = Buyer(today=today(), currency=cart.currency)
    goods, found = cart.goods, []
    candidates = [Candidate(one) for one in automatic]
    if cart.codes or any(one.needs_facts for one in automatic):
        facts = _facts(cart, listed)
        buyer = replace(
            buyer,
            groups=frozenset(UUID(one) for one in facts.groups),
            market=None if cart.country is None else facts.market or "",
            is_first_order=None if cart.customer_id is None else not facts.has_ordered,
            uses=_by_id(facts.uses),
            own_uses=_by_id(facts.own_uses),
        )
        members = facts.collections or {}
        goods = [
            replace(line, collections=frozenset(UUID(c) for c in members[str(line.product_id)]))
            if str(line.product_id) in members
            else line
            for line in goods
        ]
        found = [row for row in facts.codes or [] if UUID(row[2]) in by_id]
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


def discounts(token: UUID) -> tuple[Discount, ...]:
    """Return the active discounts; read anew when the token has changed."""
    kept = _KEPT.get("discounts")
    if kept is None or kept[0] != token:
        rows = session.execute(select(DISCOUNTS).where(DISCOUNTS.c.is_active)).mappings()
        kept = _KEPT["discounts"] = (token, tuple(discount_of(dict(row)) for row in rows))
    return kept[1]


def discount_of(row: Mapping[str, Any]) -> Discount:
    """Return a stored discount as it is calculated."""
    values = {one.name: row[one.name] for one in fields(Discount)}
    values |= {name: frozenset(UUID(one) for one in values[name]) for name in _ID_SETS}
    values["markets"] = frozenset(values["markets"])
    values["tiers"] = tuple(Tier(**tier) for tier in values["tiers"])
    return Discount(**values)


def today() -> date:
    """Return the day in the shop's time zone."""
    settings: Settings = get_service(Settings)
    return settings.today


def persons(customer_id: UUID | None, email: str | None) -> list[str]:
    """Return the keys by which one buyer's uses are counted: the account, and the e-mail address.

    They are hashes, so that the counters show no addresses.
    """
    named = [f"account:{customer_id}"] if customer_id else []
    named += [f"email:{email.strip().lower()}"] if email else []
    return sorted(hashlib.sha256(one.encode()).hexdigest()[:32] for one in named)


def _facts(cart: CartToDiscount, listed: Sequence[Discount]) -> Any:
    wanted = {one for d in listed for one in (*d.collections, *d.get_collections)}
    return session.execute(
        _FACTS,
        {
            "customer": None if cart.customer_id is None else str(cart.customer_id),
            "persons": persons(cart.customer_id, cart.email),
            "products": [str(line.product_id) for line in cart.goods],
            "collections": [str(one) for one in wanted],
            "country": cart.country,
            "codes": code_rules.folded_all(cart.codes),
        },
    ).one()


def _by_id(counts: Mapping[str, int] | None) -> dict[UUID, int]:
    return {UUID(key): uses for key, uses in (counts or {}).items()}


def _unknown(code: str) -> Refused:
    return Refused(None, code, WhyNot("unknown", "This code is not known, or no longer valid."))


def is_known_code(code: str) -> bool:
    """Return whether a code belongs to a discount."""
    found = select(CODES.c.id).where(CODES.c.folded == code_rules.fold(code))
    return session.scalar(found) is not None


def explained(result: Outcome, off: Sequence[int], currency: str) -> dict[str, Any]:
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
