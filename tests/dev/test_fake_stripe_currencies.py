"""The shop's table of Stripe's amounts and the stand-in's were written apart: they must agree."""

import pytest
from iso4217 import Currency

from api.dev.fake_stripe.errors import StripeProblem
from api.dev.fake_stripe.rules import currencies
from api.kernel.errors import Unprocessable
from api.kernel.money import is_currency
from api.payments.gateways.stripe_amounts import check_charge, from_stripe, to_stripe

AMOUNTS = (
    1, 7, 10, 29, 30, 49, 50, 99, 100, 101, 150, 199, 200, 250, 300, 399, 400, 999, 1000, 1499,
    1500, 17_499, 17_500, 123_450, 10**10, 10**12,
)  # fmt: skip


def is_charged_by_us(amount: int, currency: str) -> bool:
    try:
        check_charge(amount, currency)
    except Unprocessable:
        return False
    return True


def is_charged_there(amount: int, currency: str) -> bool:
    """Ask the stand-in for what we would send; what does not convert cannot even be asked for."""
    try:
        theirs = to_stripe(amount, currency)
        currencies.check_amount(theirs, currencies.check_currency(currency))
    except (Unprocessable, StripeProblem):
        return False
    assert from_stripe(theirs, currency) == amount
    return True


@pytest.mark.parametrize("currency", sorted(c.code for c in Currency if is_currency(c.code)))
def test_what_we_ask_for_is_charged_and_what_we_refuse_is_not(currency: str) -> None:
    ours = [amount for amount in AMOUNTS if is_charged_by_us(amount, currency)]
    theirs = [amount for amount in AMOUNTS if is_charged_there(amount, currency)]

    assert ours == theirs
