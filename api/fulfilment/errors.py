"""What the packing table refuses."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class FulfilmentNotFound(NotFound):
    """No such parcel."""

    code = "fulfilment_not_found"
    sentence = "There is no such fulfilment."


class FulfilmentOutdated(Conflict):
    """An open parcel holds units that the order no longer owes."""

    code = "fulfilment_outdated"
    sentence = (
        "Units in {number} were refunded or sent since it was opened. Cancel it and pack anew: "
        "what is still open goes into a new parcel."
    )


class UnitsNotVerified(Unprocessable):
    """Units would leave that nobody has scanned."""

    code = "units_not_verified"
    sentence = (
        "Units were not verified. Scan them and send them as verified_lines, or let somebody who "
        "may override it send override_reason."
    )


class VerifiedExceedsQuantity(Unprocessable):
    """More units were verified than are in the parcel: something else is in it."""

    code = "verified_exceeds_quantity"
    sentence = "More units were verified than leave with this parcel."


class CodeUnknown(NotFound):
    """No order, parcel or goods carry this code."""

    code = "code_unknown"
    sentence = "No order, parcel, article or barcode is called {scanned}."
