"""Errors of promotions."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class DiscountNotFound(NotFound):
    """No such discount."""

    code = "discount_not_found"
    sentence = "Discount not found."


class DiscountImpossible(Unprocessable):
    """Values that do not fit together, or a condition that no cart could meet."""

    code = "discount_impossible"
    sentence = "These values of the discount do not fit together."


class DiscountInUse(Conflict):
    """Orders have this discount, so it can be switched off but not deleted."""

    code = "discount_in_use"
    sentence = "Orders have this discount. Switch it off instead of deleting it."


class DiscountUsedUp(Conflict):
    """Somebody else used a discount for the last time, or it was switched off, in the meantime."""

    code = "discount_used_up"
    sentence = "{discount} can no longer be used. Look at the new total, then order again."


class CodesRefused(Unprocessable):
    """A list of codes has rows that cannot be taken; none of the list was."""

    code = "codes_refused"
    sentence = "{count} of the codes cannot be taken, so none was. Correct them, then send again."


class CodeUnknown(Unprocessable):
    """No discount has this code."""

    code = "discount_code_unknown"
    sentence = "This code is not known. Look at how it is written."


class TooManyCodes(Unprocessable):
    """The cart has as many codes as it may."""

    code = "too_many_codes"
    sentence = "A cart takes at most {limit} codes. Remove one first."


class SkuUnknown(Unprocessable):
    """No variant with this SKU has a price in the shop's currency."""

    code = "sku_unknown"
    sentence = "{sku} is not for sale in {currency}."
