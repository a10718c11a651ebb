"""Errors of returns."""

from api.inventory.errors import LocationNotFound, VariantUnknown
from api.kernel.errors import Conflict, InvalidState, NotFound, Unprocessable
from api.orders.errors import OrderNotFound, QuantityExceedsRefundable, UnknownOrderLine
from api.payments.errors import (
    REFUSED_BY_GATEWAY,
    DisputeOpen,
    RefundExceedsCaptured,
    WrongCurrency,
)
from api.stored_value.errors import GiftCardUsed, StoreCreditNeedsAccount


class NothingToRefund(Unprocessable):
    """A refund without lines, without shipping and without an amount."""

    code = "nothing_to_refund"
    sentence = "Name the lines to refund, the shipping, or an amount."


class RefundChanged(Conflict):
    """The amount is not the expected one. Carries the current `amount`."""

    code = "refund_changed"
    sentence = (
        "The amount of this refund has changed. Check the new amount before you send it again."
    )


class RefundNotFound(NotFound):
    """No such refund."""

    code = "refund_not_found"
    sentence = "Refund not found."


NO_REFUND = (
    *REFUSED_BY_GATEWAY,
    InvalidState,
    NothingToRefund,
    OrderNotFound,
    RefundChanged,
    RefundExceedsCaptured,
    WrongCurrency,
)
"""Errors of every command that refunds an order."""

NO_UNITS_TO_REFUND = (
    *NO_REFUND,
    DisputeOpen,
    LocationNotFound,
    QuantityExceedsRefundable,
    UnknownOrderLine,
    VariantUnknown,
    GiftCardUsed,
    StoreCreditNeedsAccount,
)
"""Errors of a command that refunds units and restocks them."""
