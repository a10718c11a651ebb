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


class VoidReasonMissing(Unprocessable):
    """A parcel that was picked up is voided with a reason only."""

    code = "void_reason_missing"
    sentence = "Say in reason why {number} was not picked up after all."


class PickupVoidTooLate(Conflict):
    """A parcel was picked up too long ago to be a mistake."""

    code = "pickup_void_too_late"
    sentence = (
        "{number} was picked up more than {hours} hours ago. What the customer brings back is a "
        "return: refund the order and restock the units."
    )


class OrderIsPickedUp(Conflict):
    """An order whose customer picks it up cannot be handed to a carrier."""

    code = "order_is_picked_up"
    sentence = "The customer picks this order up: make it ready for pick-up instead of shipping it."


class OrderIsDelivered(Conflict):
    """An order that is delivered cannot be made ready for pick-up."""

    code = "order_is_delivered"
    sentence = "This order is delivered, not picked up: ship it."
