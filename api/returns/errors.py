"""What returns refuses."""

from api.inventory.errors import LocationNotFound, VariantUnknown
from api.kernel.errors import Conflict, InvalidState, NotFound, Unprocessable
from api.orders.errors import OrderNotFound, QuantityExceedsRefundable, UnknownOrderLine
from api.payments.errors import (
    REFUSED_BY_GATEWAY,
    DisputeOpen,
    RefundExceedsCaptured,
    WrongCurrency,
)


class NothingToRefund(Unprocessable):
    """A refund without lines, without shipping and without an amount."""

    code = "nothing_to_refund"
    sentence = "Name the lines to refund, the shipping, or an amount."


class RefundChanged(Conflict):
    """The amount is not the one that the person saw. Carries the fresh `amount`."""

    code = "refund_changed"
    sentence = "The refund comes to another amount now. Look again before you send it."


class RefundNotFound(NotFound):
    """No such refund."""

    code = "refund_not_found"
    sentence = "There is no such refund."


NO_REFUND = (
    *REFUSED_BY_GATEWAY,
    InvalidState,
    NothingToRefund,
    OrderNotFound,
    RefundChanged,
    RefundExceedsCaptured,
    WrongCurrency,
)
"""What any command may answer that gives money of an order back."""

NO_UNITS_TO_REFUND = (
    *NO_REFUND,
    DisputeOpen,
    LocationNotFound,
    QuantityExceedsRefundable,
    UnknownOrderLine,
    VariantUnknown,
)
"""And one that names units, and where they go back on a shelf."""
