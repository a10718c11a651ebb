"""Errors of orders."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class OrderNotFound(NotFound):
    """The order does not exist or belongs to someone else; the answer is the same."""

    code = "order_not_found"
    sentence = "Order not found."


class QuantityExceedsOpen(Unprocessable):
    """More units than are still to be shipped."""

    code = "quantity_exceeds_open"
    sentence = "More units are requested than are still open on the order."


class QuantityExceedsRefundable(Unprocessable):
    """More units than can still be refunded."""

    code = "quantity_exceeds_refundable"
    sentence = "More units are requested than can still be refunded on the order."


class UnknownOrderLine(Unprocessable):
    """A line that is not on this order."""

    code = "unknown_order_line"
    sentence = "One of these lines is not on this order."


class OrderOnHold(Conflict):
    """The order has open holds, so it must not ship yet. Carries the `holds`."""

    code = "order_on_hold"
    sentence = "The order is on hold ({reasons}): release its holds before it ships."


class HoldNotFound(NotFound):
    """No such hold."""

    code = "hold_not_found"
    sentence = "Hold not found."


class HoldReleased(Conflict):
    """The hold was released before. Carries `released_by`."""

    code = "hold_released"
    sentence = "{released_by} has already released this hold."


class NothingToShip(Conflict):
    """All units are shipped or cancelled."""

    code = "nothing_to_ship"
    sentence = "Nothing is left to ship on this order."
