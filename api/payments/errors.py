"""Errors of payments."""

from api.kernel.errors import BadRequest, Conflict, Declined, NotFound, Unavailable, Unprocessable


class PaymentDeclined(Declined):
    """The bank declined. Carries the provider's `decline_code`."""

    code = "payment_declined"
    sentence = "The payment was declined ({decline_code}). Try another way to pay."


class GatewayUnavailable(Unavailable):
    """The payment provider does not answer, or answers with its own failure."""

    code = "gateway_unavailable"
    sentence = "The payment provider is not answering. Nothing is lost: try again in a moment."


class GatewayRefused(Conflict):
    """The payment provider refuses this for good."""

    code = "gateway_refused"
    sentence = "The payment provider refused this: {reason}"


class AmountNotChargeable(Unprocessable):
    """An amount that the payment provider cannot charge. Carries `amount`."""

    code = "amount_not_chargeable"
    sentence = "{amount} cannot be paid by card: {reason}."


class AmountBelowMinimum(Unprocessable):
    """Less than the provider's minimum charge. Carries `amount` and `minimum`."""

    code = "amount_below_minimum"
    sentence = "{amount} cannot be paid by card: the minimum is {minimum}."


class GatewayObjectUnknown(GatewayRefused):
    """The payment provider has no such object in this account."""

    code = "gateway_object_unknown"
    sentence = "The payment provider has no {object_id} in this account."


class DisputeOpen(Conflict):
    """The payment is disputed: the provider refunds nothing until that ends."""

    code = "dispute_open"
    sentence = (
        "The payment is disputed ({status}), so it cannot be refunded. Answer or accept the "
        "dispute at the payment provider{until}."
    )


class RefundExceedsCaptured(Conflict):
    """More than was captured less refunds, pending refunds and chargebacks."""

    code = "refund_exceeds_captured"
    sentence = (
        "{requested} requested, but at most {refundable} can still be refunded on this order."
    )


class PaymentNotFound(NotFound):
    """No such payment."""

    code = "payment_not_found"
    sentence = "This order has no payment yet. Create a payment intent first."


class NothingDue(Conflict):
    """Nothing is left to pay."""

    code = "nothing_due"
    sentence = "Nothing is due on this order."


class WrongCurrency(Unprocessable):
    """Another currency than the order's."""

    code = "wrong_currency"
    sentence = "The order is in {expected}."


class EventMalformed(BadRequest):
    """The webhook body is signed, but it is not an event of the provider."""

    code = "event_malformed"
    sentence = "The body is signed, but it is not an event: {reason}."


class AmountExceedsDue(Unprocessable):
    """More than is due on the order. Carries `due`."""

    code = "amount_exceeds_due"
    sentence = (
        "Only {due} is due on this order. Send allow_overpayment if more was really received."
    )


class PaymentInProgress(Conflict):
    """The customer's bank is processing a payment that can no longer be cancelled."""

    code = "payment_in_progress"
    sentence = (
        "The customer's bank is processing a payment for this order. Wait for its result, or send "
        "allow_overpayment if this money was received as well."
    )


class SignatureInvalid(BadRequest):
    """The webhook does not come from the payment provider, or was changed on its way."""

    code = "signature_invalid"
    sentence = "The webhook's signature does not match its body."


REFUSED_BY_GATEWAY = (
    AmountNotChargeable,
    GatewayObjectUnknown,
    GatewayRefused,
    GatewayUnavailable,
    PaymentDeclined,
    PaymentNotFound,
)
"""Errors of every command that calls the payment provider."""
