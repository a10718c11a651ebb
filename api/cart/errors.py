"""What the cart refuses."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class CartNotFound(NotFound):
    """No cart, or not one that this token or account opens."""

    code = "cart_not_found"
    sentence = "There is no open cart here. Put something in to begin one."


class CartItemNotFound(NotFound):
    """No such position in this cart."""

    code = "cart_item_not_found"
    sentence = "There is no such item in this cart."


class NotForSale(Unprocessable):
    """Unknown, withdrawn, or without a price in the cart's currency."""

    code = "not_for_sale"
    sentence = "This is not for sale in {currency}."


class NotEnoughInStock(Conflict):
    """Fewer units are on the shelf than the cart would hold."""

    code = "insufficient_stock"
    sentence = "Only {available} left in stock, {requested} wanted."


class CartEmpty(Unprocessable):
    """Nothing to check out."""

    code = "cart_empty"
    sentence = "The cart is empty."
