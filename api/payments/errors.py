"""What the till refuses."""

from api.kernel.errors import BadRequest, Conflict, Declined, NotFound, Unavailable, Unprocessable


class PaymentDeclined(Declined):
    """The bank said no. Carries `decline_code` as the provider names it."""

    code = "payment_declined"
    sentence = "The payment was declined ({decline_code}). Try another way to pay."


class GatewayUnavailable(Unavailable):
    """The payment provider does not answer, or answers with its own failure."""

    code = "gateway_unavailable"
    sentence = (
        "The payment provider does not answer right now. Nothing is lost: try again in a moment."
    )


class GatewayRefused(Conflict):
    """The payment provider will not do this, however often it is asked."""

    code = "gateway_refused"
    sentence = "The payment provider refused this: {reason}"


class AmountNotChargeable(Unprocessable):
    """An amount that the payment provider cannot charge. Carries `amount`."""

    code = "amount_not_chargeable"
    sentence = "{amount} cannot be paid by card: {reason}."


class AmountBelowMinimum(Unprocessable):
    """Less than the payment provider charges at all. Carries `amount` and `minimum`."""

    code = "amount_below_minimum"
    sentence = "{amount} cannot be paid by card: the least is {minimum}."


class GatewayObjectUnknown(GatewayRefused):
    """The payment provider has no such object in this account, and never will have."""

    code = "gateway_object_unknown"
    sentence = "The payment provider knows nothing of {object_id} in this account."


class DisputeOpen(Conflict):
    """The customer's bank asks for the money back: the provider refunds nothing meanwhile."""

    code = "dispute_open"
    sentence = (
        "The payment is disputed ({status}), so it cannot be refunded. Answer or accept the "
        "dispute at the payment provider{until}."
    )


class RefundExceedsCaptured(Conflict):
    """More than was taken, less what has gone back or is on its way back."""

    code = "refund_exceeds_captured"
    sentence = "{requested} is asked, and at most {refundable} can still be refunded on this order."


class PaymentNotFound(NotFound):
    """No such payment."""

    code = "payment_not_found"
    sentence = "There is no payment for this order yet. Create a payment intent first."


class NothingDue(Conflict):
    """The order needs no more money."""

    code = "nothing_due"
    sentence = "Nothing is due on this order."


class WrongCurrency(Unprocessable):
    """Another currency than the order's."""

    code = "wrong_currency"
    sentence = "The order is in {expected}."


class EventMalformed(BadRequest):
    """The message is signed and still no event of the provider."""

    code = "event_malformed"
    sentence = "The body is signed, but it is not an event: {reason}."


class AmountExceedsDue(Unprocessable):
    """More money than the order still needs. Carries `due`."""

    code = "amount_exceeds_due"
    sentence = (
        "Only {due} is due on this order. Send allow_overpayment when that much came all the same."
    )


class PaymentInProgress(Conflict):
    """The customer's bank is carrying out a payment that can no longer be withdrawn."""

    code = "payment_in_progress"
    sentence = (
        "The customer's bank is carrying out a payment for this order. Wait for its end, or send "
        "allow_overpayment when this money came as well."
    )


class SignatureInvalid(BadRequest):
    """The message does not come from the payment provider, or was changed on its way."""

    code = "signature_invalid"
    sentence = "The webhook's signature does not fit its body."


REFUSED_BY_GATEWAY = (
    AmountNotChargeable,
    GatewayObjectUnknown,
    GatewayRefused,
    GatewayUnavailable,
    PaymentDeclined,
    PaymentNotFound,
)
"""What any command may answer that asks the payment provider."""
