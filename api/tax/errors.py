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
