"""What the shelves refuse."""

from typing import ClassVar

from api.kernel.errors import Conflict, NotFound, Unprocessable


class InsufficientStock(Conflict):
    """More is asked for than is free.

    Carries `lines` with `variant_id`, `sku`, `requested` and `available` of each variant that falls
    short, and `errors` that point into the demand.
    """

    code = "insufficient_stock"
    sentence = "There is not enough stock for this."


class StockCountOutdated(Conflict):
    """The shelf holds another number than the one that the change is based on."""

    code = "stale_quantity"
    status: ClassVar[int] = 409
    sentence = "The stock has moved: {current_on_hand} are on the shelf now."


class QuantityTooLarge(Unprocessable):
    """A shelf would hold more than any shelf can."""

    code = "quantity_too_large"
    sentence = "No shelf holds more than {largest}."


class UnitsAlreadyReturned(Conflict):
    """Goods of a parcel are on the shelf again already: they came back as a return."""

    code = "goods_returned"
    sentence = (
        "Units of this parcel were put back on the shelf as a return. It cannot be voided any more."
    )


class NotAllocated(Conflict):
    """An order wants to ship more than it has been given."""

    code = "not_allocated"
    sentence = "The order has no such goods allocated to it."


class LevelNotFound(NotFound):
    """No such stock level."""

    code = "level_not_found"
    sentence = "There is no such stock level."


class LocationNotFound(NotFound):
    """No such location."""

    code = "location_not_found"
    sentence = "There is no such location."


class LocationCodeTaken(Conflict):
    """Two locations cannot share a code."""

    code = "location_code_taken"
    sentence = "Another location is called {location_code}."


class VariantUnknown(Unprocessable):
    """A level is asked for goods that the catalogue does not know."""

    code = "variant_unknown"
    sentence = "The catalogue knows no such variant."
