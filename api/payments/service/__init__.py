"""The verbs of the till. Locks: the order first (by the flow), then payment, then refund."""

from api.payments.models import Refund
from api.payments.service.disputes import (
    apply_dispute,
    apply_fraud_warning,
    is_disputed,
    refuse_disputed,
    stale_disputes,
    stale_fraud_warnings,
)
from api.payments.service.inbox import (
    finish_provider_event,
    forget_old_events,
    store_provider_event,
)
from api.payments.service.returning import (
    adopt_refund,
    apply_refund,
    lock_refund,
    open_refunds,
    stale_refunds,
)
from api.payments.service.scans import continue_scan, note_scanned, restart_scan
from api.payments.service.taking import (
    Sums,
    apply_intent,
    link_intent,
    lock,
    open_stripe_payment,
    record_manual,
    record_nothing_to_withdraw,
    stale_payments,
    sums,
    void_open_payments,
)

__all__ = [
    "Refund",
    "Sums",
    "adopt_refund",
    "apply_dispute",
    "apply_fraud_warning",
    "apply_intent",
    "apply_refund",
    "continue_scan",
    "finish_provider_event",
    "forget_old_events",
    "is_disputed",
    "link_intent",
    "lock",
    "lock_refund",
    "note_scanned",
    "open_refunds",
    "open_stripe_payment",
    "record_manual",
    "record_nothing_to_withdraw",
    "refuse_disputed",
    "restart_scan",
    "stale_disputes",
    "stale_fraud_warnings",
    "stale_payments",
    "stale_refunds",
    "store_provider_event",
    "sums",
    "void_open_payments",
]
