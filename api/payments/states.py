"""Statuses of payments, refunds and disputes."""

from enum import StrEnum

from api.kernel.states import StateMachine


class PaymentState(StrEnum):
    """Status of a payment."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    FAILED = "failed"
    VOIDED = "voided"


class RefundState(StrEnum):
    """Status of a refund."""

    REQUESTED = "requested"
    SUBMITTED = "submitted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class RefundOrigin(StrEnum):
    """Where a refund was made: in the shop, or at the provider directly."""

    SHOP = "shop"
    PROVIDER = "provider"


OPEN_PAYMENT = (
    PaymentState.PENDING,
    PaymentState.REQUIRES_ACTION,
    PaymentState.PROCESSING,
    PaymentState.AUTHORIZED,
)
OPEN_REFUND = (RefundState.REQUESTED, RefundState.SUBMITTED)

# Stripe's statuses of a PaymentIntent (https://docs.stripe.com/payments/paymentintents/lifecycle).
# A failed attempt returns to requires_payment_method: the customer may try another card.
OF_STRIPE_INTENT = {
    "requires_payment_method": PaymentState.PENDING,
    "requires_confirmation": PaymentState.PENDING,
    "requires_action": PaymentState.REQUIRES_ACTION,
    "processing": PaymentState.PROCESSING,
    "requires_capture": PaymentState.AUTHORIZED,
    "succeeded": PaymentState.CAPTURED,
    "canceled": PaymentState.VOIDED,
}
OF_STRIPE_REFUND = {
    "pending": RefundState.SUBMITTED,
    "requires_action": RefundState.SUBMITTED,
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}

# Stripe's statuses of a dispute, stored as they are. These end one; any other, including those that
# Stripe adds later, means that it is open (https://docs.stripe.com/api/disputes/object).
DISPUTE_LOST = "lost"
DISPUTE_DECIDED = frozenset({"won", DISPUTE_LOST})
DISPUTE_CLOSED = DISPUTE_DECIDED | {"warning_closed", "prevented"}

REFUND = StateMachine(
    "The refund",
    initial=RefundState.REQUESTED,
    commands={
        "submit": {
            RefundState.REQUESTED: RefundState.SUBMITTED,
            RefundState.SUBMITTED: RefundState.SUBMITTED,
        },
        "succeed": {
            RefundState.REQUESTED: RefundState.SUCCEEDED,
            RefundState.SUBMITTED: RefundState.SUCCEEDED,
        },
        # A bank may send a refund back days after it was reported as done.
        "fail": {
            RefundState.REQUESTED: RefundState.FAILED,
            RefundState.SUBMITTED: RefundState.FAILED,
            RefundState.SUCCEEDED: RefundState.FAILED,
        },
    },
)
