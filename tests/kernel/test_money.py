"""The arithmetic of amounts: nothing is lost, nothing is invented, halves are rounded up."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some
from iso4217 import Currency

from api.kernel.money import (
    Money,
    added_tax,
    allocate,
    divide_half_up,
    exponent,
    included_tax,
    is_currency,
)

ABC = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CURRENCIES = some.sampled_from(["JPY", "EUR", "KWD"])
AMOUNTS = some.integers(-(10**13), 10**13)
WEIGHTS = some.lists(some.integers(0, 10**9), min_size=1, max_size=40)
RATES = some.integers(0, 10_000)


def test_ten_euros_for_three_people_lose_no_cent() -> None:
    assert Money(1000, "EUR").allocate([1, 1, 1]) == [
        Money(334, "EUR"),
        Money(333, "EUR"),
        Money(333, "EUR"),
    ]


def test_the_larger_remainder_gets_the_unit_that_is_left() -> None:
    assert allocate(100, [1, 2, 3]) == [17, 33, 50]
    assert allocate(-100, [1, 2, 3]) == [-17, -33, -50]


def test_weights_of_nothing_share_evenly() -> None:
    assert allocate(5, [0, 0]) == [3, 2]


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_no_weights_and_negative_weights_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights must be given and not negative"):
        allocate(100, weights)


@given(AMOUNTS, WEIGHTS, CURRENCIES)
def test_shares_add_up_to_the_amount_in_every_currency(
    amount: int, weights: list[int], currency: str
) -> None:
    shares = Money(amount, currency).allocate(weights)

    assert sum(share.amount for share in shares) == amount
    assert {share.currency for share in shares} == {currency}


@given(AMOUNTS, WEIGHTS)
def test_no_share_is_a_whole_unit_away_from_its_exact_part(amount: int, weights: list[int]) -> None:
    even = sum(weights) == 0
    total = len(weights) if even else sum(weights)

    for share, weight in zip(allocate(amount, weights), weights, strict=True):
        exact = Fraction(amount * (1 if even else weight), total)
        assert abs(share - exact) < 1


@given(AMOUNTS, WEIGHTS)
def test_a_negative_amount_is_split_like_the_positive_one(amount: int, weights: list[int]) -> None:
    assert allocate(-amount, weights) == [-share for share in allocate(amount, weights)]


@pytest.mark.parametrize(
    ("numerator", "denominator", "quotient"),
    [(1, 2, 1), (-1, 2, -1), (3, 2, 2), (5, 10, 1), (4, 10, 0), (-4, 10, 0), (0, 7, 0), (7, 7, 1)],
)
def test_halves_are_rounded_away_from_zero(numerator: int, denominator: int, quotient: int) -> None:
    assert divide_half_up(numerator, denominator) == quotient


@given(AMOUNTS, some.integers(1, 10**6))
def test_a_rounded_quotient_is_never_further_than_a_half_away(
    numerator: int, denominator: int
) -> None:
    assert abs(divide_half_up(numerator, denominator) - Fraction(numerator, denominator)) <= (
        Fraction(1, 2)
    )


@pytest.mark.parametrize("denominator", [0, -1])
def test_division_by_less_than_one_is_refused(denominator: int) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        divide_half_up(1, denominator)


def test_nineteen_per_cent_are_taken_out_of_the_gross_amount() -> None:
    assert included_tax(11_900, 190_000) == 1900
    assert included_tax(999, 190_000) == 160  # 159.50 cents, and halves go up
    assert included_tax(999, 0) == 0
    assert added_tax(10_000, 88_750, "USD") == 888  # 887.50 cents: New York City's 8.875 %


@given(some.integers(0, 10**13), RATES)
def test_net_and_tax_are_the_gross_amount_and_the_tax_fits_the_rate(gross: int, rate: int) -> None:
    tax = included_tax(gross, rate * 100)
    net = gross - tax

    assert 0 <= tax <= gross
    # Half a unit of rounding in the tax is at most one and a half in what the net would bear.
    assert abs(Fraction(net * rate, 10_000) - tax) <= Fraction(1, 2) * (1 + Fraction(rate, 10_000))


@given(some.integers(-(10**13), 0), RATES)
def test_tax_of_a_credit_mirrors_that_of_the_sale(credit: int, rate: int) -> None:
    assert included_tax(credit, rate * 100) == -included_tax(-credit, rate * 100)


@pytest.mark.parametrize(
    ("money", "written"),
    [
        (Money(1999, "EUR"), "19.99 EUR"),
        (Money(-5, "EUR"), "-0.05 EUR"),
        (Money(500, "JPY"), "500 JPY"),
        (Money(1250, "KWD"), "1.250 KWD"),
        (Money(-1250, "KWD"), "-1.250 KWD"),
    ],
)
def test_amounts_are_written_with_the_digits_of_their_currency(money: Money, written: str) -> None:
    assert str(money) == written


def test_currencies_have_the_digits_of_iso_4217() -> None:
    assert [exponent(code) for code in ("JPY", "EUR", "KWD", "USD", "KRW", "BHD")] == [
        0, 2, 3, 2, 0, 3,
    ]  # fmt: skip


def test_money_is_added_subtracted_and_multiplied_by_whole_quantities() -> None:
    assert Money(999, "EUR") + Money(1, "EUR") == Money(1000, "EUR")
    assert Money(999, "EUR") - Money(1000, "EUR") == Money(-1, "EUR")
    assert Money(999, "EUR") * 3 == Money(2997, "EUR")


def test_two_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="cannot mix EUR and JPY"):
        Money(1, "EUR") + Money(1, "JPY")
    with pytest.raises(ValueError, match="cannot mix EUR and JPY"):
        Money(1, "EUR") - Money(1, "JPY")


@pytest.mark.parametrize("amount", [1.0, "1", True, None])
def test_an_amount_is_a_whole_number(amount: object) -> None:
    with pytest.raises(TypeError, match="whole number of minor units"):
        Money(amount, "EUR")  # type: ignore[arg-type]


def test_a_fraction_of_money_is_not_made_by_multiplying() -> None:
    with pytest.raises(TypeError):
        Money(999, "EUR") * 0.5  # type: ignore[operator]


@pytest.mark.parametrize("currency", ["", "eur", "EURO", "€UR", "E1R", "EU ", "EUR\n"])
def test_a_currency_is_three_capital_letters(currency: str) -> None:
    with pytest.raises(ValueError, match="not an ISO 4217 code"):
        Money(1, currency)


def test_the_currencies_and_their_digits_are_those_of_iso_4217() -> None:
    funds = {"BOV", "CHE", "CHW", "CLF", "COU", "MXV", "USN", "UYI", "UYW"}
    accounting = {"XAD"}
    expected = {
        one.code: one.exponent
        for one in Currency
        if one.exponent is not None and one.code not in funds | accounting
    }

    known = [f"{a}{b}{c}" for a in ABC for b in ABC for c in ABC if is_currency(f"{a}{b}{c}")]

    assert {code: exponent(code) for code in known} == expected
    assert exponent("BGN") == 2  # withdrawn in 2026: old orders are still read
