"""Errors of draft orders."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class DraftNotFound(NotFound):
    """No such draft order."""

    code = "draft_not_found"
    sentence = "Draft order not found."


class DraftIncomplete(Unprocessable):
    """Something is missing before the draft can become an order."""

    code = "draft_incomplete"
    sentence = "Before this, the draft needs {missing}."


class QuoteExpired(Conflict):
    """The day until which the quote is valid is over."""

    code = "quote_expired"
    sentence = "The quote was valid until {valid_until}. Give the draft a later date first."


class QuoteChanged(Conflict):
    """Tax or shipping changed since the pay link was sent. Carries the `total`."""

    code = "quote_changed"
    sentence = (
        "Tax or shipping changed since this was sent: it costs {total} now. Ask the shop for "
        "another link."
    )


class PricesNotApproved(Conflict):
    """The prices that staff set take more off than their role allows alone."""

    code = "prices_not_approved"
    sentence = "The prices of {number} {waits}. Until they stand it is neither sent nor placed."


class DraftPriceChanged(Conflict):
    """The draft has other prices than those that waited for approval."""

    code = "draft_price_changed"
    sentence = "{number} has other prices by now, or is placed: reject this, and look at the draft."


class CustomerUnknown(Unprocessable):
    """No customer account has this id."""

    code = "customer_unknown"
    sentence = "There is no customer account with this id."
