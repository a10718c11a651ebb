"""Errors of fulfilments."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class FulfilmentNotFound(NotFound):
    """No such parcel."""

    code = "fulfilment_not_found"
    sentence = "Fulfilment not found."


class FulfilmentOutdated(Conflict):
    """An open parcel contains units that are no longer open on the order."""

    code = "fulfilment_outdated"
    sentence = (
        "Units in {number} were refunded or shipped since it was opened. Cancel it and pack a new "
        "parcel with the units that are still open."
    )


class UnitsNotVerified(Unprocessable):
    """Units would ship that were not scanned."""

    code = "units_not_verified"
    sentence = (
        "Units were not verified. Scan them and send them as verified_lines, or let somebody who "
        "may override it send override_reason."
    )


class VerifiedExceedsQuantity(Unprocessable):
    """More units were verified than the parcel contains."""

    code = "verified_exceeds_quantity"
    sentence = "More units were verified than this parcel contains."


class OrderIsPickedUp(Conflict):
    """An order whose customer picks it up cannot be handed to a carrier."""

    code = "order_is_picked_up"
    sentence = "The customer picks this order up: make it ready for pick-up instead of shipping it."


class OrderIsDelivered(Conflict):
    """An order that is delivered cannot be made ready for pick-up."""

    code = "order_is_delivered"
    sentence = "This order is delivered, not picked up: ship it."
