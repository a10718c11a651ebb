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
