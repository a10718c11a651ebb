"""The verbs of the till. Locks: the order first (by the flow), then payment, then refund."""

from api.payments.service.inbox import store_provider_event
from api.payments.service.returning import apply_refund, lock_refund, open_refunds, stale_refunds
from api.payments.service.taking import (
    Sums,
    apply_intent,
    flag_for_attention,
    list_orphan,
    lock,
    open_stripe_payment,
    record_manual,
    stale_payments,
    sums,
    void_open_payments,
)

__all__ = [
    "Sums",
    "apply_intent",
    "apply_refund",
    "flag_for_attention",
    "list_orphan",
    "lock",
    "lock_refund",
    "open_refunds",
    "open_stripe_payment",
    "record_manual",
    "stale_payments",
    "stale_refunds",
    "store_provider_event",
    "sums",
    "void_open_payments",
]
