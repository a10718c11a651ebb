"""Errors of taxes and markets."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class TaxRateNotFound(NotFound):
    """No such tax rate."""

    code = "tax_rate_not_found"
    sentence = "Tax rate not found."


class TaxRateTaken(Conflict):
    """A rate of the same place, class and first day exists."""

    code = "tax_rate_taken"
    sentence = "A rate for {country} and {tax_class} that begins on {valid_from} already exists."


class TaxRatesClash(Conflict):
    """Periods of one series would overlap or leave a hole, or ranges of postal codes overlap.

    Its errors name the rows that do not fit, two by two.
    """

    code = "tax_rates_clash"
    sentence = "These rates do not fit together."


class TaxRuleMissing(Unprocessable):
    """There is no tax rule for the destination, so its tax is unknown: it is never taken as 0 %."""

    code = "tax_rule_missing"
    sentence = (
        "The shop has no tax rule for {tax_class} goods in {place} on {day}. If the address has a"
        " region and a postal code, send them; otherwise the shop must add a rule (a rate, or 0 %"
        " with the treatment export or out_of_scope)."
    )


class MarketNotFound(NotFound):
    """No such market."""

    code = "market_not_found"
    sentence = "Market not found."


class MarketTaken(Conflict):
    """A market has this code, or one of these countries. Carries `countries`."""

    code = "market_taken"
    sentence = "Another market has the code {market}, or one of its countries: {countries}."


class CountryNotSold(Unprocessable):
    """The shop has markets, and none of them holds the country."""

    code = "country_not_sold"
    sentence = "The shop does not sell to {country}."


class MarketMismatch(Unprocessable):
    """The market of the country sells in another currency, or takes no such payment."""

    code = "market_mismatch"
    sentence = "In {country} the shop sells in {currency} and takes {payment_methods}."


class TaxExemptionNotFound(NotFound):
    """No such exemption."""

    code = "tax_exemption_not_found"
    sentence = "Tax exemption not found."


class TaxExemptionTaken(Conflict):
    """The customer has an exemption for this country already."""

    code = "tax_exemption_taken"
    sentence = "This customer has a tax exemption for the same country already. Change that one."


class VatIdInvalid(Unprocessable):
    """The VAT id cannot be right, or VIES does not know it."""

    code = "vat_id_invalid"
    sentence = "{vat_id} is not a valid VAT id. Correct it, or leave it out."


class TaxRatesUnreadable(Unprocessable):
    """A CSV of tax rates has rows that cannot be read; nothing of it was written."""

    code = "tax_rates_unreadable"
    sentence = "These tax rates cannot be read."
