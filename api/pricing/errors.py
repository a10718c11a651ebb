"""Errors of pricing."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class ShippingMethodNotFound(NotFound):
    """No such shipping method."""

    code = "shipping_method_not_found"
    sentence = "Shipping method not found."


class ShippingNotAvailable(Unprocessable):
    """The shipping method exists, but not for this destination."""

    code = "shipping_not_available"
    sentence = "{method} does not deliver to {country} for an order in {currency}."


class ShippingCodeTaken(Conflict):
    """A shipping method with this code and currency exists."""

    code = "shipping_code_taken"
    sentence = "A shipping method {method} in {currency} already exists."


class TaxRateNotFound(NotFound):
    """No such tax rate."""

    code = "tax_rate_not_found"
    sentence = "Tax rate not found."


class TaxRateTaken(Conflict):
    """A rate with this country, tax class and first day exists."""

    code = "tax_rate_taken"
    sentence = "A rate for {country} and {tax_class} that begins on {valid_from} already exists."


class RegionalRatesUnsupported(Unprocessable):
    """A regional rate: orders are taxed by country only, so it would never be applied."""

    code = "regional_rates_unsupported"
    sentence = (
        "Tax is calculated by country only, so a rate for a region would never be applied. Leave"
        " the region out and enter the rate of the country."
    )


class RuleImpossible(Unprocessable):
    """Values that are each valid, but not together."""

    code = "rule_impossible"
    sentence = "These values do not fit together."
