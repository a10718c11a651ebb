"""What aftersales refuses."""

from api.kernel.errors import Conflict, NotFound, Refused


class NothingToRefund(Refused):
    """A refund without lines, without shipping and without an amount."""

    code = "nothing_to_refund"
    sentence = "Name the lines to refund, the shipping, or an amount."


class RefundChanged(Conflict):
    """The amount is not the one that the person saw. Carries the fresh `amount`."""

    code = "refund_changed"
    sentence = "The refund comes to another amount now. Look again before you send it."


class CaseNotFound(NotFound):
    """No such refund."""

    code = "refund_not_found"
    sentence = "There is no such refund."
