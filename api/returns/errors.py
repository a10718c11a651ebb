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


class SlipNotValid(Conflict):
    """The slip of a return whose goods are not expected: not approved, rejected or cancelled."""

    code = "slip_not_valid"
    sentence = "There is no slip for this return now: it is {status}."


class ReturnNotFound(NotFound):
    """No such return, or one of somebody else."""

    code = "return_not_found"
    sentence = "Return not found."


class CancellationChanged(Conflict):
    """Another sum would go back than was shown. Carries `refunds`."""

    code = "cancellation_changed"
    sentence = "Cancelling these orders now gives back {refunds}. Look at the preview again."


class GoodsNotBack(Conflict):
    """What would be refunded was exchanged for goods that have not come back."""

    code = "goods_not_back"
    sentence = (
        "{sku} was exchanged for goods of {return_number} that have not come: receive them, or "
        "cancel the exchange."
    )


NO_REFUND = (
    *REFUSED_BY_GATEWAY,
    GoodsNotBack,
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
    ReturnNotFound,
    UnknownOrderLine,
    VariantUnknown,
    GiftCardUsed,
    StoreCreditNeedsAccount,
)
"""Errors of a command that refunds units and restocks them."""


class QuantityExceedsReturnable(Unprocessable):
    """More units than were shipped and are in no return yet. `errors` point at the lines."""

    code = "quantity_exceeds_returnable"
    sentence = "More units than were shipped and are not returned yet."


class ReturnRefusedByPolicy(Unprocessable):
    """The shop's policy does not take these goods back. `errors` say why, by line."""

    code = "return_refused_by_policy"
    sentence = "The shop does not take these goods back. Ask the shop if you think it should."


class ReasonUnknown(Unprocessable):
    """A reason that is not in the catalogue, or not used any more."""

    code = "reason_unknown"
    sentence = "There is no reason {reason}. Choose one of GET /return-reasons."


class PhotoUnknown(Unprocessable):
    """A photo that was not uploaded for this order, or is used already."""

    code = "photo_unknown"
    sentence = "A photo was not uploaded for this order. Upload it first."


class PhotosFull(Unprocessable):
    """An order has as many photos as it may."""

    code = "photos_full"
    sentence = "This order has {most} photos already."


class ReturnLineNotFound(Unprocessable):
    """A line that is not in this return."""

    code = "return_line_not_found"
    sentence = "The return has no such line."


class ReturnChanged(Conflict):
    """Somebody else received or inspected units meanwhile. Carries the current quantities."""

    code = "return_changed"
    sentence = "Somebody else has changed this return meanwhile. Look again before you go on."


class DispositionExceedsReceived(Unprocessable):
    """More units than came and have no disposition yet."""

    code = "disposition_exceeds_received"
    sentence = "{sku}: {waiting} of what came have no disposition yet."


class NothingReturned(Unprocessable):
    """A refund of a return from which nothing is left to refund."""

    code = "nothing_returned"
    sentence = "Nothing of this return is left to refund: receive its goods first, or name units."


class PolicyNotFound(NotFound):
    """No such return policy."""

    code = "return_policy_not_found"
    sentence = "Return policy not found."


class HolidayNotFound(NotFound):
    """No such public holiday."""

    code = "public_holiday_not_found"
    sentence = "Public holiday not found."


class HolidayTaken(Conflict):
    """The day is a public holiday of this market already."""

    code = "public_holiday_taken"
    sentence = "This day is a public holiday of this market already."


class GoodsUnknown(Unprocessable):
    """Goods that are not in the return or order, or not in that quantity."""

    code = "goods_unknown"
    sentence = "{sku} is not there in this quantity."


class PolicyTaken(Conflict):
    """There is a policy of this product and market."""

    code = "return_policy_taken"
    sentence = "There is a return policy of this product and market already. Change that one."


class PolicyScopeUnknown(Unprocessable):
    """The product or market of a policy does not exist."""

    code = "return_policy_scope_unknown"
    sentence = "There is no such product or market."


class WithdrawalNotFound(NotFound):
    """No such withdrawal, or a wrong secret."""

    code = "withdrawal_not_found"
    sentence = "Withdrawal not found. Begin again."


class WithdrawalPeriodOver(Unprocessable):
    """The period in which a consumer may withdraw has ended."""

    code = "withdrawal_period_over"
    sentence = "The period of withdrawal ended on {ended}."


class WithdrawalExcluded(Unprocessable):
    """The law gives no right of withdrawal for any of the goods. `errors` say why."""

    code = "withdrawal_excluded"
    sentence = "There is no right of withdrawal for these goods."


class NothingToWithdraw(Unprocessable):
    """Everything was cancelled, returned or withdrawn from already."""

    code = "nothing_to_withdraw"
    sentence = "There is nothing left in this order to withdraw from."


class ClaimNotFound(NotFound):
    """No such claim."""

    code = "claim_not_found"
    sentence = "Claim not found."


class QuantityExceedsClaimable(Unprocessable):
    """More units than were shipped, are in no claim yet, and were not refunded."""

    code = "quantity_exceeds_claimable"
    sentence = "More units than were shipped, are in no claim yet and were not refunded."


class UnitsRefunded(Conflict):
    """Units of a claim were refunded or exchanged, so they are not replaced as well."""

    code = "units_refunded"
    sentence = (
        "{left} of {quantity} {sku} are not refunded or exchanged yet. Settle the claim by the "
        "refund, or deny it."
    )


class ExchangeImpossible(Conflict):
    """Goods of a return are not exchanged, or no more. Says why."""

    code = "exchange_impossible"
    sentence = "{sku} is not exchanged: {why}."


class ReasonCodeInvalid(Unprocessable):
    """The code of a reason has other characters than it may."""

    code = "reason_code_invalid"
    sentence = "Use up to 40 lowercase letters, digits and underscores, beginning with a letter."


class LanguageInvalid(Unprocessable):
    """Not a language tag in lower case."""

    code = "language_invalid"
    sentence = "Use a language tag in lower case such as de or de-at."


NO_RETURN = (
    OrderNotFound,
    PhotosFull,
    PhotoUnknown,
    QuantityExceedsReturnable,
    ReturnNotFound,
    UnknownOrderLine,
)
"""Errors of every command that opens a return."""

NO_WITHDRAWAL = (
    *NO_RETURN,
    InvalidState,
    NothingToWithdraw,
    WithdrawalExcluded,
    WithdrawalNotFound,
    WithdrawalPeriodOver,
)
"""Errors of a command by which somebody withdraws from a contract."""

NO_CLAIM = (
    ClaimNotFound,
    GoodsUnknown,
    OrderNotFound,
    PhotosFull,
    PhotoUnknown,
    QuantityExceedsClaimable,
    UnknownOrderLine,
)
"""Errors of every command that opens a claim."""
