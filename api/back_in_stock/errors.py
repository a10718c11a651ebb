"""Errors of back-in-stock subscriptions."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class AlreadyInStock(Conflict):
    """The variant is in stock."""

    code = "in_stock_now"
    sentence = "This is in stock and can be bought now."


class EmailAddressRequired(Unprocessable):
    """A guest must give an e-mail address."""

    code = "address_needed"
    sentence = "An e-mail address is needed: send `email`, or sign in."


class SubscriptionNotFound(NotFound):
    """The subscription does not exist or belongs to someone else."""

    code = "stock_request_not_found"
    sentence = "Back-in-stock subscription not found."
