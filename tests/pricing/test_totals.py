"""Nothing is lost and nothing invented, in yen, euro and dinar."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.kernel.ids import new_id
from api.kernel.money import charge_unit, divide_half_up
from api.pricing.totals import (
    LIKE_GOODS,
    LineToPrice,
    ShippingChoice,
    calculate_totals,
    refund_share,
)
from api.tax.errors import TaxRuleMissing
from api.tax.rules import Destination, Rate, Tax, TaxRules

CURRENCIES = st.sampled_from(["JPY", "EUR", "KWD", "ISK"])
CLASSES = ["standard", "reduced", "zero", "books"]
RATES: Mapping[str, int] = {"standard": 1900, "reduced": 700, "zero": 0}


def rules(rates: Mapping[str, Sequence[int]]) -> TaxRules:
    """Make rules of basis points by class: several taxes of a class are of as many places."""
    return TaxRules(
        [
            Rate("DE", "", "", tax_class, Tax(rate * 100, "VAT", jurisdiction=str(place)))
            for tax_class, several in rates.items()
            for place, rate in enumerate(several)
        ],
        Destination("DE"),
        date(2026, 5, 4),
    )


SIMPLE = rules({tax_class: [rate] for tax_class, rate in RATES.items()})


@st.composite
def _lines(draw: st.DrawFn) -> LineToPrice:
    quantity, price = draw(st.integers(1, 999)), draw(st.integers(0, 10_000_000))
    discount = draw(st.integers(0, quantity * price))
    return LineToPrice(
        draw(st.uuids()), quantity, price, draw(st.sampled_from(CLASSES)), discount=discount
    )


lines = st.lists(_lines(), max_size=12)
choices = st.none() | st.builds(
    ShippingChoice,
    amount=st.integers(0, 100_000),
    tax_class=st.sampled_from(["standard", "zero", LIKE_GOODS]),
)
rates = st.fixed_dictionaries(
    {
        "standard": st.lists(st.integers(0, 5000), min_size=1, max_size=3),
        "reduced": st.lists(st.integers(0, 5000), max_size=2),
        "zero": st.just([0]),
    }
).map(rules)


@given(lines, choices, rates, CURRENCIES, st.booleans())
def test_every_total_is_the_sum_of_its_parts(
    goods: list[LineToPrice],
    shipping: ShippingChoice | None,
    holding: TaxRules,
    currency: str,
    is_gross: bool,
) -> None:
    steps: list[str] = []
    totals = calculate_totals(
        goods, shipping, holding, currency, prices_include_tax=is_gross, explain=steps.append
    )

    priced = sum(line.unit_price * line.quantity - line.discount for line in goods)
    added = 0 if is_gross else sum(line.tax for line in totals.lines)
    assert totals.subtotal == priced + added == sum(line.total for line in totals.lines)
    assert totals.total == totals.subtotal + totals.shipping
    assert totals.tax == sum(line.tax for line in totals.lines) + totals.shipping_tax
    assert totals.currency == currency
    taxed = [(line.total, line.tax, line.tax_lines) for line in totals.lines]
    for total, tax, tax_lines in taxed:
        assert 0 <= tax <= total
        assert sum(one.amount for one in tax_lines) == tax
        assert {one.base for one in tax_lines} == {total - tax}
        # Net and tax are the gross, and the tax is the rate on the net but for half a unit: of
        # added tax, half of what cards can be charged.
        unit = 1 if is_gross else charge_unit(currency)
        rate = sum(one.tax.millionths for one in tax_lines)
        assert abs(tax * 1_000_000 - (total - tax) * rate) <= unit * 1_000_000
        for one in tax_lines:
            assert (
                abs(one.amount * 1_000_000 - one.base * one.tax.millionths)
                < (unit + 0.5) * 1_000_000
            )
    assert sum(one.amount for one in totals.shipping_tax_lines) == totals.shipping_tax
    bases = {(one.base, one.tax.name) for one in totals.shipping_tax_lines}
    if shipping is not None and shipping.tax_class != LIKE_GOODS:
        assert sum(base for base, _ in bases) == totals.shipping - totals.shipping_tax
    assert steps[-1].startswith("Total: ")
    assert len(steps) >= 2 * len(goods) + 1


@given(lines, rates, st.sampled_from(["KWD", "MGA", "EUR"]))
def test_added_tax_leaves_what_a_card_can_pay(
    goods: list[LineToPrice], holding: TaxRules, currency: str
) -> None:
    unit = charge_unit(currency)
    payable = [
        replace(line, unit_price=line.unit_price * unit, discount=line.discount * unit)
        for line in goods
    ]

    totals = calculate_totals(
        payable, ShippingChoice(7 * unit), holding, currency, prices_include_tax=False
    )

    assert not any(one % unit for one in (totals.shipping, *(line.total for line in totals.lines)))


@given(st.integers(0, 10_000_000), st.lists(st.integers(0, 20), min_size=1, max_size=8), CURRENCIES)
def test_partial_refunds_add_up_to_the_whole(total: int, parts: list[int], currency: str) -> None:
    quantity = sum(parts) or 1
    refunded, returned = 0, 0
    for part in [*parts, quantity - sum(parts)]:
        share = refund_share(total, quantity, refunded, part)
        assert share >= 0
        returned += share
        refunded += part
        assert returned == divide_half_up(total * refunded, quantity)
    assert returned == total


@given(st.integers(0, 10**6), st.lists(st.integers(0, 20), min_size=1, max_size=8))
def test_partial_refunds_of_what_a_card_paid_can_be_refunded(total: int, parts: list[int]) -> None:
    quantity, refunded, returned = sum(parts) or 1, 0, 0
    for part in [*parts, quantity - sum(parts)]:
        share = refund_share(total * 10, quantity, refunded, part, 10)
        assert share >= 0
        assert share % 10 == 0
        returned += share
        refunded += part
    assert returned == total * 10


@given(lines, CURRENCIES)
def test_refunds_piece_by_piece_return_the_tax_to_the_last_unit(
    goods: list[LineToPrice], currency: str
) -> None:
    for line in calculate_totals(goods, None, SIMPLE, currency).lines:
        pieces = [refund_share(line.tax, line.quantity, n, 1) for n in range(line.quantity)]
        assert sum(pieces) == line.tax


def test_tax_is_taken_out_of_each_line_and_rounded_half_up() -> None:
    mug, tea = new_id(), new_id()
    totals = calculate_totals(
        [LineToPrice(mug, 3, 999, "standard"), LineToPrice(tea, 1, 250, "reduced")],
        ShippingChoice(490),
        SIMPLE,
        "EUR",
    )

    assert [(line.key, line.total, line.tax, line.rate_basis_points) for line in totals.lines] == [
        (mug, 2997, 479, 1900),  # 2997 * 19 / 119 = 478.51
        (tea, 250, 16, 700),  # 250 * 7 / 107 = 16.36
    ]
    assert (totals.subtotal, totals.shipping, totals.shipping_tax) == (3247, 490, 78)
    assert (totals.tax, totals.total) == (573, 3737)


def test_ten_percent_of_an_odd_sum_of_yen_is_whole_yen() -> None:
    tenth = rules({"standard": [1000]})
    totals = calculate_totals([LineToPrice(new_id(), 1, 999)], None, tenth, "JPY")

    assert totals.tax == 91  # 90.8


def test_a_class_without_a_rate_of_its_own_is_taxed_like_the_rest() -> None:
    assert [tax.rate for tax in SIMPLE.taxes("books")] == ["0.1900"]
    assert [tax.rate for tax in SIMPLE.taxes("zero")] == ["0.0000"]
    with pytest.raises(TaxRuleMissing, match="no tax rule for books goods in DE on 2026-05-04"):
        rules({}).taxes("books")


def test_an_empty_order_costs_nothing() -> None:
    totals = calculate_totals([], None, SIMPLE, "EUR")

    assert (totals.subtotal, totals.shipping, totals.tax, totals.total) == (0, 0, 0, 0)


def test_three_pieces_for_ten_cents_go_back_as_three_four_and_three() -> None:
    assert [refund_share(10, 3, n, 1) for n in range(3)] == [3, 4, 3]


@pytest.mark.parametrize(("before", "back"), [(0, 4), (3, 1), (-1, 1), (1, -1)])
def test_more_pieces_than_the_line_has_cannot_go_back(before: int, back: int) -> None:
    with pytest.raises(ValueError, match="more units"):
        refund_share(1000, 3, before, back)


def test_a_line_of_no_pieces_is_no_line() -> None:
    with pytest.raises(ValueError, match="at least one unit"):
        LineToPrice(new_id(), 0, 100)


def test_a_discount_is_taken_off_before_tax() -> None:
    totals = calculate_totals(
        [LineToPrice(new_id(), 3, 999, discount=298), LineToPrice(new_id(), 1, 500, discount=500)],
        ShippingChoice(490, discount=490),
        SIMPLE,
        "EUR",
    )

    assert [(line.discount, line.total, line.tax) for line in totals.lines] == [
        (298, 2699, 431),  # 2699 * 19 / 119 = 430.93
        (500, 0, 0),
    ]
    assert (totals.shipping, totals.shipping_tax, totals.shipping_discount) == (0, 0, 490)
    assert (totals.subtotal, totals.total, totals.discount_total) == (2699, 2699, 1288)


@pytest.mark.parametrize("discount", [-1, 1001])
def test_a_discount_is_not_more_than_what_it_is_taken_off(discount: int) -> None:
    with pytest.raises(ValueError, match="not more than"):
        LineToPrice(new_id(), 2, 500, discount=discount)
    with pytest.raises(ValueError, match="not more than"):
        ShippingChoice(1000, discount=discount)
