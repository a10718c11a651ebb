"""What the order book refuses."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class OrderNotFound(NotFound):
    """No such order, or not this customer's: the two look alike."""

    code = "order_not_found"
    sentence = "There is no such order here."


class QuantityExceedsOpen(Unprocessable):
    """More units than are still to be shipped."""

    code = "quantity_exceeds_open"
    sentence = "More units than are still open on the order."


class QuantityExceedsRefundable(Unprocessable):
    """More units than can still be refunded."""

    code = "quantity_exceeds_refundable"
    sentence = "More units than can still be refunded on the order."


class UnknownOrderLine(Unprocessable):
    """A line that is not on this order."""

    code = "unknown_order_line"
    sentence = "A line named here is not on this order."


class OrderOnHold(Conflict):
    """Somebody or something says that it must not ship yet. Carries the `holds`."""

    code = "order_on_hold"
    sentence = "The order is on hold ({reasons}): release its holds before it ships."


class HoldNotFound(NotFound):
    """No such hold."""

    code = "hold_not_found"
    sentence = "There is no such hold on an order."


class HoldReleased(Conflict):
    """Somebody was faster."""

    code = "hold_released"
    sentence = "This hold was released already by {released_by}."


class NothingToShip(Conflict):
    """Everything has left, or was cancelled."""

    code = "nothing_to_ship"
    sentence = "Nothing is left to ship on this order."
