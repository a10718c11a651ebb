"""What the checkout refuses."""

from api.kernel.errors import Conflict, Refused


class CartChanged(Conflict):
    """The total is not the one that the customer saw. Carries the fresh `quote`."""

    code = "cart_changed"
    sentence = "The total changed since the customer saw it. Show the new quote and ask again."


class CartUnbuyable(Conflict):
    """Something in the cart cannot be bought any more."""

    code = "cart_unbuyable"
    sentence = "Something in the cart is no longer for sale. Take it out and try again."


class CartAlreadyOrdered(Conflict):
    """The cart became an order, by a checkout that said something else.

    Carries `order_id` and `order_number`.
    """

    code = "cart_already_ordered"
    sentence = (
        "This cart has become order {order_number}. Change that order or cancel it as long as it"
        " is not paid, or begin a new cart."
    )


class EmailRequired(Refused):
    """A guest must say where letters go."""

    code = "email_required"
    sentence = "Guests give an e-mail address, so that the confirmation can reach them."
