"""Stripe's minor units, which are not always those of ISO 4217, and what Stripe can charge.

Source: https://docs.stripe.com/currencies (zero-decimal currencies, special cases, minimum and
maximum charge amounts) and, for currencies with three decimals,
https://web.archive.org/web/20220618095455/https://stripe.com/en-mt/docs/currencies. Every amount
sent to or received from Stripe is converted here: intents, refunds, disputes, balance
transactions. HUF and TWD need no row: they are charged with two decimals, and only payouts must
be whole forints and dollars, which Stripe's automatic payouts ensure.
"""

from dataclasses import dataclass
from typing import Final

from api.kernel.money import Money, exponent
from api.payments.errors import AmountBelowMinimum, AmountNotChargeable, GatewayRefused


@dataclass(frozen=True, slots=True)
class _Units:
    """Stripe's units of a currency: decimals, and the step that amounts must be a multiple of."""

    digits: int
    step: int = 1


_WHOLE_AS_HUNDREDTHS = _Units(digits=2, step=100)
_LAST_DIGIT_IS_ZERO = _Units(digits=3, step=10)
_UNITS: Final = {
    # No decimals, but still sent with two, which must be 00.
    "ISK": _WHOLE_AS_HUNDREDTHS,
    "UGX": _WHOLE_AS_HUNDREDTHS,
    # Two digits in ISO 4217, none at Stripe: only whole ariary can be charged.
    "MGA": _Units(digits=0),
    # Three decimals, of which card networks support two.
    **dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), _LAST_DIGIT_IS_ZERO),
}
NOT_CHARGEABLE: Final = frozenset(
    {
        "IQD", "LYD", "BTN", "CUP", "ERN", "GHS", "IRR", "KPW", "MRU", "SDG", "SSP", "STN", "SVC",
        "SYP", "TMT", "VED", "VES", "ZWG",
    }
)  # fmt: skip
"""Currencies that Stripe does not offer for charges in any country."""

# In our minor units. The minimum depends on the currency of the shop's bank account; for a charge
# that Stripe converts first it is the equivalent of that one, which only Stripe knows and refuses.
MINIMUM: Final = {
    "AED": 200, "ARS": 50, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "COP": 50, "CZK": 1500,
    "DKK": 250, "EUR": 50, "GBP": 30, "HKD": 400, "HUF": 17_500, "IDR": 50, "ILS": 50, "INR": 50,
    "JPY": 50, "KRW": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50, "PHP": 50, "PLN": 200,
    "RON": 200, "RUB": 50, "SEK": 300, "SGD": 50, "THB": 1000, "USD": 50, "ZAR": 50,
}  # fmt: skip
LARGEST: Final = 999_999_999_999
"""Twelve digits, as most card networks carry them; in Stripe's units."""


def to_stripe(amount: int, currency: str) -> int:
    """Convert our minor units to Stripe's. Raises `AmountNotChargeable` on a remainder."""
    if currency in NOT_CHARGEABLE:
        raise _not_chargeable(amount, currency, f"Stripe takes no payments in {currency}")
    units, scale = _units(currency), _power(exponent(currency))
    stripe_amount, rest = divmod(amount * _power(units.digits), scale)
    if rest or stripe_amount % units.step:
        smallest = Money(smallest_step(currency), currency)
        raise _not_chargeable(amount, currency, f"it must be a multiple of {smallest}")
    if stripe_amount > LARGEST:
        raise _not_chargeable(amount, currency, "it has more digits than card networks support")
    return stripe_amount


def from_stripe(amount: int, currency: str) -> int:
    """Convert Stripe's minor units to own_amount.

    Raises `GatewayRefused` on a remainder: an amount that is not a whole number of our units must
    not be rounded.
    """
    own_amount, rest = divmod(amount * _power(exponent(currency)), _power(_units(currency).digits))
    if rest:
        raise GatewayRefused(
            f"Stripe reports an amount of {amount} in {currency}: that is not a whole {currency}."
        )
    return own_amount


def check_charge(amount: int, currency: str) -> None:
    """Refuse a total (our minor units) that a card cannot pay.

    Raises `AmountNotChargeable`, and `AmountBelowMinimum` with the minimum.
    """
    to_stripe(amount, currency)
    minimum = MINIMUM.get(currency, 0)
    if amount < minimum:
        raise AmountBelowMinimum(amount=Money(amount, currency), minimum=Money(minimum, currency))


def least_charge(amount: int, currency: str) -> int:
    """Return the least amount (our minor units) of at least this one that a card can pay."""
    step = smallest_step(currency)
    return max(-(-amount // step) * step, MINIMUM.get(currency, 0))


def smallest_step(currency: str) -> int:
    """Return what amounts must be a multiple of, in our minor units."""
    units = _units(currency)
    return max(1, units.step * _power(exponent(currency)) // _power(units.digits))


def _units(currency: str) -> _Units:
    return _UNITS.get(currency) or _Units(digits=exponent(currency))


def _power(digits: int) -> int:
    return int(10**digits)


def _not_chargeable(amount: int, currency: str, reason: str) -> AmountNotChargeable:
    return AmountNotChargeable(amount=Money(amount, currency), reason=reason)
