"""What a cart does not tell itself about its discounts: asked at once, and no more than is needed.

A fact is only asked for when it can change what the buyer is told. An automatic discount that is
not in force, for nobody without an account, or for goods that are not in the cart, is told to
nobody: what else holds of it is left unasked.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TextClause, text

from api.catalog.queries.own_prices import MARKET_OF
from api.platform.db import session
from api.platform.prepared import prepared
from api.promotions import codes as code_rules
from api.promotions.calculation import Buyer, Discount, Goods, missing, not_in_force
from api.tax.rules import GIFT_CARD

_FACTS: Final = {
    "groups": """ARRAY(SELECT group_id::text FROM customer_group_members
        WHERE customer_id = CAST(:customer AS uuid))""",
    "has_ordered": """EXISTS (SELECT 1 FROM orders WHERE customer_id = CAST(:customer AS uuid)
        AND status <> 'cancelled')""",
    "own_uses": """(SELECT jsonb_object_agg(discount_id, uses) FROM (
        SELECT discount_id, max(uses) AS uses FROM discount_customer_uses
        WHERE person = ANY(:persons) GROUP BY discount_id) AS own)""",
    "collections": """(SELECT jsonb_object_agg(product_id, members) FROM (
        SELECT product_id, jsonb_agg(collection_id) AS members FROM collection_members
        WHERE product_id = ANY(CAST(:products AS uuid[]))
            AND collection_id = ANY(CAST(:collections AS uuid[]))
        GROUP BY product_id) AS found)""",
    "market": MARKET_OF,
    "codes": """(SELECT jsonb_agg(jsonb_build_array(
            folded, id, discount_id, code, uses >= max_uses))
        FROM discount_codes WHERE folded = ANY(:codes))""",
}


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


def completed(
    cart: CartToDiscount, buyer: Buyer, listed: Sequence[Discount], *, tells_all: bool
) -> tuple[Buyer, Sequence[Goods], Sequence[Any]]:
    """Return the buyer and the goods with what is known of them, and the rows of entered codes.

    A row is the folded code, its id, the discount's id, the code, and whether it is used up. With
    `tells_all`, whichever condition fails is told, as for a code. At most one statement.
    """
    goods: Sequence[Goods] = [line for line in cart.goods if line.tax_class != GIFT_CARD]
    wanted = {"codes"} if cart.codes else set()
    for one in listed:
        known = _conditions(one, cart)
        if known and (tells_all or _is_told(one, cart, goods, buyer)):
            wanted |= known
    if not wanted:
        return buyer, goods, ()
    facts = _asked(cart, goods, listed, wanted)
    if "groups" in facts:
        buyer = replace(buyer, groups=frozenset(UUID(one) for one in facts["groups"]))
    if "market" in facts:
        buyer = replace(buyer, market=facts["market"] or "")
    if "has_ordered" in facts:
        buyer = replace(buyer, is_first_order=not facts["has_ordered"])
    if facts.get("own_uses"):
        uses = {UUID(key): count for key, count in facts["own_uses"].items()}
        buyer = replace(buyer, own_uses=uses)
    if facts.get("collections"):
        members = {
            UUID(key): frozenset(UUID(one) for one in found)
            for key, found in facts["collections"].items()
        }
        goods = [
            replace(line, collections=members.get(line.product_id, frozenset())) for line in goods
        ]
    return buyer, goods, facts.get("codes") or ()


def persons(customer_id: UUID | None, email: str | None) -> list[str]:
    """Return the keys by which one buyer's uses are counted: the account, and the e-mail address.

    They are hashes, so that the counters show no addresses.
    """
    named = [f"account:{customer_id}"] if customer_id else []
    named += [f"email:{email.strip().lower()}"] if email else []
    return sorted(hashlib.sha256(one.encode()).hexdigest()[:32] for one in named)


def _conditions(discount: Discount, cart: CartToDiscount) -> set[str]:
    """Name the facts that a discount depends on, without those that such a cart has none of."""
    is_somebody = cart.customer_id is not None
    depends = {
        "groups": bool(discount.groups) and is_somebody,
        "has_ordered": discount.first_order and is_somebody,
        "own_uses": discount.max_uses_per_customer is not None
        and (is_somebody or bool(cart.email)),
        "market": bool(discount.markets) and cart.country is not None,
        "collections": bool(discount.collections or discount.get_collections),
    }
    return {name for name, does in depends.items() if does}


def _is_told(
    discount: Discount, cart: CartToDiscount, goods: Sequence[Goods], buyer: Buyer
) -> bool:
    """Whether an automatic discount may apply or lack something that the buyer can add."""
    if not discount.is_automatic or discount.is_used_up or not_in_force(discount, buyer):
        return False
    if cart.customer_id is None and (discount.groups or discount.first_order):
        return False
    if discount.collections or discount.get_collections:
        return bool(goods)
    why = missing(discount, goods, cart.currency)
    return why is None or bool(why.missing_amount or why.missing_quantity)


def _asked(
    cart: CartToDiscount,
    goods: Sequence[Goods],
    listed: Sequence[Discount],
    wanted: Collection[str],
) -> dict[str, Any]:
    collections = {one for d in listed for one in (*d.collections, *d.get_collections)}
    values = {
        "customer": cart.customer_id,
        "persons": persons(cart.customer_id, cart.email),
        "products": [line.product_id for line in goods],
        "collections": list(collections),
        "country": cart.country,
        "codes": code_rules.folded_all(cart.codes),
    }
    return dict(session.execute(_statement(frozenset(wanted)), values).one()._mapping)


@cache
def _statement(wanted: frozenset[str]) -> TextClause:
    """Return the statement for some facts: there are at most 64, and each is prepared once."""
    return prepared(
        text("SELECT " + ", ".join(f"{_FACTS[one]} AS {one}" for one in sorted(wanted)))
    )
