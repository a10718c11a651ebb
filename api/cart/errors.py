"""Errors of the cart."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class CartNotFound(NotFound):
    """No open cart for this token or account."""

    code = "cart_not_found"
    sentence = "Cart not found. Add an item to create one."


class CartItemNotFound(NotFound):
    """No such item in this cart."""

    code = "cart_item_not_found"
    sentence = "Item not found in this cart."


class NotForSale(Unprocessable):
    """Not found, not published, or without a price in the cart's currency."""

    code = "not_for_sale"
    sentence = "This is not for sale in {currency}."


class NotEnoughInStock(Conflict):
    """Fewer units are available than the cart would contain."""

    code = "insufficient_stock"
    sentence = "Only {available} left in stock, {requested} requested."


class CartEmpty(Unprocessable):
    """The cart has no items to check out."""

    code = "cart_empty"
    sentence = "The cart is empty."
