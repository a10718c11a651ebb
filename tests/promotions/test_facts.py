"""Facts that are left unasked change nothing of what a buyer is told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import combinations
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from api.platform.db import session
from api.promotions import queries
from api.promotions.calculation import Buyer, Candidate, Discount, Goods, Outcome, calculate
from api.promotions.queries import CartToDiscount, facts
from api.promotions.states import DiscountKind, Target
from api.tax.rules import GIFT_CARD, STANDARD
from tests.support.shop import Shop
from tests.support.sql import count_statements

TODAY = date(2026, 3, 1)
MUG, TEA, JUG = (UUID(int=n) for n in (1, 2, 3))
TRADE, RETAIL = UUID(int=11), UUID(int=12)
CHINA, DRINKS = UUID(int=21), UUID(int=22)
CODES = {"SPRING": UUID(int=31)}
"""Codes of the first discount."""


def some(*values: Any) -> st.SearchStrategy[frozenset[Any]]:
    """Draw none, one or some of these."""
    return st.sets(st.sampled_from(values), max_size=2).map(frozenset)


def rarely(value: Any, usually: Any = None) -> st.SearchStrategy[Any]:
    """Draw a condition so seldom that others decide as well."""
    return st.sampled_from([usually, usually, usually, value])


@st.composite
def discounts(draw: st.DrawFn) -> list[Discount]:
    """Draw up to four discounts with any conditions."""
    return [
        Discount(
            id=UUID(int=1000 + number),
            name=f"discount {number}",
            kind=draw(st.sampled_from([DiscountKind.PERCENT, DiscountKind.BUY_X_GET_Y])),
            target=Target.LINES,
            is_automatic=draw(rarely(False, True)),
            priority=draw(st.integers(1, 2)),
            is_exclusive=draw(rarely(True, False)),
            currency=draw(rarely("USD", "EUR")),
            basis_points=1000,
            buy_quantity=1,
            get_quantity=1,
            get_collections=draw(rarely(frozenset({CHINA}), frozenset())),
            products=draw(rarely(frozenset({MUG, TEA}), frozenset())),
            collections=draw(rarely(frozenset({CHINA, DRINKS}), frozenset())),
            groups=draw(rarely(frozenset({TRADE}), frozenset())),
            markets=draw(rarely(frozenset({"home"}), frozenset())),
            min_amount=draw(st.sampled_from([None, 2000])),
            first_order=draw(rarely(True, False)),
            starts_on=draw(rarely(date(2026, 3, 2), TODAY)),
            max_uses_per_customer=draw(rarely(1)),
            is_used_up=draw(rarely(True, False)),
        )
        for number in range(draw(st.integers(1, 4)))
    ]


carts = st.builds(
    CartToDiscount,
    goods=st.lists(
        st.builds(
            Goods,
            key=st.uuids(),
            quantity=st.integers(1, 3),
            unit_price=st.integers(500, 1500),
            product_id=st.sampled_from([MUG, TEA, JUG]),
            tax_class=st.sampled_from([STANDARD, STANDARD, GIFT_CARD]),
        ),
        min_size=1,
        max_size=3,
        unique_by=lambda one: one.key,
    ),
    currency=st.just("EUR"),
    token=st.just(UUID(int=5)),
    codes=st.sampled_from([(), (), (), ("SPRING",), ("SPRING", "NOPE")]),
    customer_id=st.sampled_from([None, UUID(int=77)]),
    email=st.sampled_from([None, "ada@example.test"]),
    country=st.sampled_from([None, "DE", "AT"]),
)
worlds = st.fixed_dictionaries(
    {
        "groups": some(TRADE, RETAIL),
        "has_ordered": st.booleans(),
        "market": st.sampled_from([None, "home", "south"]),
        "own": st.booleans(),
        "members": st.fixed_dictionaries({MUG: some(CHINA, DRINKS), TEA: some(CHINA)}),
    }
)


def knowing_all(
    cart: CartToDiscount, listed: list[Discount], world: dict[str, Any], tried: Discount | None
) -> Outcome:
    """Calculate with everything that is true of the buyer, asked for or not."""
    is_known = cart.customer_id is not None
    counts = {one.id: 1 for one in listed} if world["own"] and (is_known or cart.email) else {}
    buyer = Buyer(
        today=TODAY,
        currency=cart.currency,
        market=None if cart.country is None else world["market"] or "",
        groups=world["groups"] if is_known else frozenset(),
        is_first_order=not world["has_ordered"] if is_known else None,
        own_uses=counts,
    )
    members = world["members"]
    goods = [replace(g, collections=members.get(g.product_id, frozenset())) for g in cart.goods]
    candidates = [Candidate(one) for one in listed if one.is_automatic or one is tried]
    candidates += [Candidate(listed[0], code, CODES[code]) for code in cart.codes if code in CODES]
    return calculate(goods, candidates, buyer)


LACKING = Discount(
    id=UUID(int=1000),
    name="for members",
    kind=DiscountKind.PERCENT,
    target=Target.LINES,
    basis_points=1000,
    groups=frozenset({TRADE}),
    min_amount=2000,
)
MEMBER = CartToDiscount(
    goods=[Goods(MUG, 1, 1000, MUG)],
    currency="EUR",
    token=UUID(int=5),
    customer_id=UUID(int=77),
)
WORLD = {
    "groups": frozenset({TRADE}),
    "has_ordered": False,
    "market": None,
    "own": False,
    "members": {},
}


@settings(max_examples=300)
@example(MEMBER, [LACKING], WORLD, False)
@given(carts, discounts(), worlds, rarely(True, False))
def test_what_is_left_unasked_changes_no_answer(
    cart: CartToDiscount, listed: list[Discount], world: dict[str, Any], is_tried: bool
) -> None:
    tried = listed[-1] if is_tried else None

    def asked(_cart: Any, _goods: Any, _listed: Any, wanted: set[str]) -> dict[str, Any]:
        every = {
            "groups": [str(one) for one in world["groups"]],
            "has_ordered": world["has_ordered"],
            "market": world["market"],
            "own_uses": {str(one.id): 1 for one in listed} if world["own"] else None,
            "collections": {
                str(product): [str(one) for one in found]
                for product, found in world["members"].items()
            },
            "codes": [
                [code, str(CODES[code]), str(listed[0].id), code, None]
                for code in cart.codes
                if code in CODES
            ],
        }
        return {name: every[name] for name in wanted}

    with (
        patch.object(facts, "_asked", asked),
        patch.object(queries, "discounts", lambda _token: tuple(listed)),
        patch.object(queries, "today", lambda: TODAY),
    ):
        found = queries.outcome(cart, tried=tried)

    expected = knowing_all(cart, listed, world, tried)
    told = [
        one
        for one in expected.refused
        if one.code or tried or one.why.missing_amount or one.why.missing_quantity
    ]
    assert found.applied == expected.applied
    assert [one for one in found.refused if one.why.condition != "unknown"] == told


def every_combination() -> Iterator[frozenset[str]]:
    """Return all facts that may be asked for together."""
    names = sorted(facts._FACTS)
    for size in range(1, len(names) + 1):
        yield from map(frozenset, combinations(names, size))


def test_each_combination_of_facts_can_be_asked(shop: Shop) -> None:
    cart = CartToDiscount(goods=[], currency="EUR", token=None, country="DE")
    for wanted in every_combination():
        assert set(facts._asked(cart, [], [], wanted)) == wanted
    session.rollback()


@pytest.mark.parametrize(
    ("conditions", "statements"),
    [
        ({"max_uses": 5}, 2),
        ({"max_uses_per_customer": 1}, 2),
        ({"first_order": True}, 2),
        ({"groups": ["trade"]}, 2),
        ({"collections": ["china"]}, 3),
        ({"collections": ["china"], "starts_on": "2999-01-01"}, 2),
    ],
)
def test_a_guests_cart_asks_only_what_can_matter(
    shop: Shop, conditions: dict[str, Any], statements: int
) -> None:
    shop.sells("MUG", 10)
    owner = shop.staff()
    owner.posts("/customer-groups", {"code": "trade", "name": "Trade"})
    owner.posts("/collections", {"title": "China", "slug": "china"})
    body = {"name": "Spring", "kind": "percent", "basis_points": 1000, "is_automatic": True}
    made = owner.posts("/discounts", {**body, **conditions})
    assert made.status_code == 201, made.json
    buyer = shop.guest()
    buyer.adds("MUG", 1)

    with count_statements() as counted:
        buyer.client.get("/api/v1/cart", headers=buyer.headers)

    assert counted.count == statements, counted
