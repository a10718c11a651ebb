"""What the waiting list refuses."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class AlreadyInStock(Conflict):
    """Nobody has to wait for what is there."""

    code = "in_stock_now"
    sentence = "This can be bought right now: nobody has to wait for it."


class EmailAddressRequired(Unprocessable):
    """A guest without an address cannot be told."""

    code = "address_needed"
    sentence = "Say where to write to: send `email`, or sign in."


class SubscriptionNotFound(NotFound):
    """No such request, or not yours."""

    code = "stock_request_not_found"
    sentence = "There is no such request."
