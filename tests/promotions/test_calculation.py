"""No cent is lost or invented, and the order of codes never matters."""

import random
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.kernel.money import Money, charge_unit
from api.promotions.calculation import (
    Buyer,
    Candidate,
    Discount,
    Goods,
    Outcome,
    Tier,
    calculate,
    why_not,
)
from api.promotions.shares import off_shipping
from api.promotions.states import DiscountKind, Target

TODAY = date(2026, 3, 1)
BUYER = Buyer(today=TODAY, currency="EUR")
MUG, TEA, JUG = (UUID(int=n) for n in (1, 2, 3))
SALE = UUID(int=99)
KINDS = {
    DiscountKind.PERCENT: (Target.LINES, Target.ORDER, Target.SHIPPING),
    DiscountKind.FIXED: (Target.LINES, Target.ORDER, Target.SHIPPING),
    DiscountKind.FREE_SHIPPING: (Target.SHIPPING,),
    DiscountKind.BUY_X_GET_Y: (Target.LINES,),
    DiscountKind.TIERED_BY_QUANTITY: (Target.LINES, Target.ORDER),
    DiscountKind.TIERED_BY_VALUE: (Target.LINES, Target.ORDER),
}


def off(kind: str, target: str = "lines", number: int = 1, **values: Any) -> Discount:
    """Make a discount."""
    return Discount(
        id=UUID(int=1000 + number),
        name=f"discount {number}",
        kind=DiscountKind(kind),
        target=Target(target),
        **values,
    )


def line(product: UUID, quantity: int, price: int) -> Goods:
    """Make a line whose key is its product."""
    return Goods(product, quantity, price, product)


def on(goods: list[Goods], *discounts: Discount, buyer: Buyer = BUYER) -> Outcome:
    """Calculate."""
    return calculate(goods, [Candidate(one) for one in discounts], buyer)


def reason(discount: Discount, goods: list[Goods], **buyer: Any) -> tuple[str, str] | None:
    """Return which condition fails, and the words."""
    found = why_not(discount, goods, Buyer(**{"today": TODAY, "currency": "EUR", **buyer}))
    return None if found is None else (found.condition, found.detail)


@st.composite
def discounts(draw: st.DrawFn) -> list[Discount]:
    """Draw up to five discounts of any kind."""
    made = []
    for number in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(list(KINDS)))
        share = draw(st.integers(1, 10_000))
        amount = draw(st.integers(1, 9_000))
        tiered = [Tier(1, basis_points=share), Tier(5, amount=amount)]
        products = draw(st.sets(st.sampled_from([MUG, TEA, JUG]), max_size=2))
        is_percent = kind in (DiscountKind.PERCENT, DiscountKind.BUY_X_GET_Y)
        made.append(
            off(
                kind.value,
                draw(st.sampled_from(KINDS[kind])).value,
                number,
                priority=draw(st.integers(1, 3)),
                is_exclusive=draw(st.integers(0, 5)) == 0,
                stack_group=draw(st.sampled_from([None, None, "one"])),
                basis_points=share if is_percent else None,
                amount=amount if kind is DiscountKind.FIXED else None,
                tiers=tuple(tiered) if kind.value.startswith("tiered") else (),
                buy_quantity=draw(st.integers(1, 3)),
                get_quantity=draw(st.integers(1, 3)),
                products=frozenset(products),
                min_quantity=draw(st.sampled_from([None, 2])),
            )
        )
    return made


goods_of = st.lists(
    st.builds(
        Goods,
        key=st.uuids(),
        quantity=st.integers(1, 9),
        unit_price=st.integers(0, 20_000),
        product_id=st.sampled_from([MUG, TEA, JUG]),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda one: one.key,
)


@given(goods_of, discounts(), st.integers(0, 2_000), st.randoms(use_true_random=False))
def test_shares_sum_nothing_falls_below_zero_and_the_order_does_not_matter(
    goods: list[Goods], some: list[Discount], shipping: int, chance: random.Random
) -> None:
    result = on(goods, *some)

    for one in goods:
        assert 0 <= result.off_line(one.key) <= one.unit_price * one.quantity
    assert all(share > 0 for one in result.applied for share in one.shares.values())
    carriage = result.off_shipping(shipping, "EUR")
    assert 0 <= sum(carriage) <= shipping
    names = sorted(one.id for one in some)
    told = [one.discount.id for one in result.applied]
    assert len(told) + len(result.refused) == len(names)
    for one in result.applied:
        if one.discount.is_exclusive:
            assert told == [one.discount.id]
    assert sum(one.discount.stack_group == "one" for one in result.applied) <= 1
    mixed = list(some)
    chance.shuffle(mixed)
    assert on(goods, *mixed).applied == result.applied


@given(goods_of, discounts(), st.sampled_from(["KWD", "MGA"]))
def test_what_is_left_can_be_paid_by_card(
    goods: list[Goods], some: list[Discount], currency: str
) -> None:
    unit = charge_unit(currency)
    payable = [replace(one, unit_price=one.unit_price * unit) for one in goods]

    result = on(payable, *some, buyer=Buyer(today=TODAY, currency=currency))

    assert not any(result.off_line(one.key) % unit for one in goods)
    assert not any(off % unit for off in result.off_shipping(70 * unit, currency))


@given(goods_of, st.integers(1, 50_000))
def test_a_fixed_amount_on_the_order_is_shared_to_the_last_cent(
    goods: list[Goods], amount: int
) -> None:
    result = on(goods, off("fixed", "order", amount=amount))

    worth = sum(one.unit_price * one.quantity for one in goods)
    assert sum(result.off_line(one.key) for one in goods) == min(amount, worth)


def test_ten_euros_off_three_lines_are_shared_by_largest_remainder() -> None:
    goods = [line(MUG, 1, 1000), line(TEA, 1, 1000), line(JUG, 1, 1000)]

    result = on(goods, off("fixed", "order", amount=1000))

    assert [result.off_line(one.key) for one in goods] == [334, 333, 333]


@pytest.mark.parametrize(
    ("discount", "goods", "expected"),
    [
        (off("percent", basis_points=1000), [line(MUG, 3, 999)], 300),
        (off("fixed", amount=200), [line(MUG, 3, 999)], 600),
        (off("fixed", amount=2000), [line(MUG, 1, 999)], 999),
        (off("percent", basis_points=1000, products=frozenset({TEA})),
         [line(MUG, 1, 999), line(TEA, 2, 500)], 100),
        (off("percent", basis_points=5000, collections=frozenset({SALE})),
         [Goods(MUG, 1, 1000, MUG, collections=frozenset({SALE})), line(TEA, 1, 1000)], 500),
        # Three for two: the cheapest of each three.
        (off("buy_x_get_y", buy_quantity=2, get_quantity=1),
         [line(MUG, 2, 900), line(TEA, 5, 300)], 600),
        (off("buy_x_get_y", buy_quantity=2, get_quantity=1, max_times=1),
         [line(MUG, 2, 900), line(TEA, 5, 300)], 300),
        (off("buy_x_get_y", buy_quantity=1, get_quantity=1, basis_points=5000,
             products=frozenset({MUG}), get_products=frozenset({TEA})),
         [line(MUG, 2, 900), line(TEA, 5, 301)], 301),
        (off("tiered_by_quantity", tiers=(Tier(3, basis_points=500), Tier(5, basis_points=1000))),
         [line(MUG, 5, 1000)], 500),
        (off("tiered_by_value", "order", tiers=(Tier(3000, amount=300), Tier(9000, amount=900))),
         [line(MUG, 5, 1000)], 300),
    ],
)  # fmt: skip
def test_what_each_kind_takes_off(discount: Discount, goods: list[Goods], expected: int) -> None:
    (applied,) = on(goods, discount).applied

    assert applied.amount == expected


def test_discounts_are_taken_from_what_the_ones_before_left() -> None:
    first = off("percent", basis_points=5000, priority=1)
    second = off("percent", "order", 2, basis_points=1000, priority=2)

    result = on([line(MUG, 1, 1000)], second, first)

    assert [one.amount for one in result.applied] == [500, 50]


def test_of_one_priority_and_stack_group_the_larger_discount_applies() -> None:
    small = off("percent", basis_points=500, stack_group="spring")
    large = off("fixed", "lines", 2, amount=300, stack_group="spring")

    result = on([line(MUG, 1, 1000)], small, large)

    assert [one.discount.name for one in result.applied] == ["discount 2"]
    (refused,) = result.refused
    assert (refused.why.condition, refused.why.detail) == (
        "stacking",
        "It cannot be combined with discount 2.",
    )


def test_two_codes_of_one_discount_count_once() -> None:
    ten = off("percent", basis_points=1000)
    codes = [Candidate(ten, "B", UUID(int=2)), Candidate(ten, "A", UUID(int=1))]

    result = calculate([line(MUG, 1, 1000)], codes, BUYER)

    assert [one.code for one in result.applied] == ["A"]
    assert [(one.code, one.why.condition) for one in result.refused] == [("B", "same_discount")]


@pytest.mark.parametrize(
    ("discount", "buyer", "expected"),
    [
        ({"is_active": False}, {}, ("inactive", "It is switched off.")),
        ({"starts_on": date(2026, 3, 2)}, {}, ("not_started", "It begins on 02 March 2026.")),
        ({"ends_on": date(2026, 2, 28)}, {}, ("ended", "It ended on 28 February 2026.")),
        ({"ends_on": TODAY}, {}, None),
        ({"currency": "USD"}, {}, ("currency", "It is for carts in USD.")),
        ({"markets": frozenset({"AT"})}, {}, None),
        ({"markets": frozenset({"AT"})}, {"market": "DE"},
         ("market", "It is not for the country of this order.")),
        ({"groups": frozenset({SALE})}, {}, ("group", "It is for customers of another group.")),
        ({"groups": frozenset({SALE})}, {"groups": frozenset({SALE})}, None),
        ({"first_order": True}, {},
         ("first_order", "It is for the first order of a customer who is signed in.")),
        ({"first_order": True}, {"is_first_order": True}, None),
        ({"max_uses": 3, "is_used_up": True}, {},
         ("used_up", "It was used as often as it may be.")),
        ({"max_uses_per_customer": 1}, {"own_uses": {UUID(int=1001): 1}},
         ("used_by_you", "You have used it as often as one customer may.")),
        ({"products": frozenset({TEA})}, {}, ("products", "Nothing in the cart is part of it.")),
        ({"min_quantity": 3}, {}, ("min_quantity", "1 unit to go.")),
        ({"min_amount": 2420}, {}, ("min_amount", "4.20 EUR to go.")),
        ({"min_amount": 2000}, {}, None),
    ],
)  # fmt: skip
def test_the_condition_that_fails_is_named(
    discount: dict[str, Any], buyer: dict[str, Any], expected: tuple[str, str] | None
) -> None:
    found = reason(off("percent", basis_points=1000, **discount), [line(MUG, 2, 1000)], **buyer)

    assert found == expected


def test_what_is_missing_is_told_in_numbers() -> None:
    lacking = off("buy_x_get_y", buy_quantity=2, get_quantity=1)
    found = why_not(lacking, [line(MUG, 2, 1000)], BUYER)
    assert found is not None
    assert (found.condition, found.missing_quantity) == ("min_quantity", 1)

    poor = why_not(off("fixed", amount=100, min_amount=5000), [line(MUG, 1, 4580)], BUYER)
    assert poor is not None
    assert poor.missing_amount == Money(420, "EUR")


def test_shipping_is_reduced_by_each_rule_of_what_is_left() -> None:
    assert off_shipping([{"basis_points": 5000}, {}, {"amount": 300}], 490, "EUR") == [245, 0, 245]
