"""What may be charged: minor units, minimum amounts and special cases of currencies.

Source: https://docs.stripe.com/currencies (minor units, special cases, minimum and maximum charge
amounts). This table is the stand-in's own on purpose: the shop's table is tested against it.
"""

from typing import Final

from api.dev.fake_stripe.errors import StripeProblem

MINIMUM: Final = {
    "usd": 50, "aed": 200, "ars": 50, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "cop": 50,
    "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "idr": 50, "ils": 50,
    "inr": 50, "jpy": 50, "krw": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "php": 50,
    "pln": 200, "ron": 200, "rub": 50, "sek": 300, "sgd": 50, "thb": 1000, "zar": 50,
}  # fmt: skip
"""In minor units. Currencies outside the table must meet the minimum of the bank account's own
currency after conversion; the stand-in converts nothing and asks for one unit."""

MAXIMUM: Final = 999_999_999_999
"""Twelve digits, for most cards."""

THREE_DECIMALS: Final = {"bhd", "jod", "kwd", "omr", "tnd"}
IN_HUNDREDTHS: Final = {"isk", "ugx"}
"""Without decimals, yet sent as if they had two: 5 ISK are 500."""

_CODES: Final = """
    usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn
    bzd cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf
    gtq gyd hkd hnl htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr
    lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen
    pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd
    top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw"""
_SUPPORTED: Final = frozenset(_CODES.split())


def check_currency(currency: str) -> str:
    """Return the code in small letters; refuse a currency that cannot be charged."""
    code = currency.lower()
    if code not in _SUPPORTED:
        raise StripeProblem(
            400,
            f"Invalid currency: {code}. Stripe currently supports these currencies: "
            f"{', '.join(sorted(_SUPPORTED))}",
            param="currency",
        )
    return code


def check_amount(amount: int, currency: str) -> None:
    """Refuse an amount (minor units as Stripe counts them) that cannot be charged."""
    if amount < 1:
        raise StripeProblem(
            400,
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="amount",
        )
    if amount > MAXIMUM:
        raise StripeProblem(
            400,
            f"Amount must be no more than {MAXIMUM} in {currency}",
            code="amount_too_large",
            param="amount",
        )
    check_divisible(amount, currency)
    if amount < MINIMUM.get(currency, 1):
        raise StripeProblem(
            400,
            f"Amount must be at least {MINIMUM[currency]} in the smallest unit of {currency}",
            code="amount_too_small",
            param="amount",
        )


def check_divisible(amount: int, currency: str) -> None:
    """Refuse fractions that cards do not carry, of charges and of refunds alike."""
    if currency in IN_HUNDREDTHS and amount % 100:
        raise StripeProblem(
            400,
            f"Invalid amount. Currency {currency.upper()} has become effectively zero-decimal and "
            "charged amounts must be evenly divisible by 100. See "
            "https://stripe.com/docs/currencies#special-cases for more information.",
            code="invalid_charge_amount_no_decimal_compatible",
            param="amount",
        )
    if currency in THREE_DECIMALS and amount % 10:
        raise StripeProblem(
            400,
            f"Invalid amount. The last digit of an amount in {currency.upper()} must be 0. See "
            "https://stripe.com/docs/currencies#three-decimal for more information.",
            param="amount",
        )
