"""Errors of the inventory."""

from typing import ClassVar

from api.kernel.errors import Conflict, NotFound, Unprocessable


class InsufficientStock(Conflict):
    """More units are requested than are available.

    Carries `lines` with `variant_id`, `sku`, `requested` and `available` of each short variant,
    and `errors` that point into the request.
    """

    code = "insufficient_stock"
    sentence = "There is not enough stock for this."


class StockCountOutdated(Conflict):
    """The level holds another quantity than the one that the change is based on."""

    code = "stale_quantity"
    status: ClassVar[int] = 409
    sentence = "The stock level has changed: {current_on_hand} units are on hand now."


class QuantityTooLarge(Unprocessable):
    """A level would hold more than the largest quantity."""

    code = "quantity_too_large"
    sentence = "A stock level holds at most {largest} units."


class UnitsAlreadyReturned(Conflict):
    """Units of the parcel were restocked already: they came back as a return."""

    code = "goods_returned"
    sentence = "Units of this parcel were restocked as a return. It cannot be voided any more."


class NotAllocated(Conflict):
    """An order would ship more units than are allocated to it."""

    code = "not_allocated"
    sentence = "These units are not allocated to the order."


class LevelNotFound(NotFound):
    """No such stock level."""

    code = "level_not_found"
    sentence = "Stock level not found."


class LocationNotFound(NotFound):
    """No such location."""

    code = "location_not_found"
    sentence = "Location not found."


class LocationCodeTaken(Conflict):
    """Two locations cannot share a code."""

    code = "location_code_taken"
    sentence = "A location with the code {location_code} already exists."


class VariantUnknown(Unprocessable):
    """A level is requested for a variant that does not exist."""

    code = "variant_unknown"
    sentence = "Variant not found in the catalog."


class BinNotFound(NotFound):
    """No such bin."""

    code = "bin_not_found"
    sentence = "Bin not found."


class BinCodeTaken(Conflict):
    """A code is used once in a location, and a barcode once in the shop."""

    code = "bin_code_taken"
    sentence = "Another bin has the code {bin_code} or its barcode already."


class BinShort(Conflict):
    """A bin has fewer units than are to be taken from it."""

    code = "bin_short"
    sentence = "{bin_code} has {present} of these units, not {requested}. Count the bin."


class BinElsewhere(Unprocessable):
    """The bin belongs to another location than the stock level."""

    code = "bin_elsewhere"
    sentence = "Bin {bin_code} is at another location. Transfer the units there first."


class BinInactive(Conflict):
    """The bin is not in use."""

    code = "bin_inactive"
    sentence = "Bin {bin_code} is not in use. Choose another, or activate it."


class BinNotEmpty(Conflict):
    """A bin with units in it keeps its kind and stays active."""

    code = "bin_not_empty"
    sentence = "{units} units are in this bin. Move them first."


class StateShort(Conflict):
    """Fewer units are in a state than are to leave it."""

    code = "state_short"
    sentence = (
        "{present} units are {state} outside of quarantine bins and wait for no count, not"
        " {requested}."
    )


class ReplenishmentReversed(Unprocessable):
    """A bin is filled up to at least the quantity below which it is filled."""

    code = "replenishment_reversed"
    sentence = "replenish_min is {least}, above replenish_max, which is {most}."


class LotNotFound(NotFound):
    """No such lot."""

    code = "lot_not_found"
    sentence = "Lot not found."


class LotRequired(Unprocessable):
    """Units of a variant with lots come without one."""

    code = "lot_required"
    sentence = "{sku} is kept in lots: say which lot came. It is on the label."


class LotDateRequired(Unprocessable):
    """A lot of a variant that expires comes without its date."""

    code = "lot_date_required"
    sentence = "{sku} expires: say until when lot {lot} lasts. The date is on the label."


class LotDateDiffers(Conflict):
    """A lot is known with another date."""

    code = "lot_date_differs"
    sentence = (
        "Lot {lot} of {sku} lasts until {known}, not {said}. Read the label again, or correct the "
        "date of the lot first."
    )


class LotNotTracked(Unprocessable):
    """A lot is named for a variant that is not kept in lots."""

    code = "lot_not_tracked"
    sentence = "{sku} is not kept in lots. Set lot_tracking of the variant first."


class LotShort(Conflict):
    """Fewer units of a lot are at a place than are to be taken from there."""

    code = "lot_short"
    sentence = "{present} units of lot {lot} are there, not {requested}. Count the place."


class LotElsewhere(Unprocessable):
    """The lot is of another variant than the stock level."""

    code = "lot_elsewhere"
    sentence = "Lot {lot} is of another product."


class LotsNotSellable(Conflict):
    """Units that are to leave for a customer are in lots that expired or were recalled."""

    code = "lots_not_sellable"
    sentence = (
        "{present} of {requested} units of {sku} are left in lots that may be sold. The others "
        "expired or were recalled: discard them, and receive or find others."
    )
