"""The refusals of price lists."""

from api.kernel.errors import NotFound, Unprocessable


class PriceListNotFound(NotFound):
    """No such price list."""

    code = "price_list_not_found"
    sentence = "Price list not found."


class PriceListImpossible(Unprocessable):
    """Values that do not fit together, a code that is taken, or a group that is not there."""

    code = "price_list_impossible"
    sentence = "These values of the price list do not fit together."


class ListedPricesRefused(Unprocessable):
    """Rows of prices that cannot be taken; none was."""

    code = "listed_prices_refused"
    sentence = "{count} of the rows cannot be taken, so none was. Correct them, then send again."
