"""Nothing is lost and nothing invented, in yen, euro and dinar."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.kernel.ids import new_id
from api.kernel.money import divide_half_up
from api.pricing.totals import LineToPrice, ShippingChoice, calculate_totals, rate_for, refund_share

CURRENCIES = st.sampled_from(["JPY", "EUR", "KWD"])
RATES: Mapping[str, int] = {"standard": 1900, "reduced": 700, "zero": 0}

lines = st.lists(
    st.builds(
        LineToPrice,
        key=st.uuids(),
        quantity=st.integers(1, 999),
        unit_price=st.integers(0, 10_000_000),
        tax_class=st.sampled_from(["standard", "reduced", "zero", "books"]),
    ),
    max_size=12,
)
choices = st.none() | st.builds(
    ShippingChoice, amount=st.integers(0, 100_000), tax_class=st.sampled_from(["standard", "zero"])
)
rates = st.dictionaries(
    st.sampled_from(["standard", "reduced", "zero", "books"]), st.integers(0, 10_000)
)


@given(lines, choices, rates, CURRENCIES)
def test_every_total_is_the_sum_of_its_parts(
    goods: list[LineToPrice],
    shipping: ShippingChoice | None,
    holding: dict[str, int],
    currency: str,
) -> None:
    totals = calculate_totals(goods, shipping, holding, currency)

    assert totals.subtotal == sum(line.unit_price * line.quantity for line in goods)
    assert totals.subtotal == sum(line.total for line in totals.lines)
    assert totals.total == totals.subtotal + totals.shipping
    assert totals.tax == sum(line.tax for line in totals.lines) + totals.shipping_tax
    assert totals.currency == currency
    for line in totals.lines:
        net = line.total - line.tax
        assert 0 <= line.tax <= line.total
        # Net and tax are the gross, and the tax is the rate on the net but for half a unit.
        assert abs(line.tax * 10_000 - net * line.rate_basis_points) <= 10_000


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


@given(lines, CURRENCIES)
def test_refunds_piece_by_piece_return_the_tax_to_the_last_unit(
    goods: list[LineToPrice], currency: str
) -> None:
    for line in calculate_totals(goods, None, RATES, currency).lines:
        pieces = [refund_share(line.tax, line.quantity, n, 1) for n in range(line.quantity)]
        assert sum(pieces) == line.tax


def test_tax_is_taken_out_of_each_line_and_rounded_half_up() -> None:
    mug, tea = new_id(), new_id()
    totals = calculate_totals(
        [LineToPrice(mug, 3, 999, "standard"), LineToPrice(tea, 1, 250, "reduced")],
        ShippingChoice(490),
        RATES,
        "EUR",
    )

    assert [(line.key, line.total, line.tax, line.rate_basis_points) for line in totals.lines] == [
        (mug, 2997, 479, 1900),  # 2997 * 19 / 119 = 478.51
        (tea, 250, 16, 700),  # 250 * 7 / 107 = 16.36
    ]
    assert (totals.subtotal, totals.shipping, totals.shipping_tax) == (3247, 490, 78)
    assert (totals.tax, totals.total) == (573, 3737)


def test_ten_percent_of_an_odd_sum_of_yen_is_whole_yen() -> None:
    totals = calculate_totals([LineToPrice(new_id(), 1, 999)], None, {"standard": 1000}, "JPY")

    assert totals.tax == 91  # 90.8


def test_a_class_without_a_rate_of_its_own_is_taxed_like_the_rest() -> None:
    assert rate_for("books", RATES) == 1900
    assert rate_for("zero", RATES) == 0
    assert rate_for("books", {}) == 0


def test_an_empty_order_costs_nothing() -> None:
    totals = calculate_totals([], None, RATES, "EUR")

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
        {"standard": 1900},
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
