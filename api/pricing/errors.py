"""What pricing refuses."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class ShippingMethodNotFound(NotFound):
    """No such way of delivery."""

    code = "shipping_method_not_found"
    sentence = "There is no such shipping method."


class ShippingNotAvailable(Unprocessable):
    """The way of delivery exists, but does not lead there."""

    code = "shipping_not_available"
    sentence = "{method} does not deliver to {country} for an order in {currency}."


class ShippingCodeTaken(Conflict):
    """A code names one way of delivery per currency."""

    code = "shipping_code_taken"
    sentence = "There is another shipping method {method} in {currency}."


class TaxRateNotFound(NotFound):
    """No such tax rate."""

    code = "tax_rate_not_found"
    sentence = "There is no such tax rate."


class TaxRateTaken(Conflict):
    """One rate begins on one day for one place and class."""

    code = "tax_rate_taken"
    sentence = "Another rate for {country} and {tax_class} begins on {valid_from}."


class RegionalRatesUnsupported(Unprocessable):
    """A rate of a region: orders are taxed by country only, so it would never be applied."""

    code = "regional_rates_unsupported"
    sentence = (
        "Tax is worked out by country only, so a rate for a region would never be applied. Leave"
        " the region out and enter the rate of the country."
    )


class RuleImpossible(Unprocessable):
    """Values that each are fine, but not together."""

    code = "rule_impossible"
    sentence = "These values do not fit together."
