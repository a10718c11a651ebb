"""Money in whole minor units: currencies, rounding, included tax and splitting."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# Every currency that people pay in, by its digits after the decimal point: ISO 4217, list one, of
# 2026-01-01, without precious metals, test codes, accounting units and funds codes (CLF, UYI ...).
# A test compares it with the list of the `iso4217` package.
_DIGITS = {
    **dict.fromkeys(
        (
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND",
            "VUV", "XAF", "XOF", "XPF",
        ),
        0,
    ),
    **dict.fromkeys(
        (
            "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT",
            "BMD", "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF",
            "CNY", "COP", "CRC", "CUP", "CVE", "CZK", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB",
            "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GTQ", "GYD", "HKD", "HNL",
            "HTG", "HUF", "IDR", "ILS", "INR", "IRR", "JMD", "KES", "KGS", "KHR", "KPW", "KYD",
            "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT",
            "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK",
            "NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB",
            "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN",
            "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH",
            "USD", "UYU", "UZS", "VED", "VES", "WST", "XCD", "XCG", "YER", "ZAR", "ZMW", "ZWG",
        ),
        2,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip

CHARGE_UNITS: Final = {**dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 10), "MGA": 100}
BASIS_POINTS = 10_000
MILLION = 1_000_000
"""A rate of 1 (100 %) in millionths: rates of tax are that fine because 8.875 % is one."""


def exponent(currency: str) -> int:
    """Return how many decimal digits a currency has (ISO 4217): 2 for EUR, 0 for JPY, 3 for KWD.

    2 for a code that ISO 4217 has withdrawn (BGN, HRK): old orders must stay readable.
    """
    return _DIGITS.get(currency, 2)


def charge_unit(currency: str) -> int:
    """Return what discounts, added taxes and refunds are multiples of, in minor units: 10 for KWD.

    Card networks know 0.010 KWD and no single fils: what a shop asks for should be payable by card.
    """
    return CHARGE_UNITS.get(currency, 1)


def is_currency(code: str) -> bool:
    """Return whether a code is a current ISO 4217 currency; input is validated with this."""
    return code in _DIGITS


def divide_half_up(numerator: int, denominator: int) -> int:
    """Divide whole numbers and round halves away from zero: the only rounding rule of the shop.

    Applied per line, as invoices do; every total is then the sum of its rounded lines.
    """
    if denominator <= 0:
        raise ValueError("the denominator must be positive")
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def included_tax(gross: int, rate: int) -> int:
    """Return the tax contained in a gross amount (minor units) at a rate in millionths.

    190000 means 19 %: of 11900 gross, 1900 is tax.
    """
    return divide_half_up(gross * rate, MILLION + rate)


def to_charge_unit(amount: int, currency: str) -> int:
    """Round an amount half-up to what cards can be charged."""
    unit = charge_unit(currency)
    return divide_half_up(amount, unit) * unit


def added_tax(net: int, rate: int, currency: str) -> int:
    """Return the tax due on a net amount at a rate in millionths, as cards can be charged it."""
    unit = charge_unit(currency)
    return divide_half_up(net * rate, MILLION * unit) * unit


def allocate(amount: int, weights: Sequence[int], unit: int = 1) -> list[int]:
    """Split an amount by weights without losing or inventing a minor unit.

    The largest remainders get the units that rounding down leaves over; of equal remainders the
    earlier one comes first. Weights that are all zero split evenly. Where the amount and the
    weights are multiples of `unit`, so are the shares. Raises ValueError for an empty list or a
    negative weight.
    """
    if unit > 1 and not any(one % unit for one in (amount, *weights)):
        return [unit * share for share in allocate(amount // unit, weights)]
    if not weights or any(weight < 0 for weight in weights):
        raise ValueError("weights must be given and not negative")
    total = sum(weights)
    if total == 0:
        weights, total = [1] * len(weights), len(weights)
    sign = -1 if amount < 0 else 1
    shares = [abs(amount) * weight // total for weight in weights]
    left = abs(amount) - sum(shares)
    by_remainder = sorted(
        range(len(weights)), key=lambda i: (-(abs(amount) * weights[i] % total), i)
    )
    for i in by_remainder[:left]:
        shares[i] += 1
    return [sign * share for share in shares]


_CODES: Final[set[str]] = set()
"""Currencies that were looked at before: a list makes dozens of amounts of one."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units of one currency: `Money(1999, "EUR")` is 19.99 EUR."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount) is int and self.currency in _CODES:
            return
        if not isinstance(self.amount, int) or isinstance(self.amount, bool):
            raise TypeError("an amount is a whole number of minor units")
        code = self.currency
        if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
            raise ValueError(f"{code!r} is not an ISO 4217 code")
        _CODES.add(code)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, quantity: int) -> "Money":
        return Money(self.amount * quantity, self.currency)

    def __str__(self) -> str:
        """Format the amount for people: `19.99 EUR`, `500 JPY`, `1.250 KWD`."""
        digits = exponent(self.currency)
        sign, units = ("-" if self.amount < 0 else ""), abs(self.amount)
        if digits == 0:
            return f"{sign}{units} {self.currency}"
        scale: int = 10**digits
        return f"{sign}{units // scale}.{units % scale:0{digits}d} {self.currency}"

    def allocate(self, weights: Sequence[int]) -> list["Money"]:
        """Split by weights without loss; see `allocate`."""
        return [Money(share, self.currency) for share in allocate(self.amount, weights)]

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise ValueError(f"cannot mix {self.currency} and {other.currency}")
        return other.amount
