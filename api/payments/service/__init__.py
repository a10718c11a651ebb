"""Writes of payments. Lock order: the order (by the flow), then payment, then refund."""

from api.payments.models import Refund
from api.payments.service.captures import (
    PaymentTotals,
    apply_intent,
    close_unknown,
    link_intent,
    lock,
    open_stripe_payment,
    payment_totals,
    record_captured,
    stale_payments,
    void_open_payments,
    void_tenders,
)
from api.payments.service.disputes import (
    apply_dispute,
    apply_fraud_warning,
    check_not_disputed,
    is_disputed,
    stale_disputes,
    stale_fraud_warnings,
)
from api.payments.service.refunds import (
    PlannedRefund,
    adopt_refund,
    apply_refund,
    lock_refund,
    open_refunds,
    plan_refunds,
    stale_refunds,
)
from api.payments.service.scans import continue_scan, note_scanned, restart_scan
from api.payments.service.webhook_inbox import (
    finish_provider_event,
    purge_old_events,
    store_provider_event,
)

__all__ = [
    "PaymentTotals",
    "PlannedRefund",
    "Refund",
    "adopt_refund",
    "apply_dispute",
    "apply_fraud_warning",
    "apply_intent",
    "apply_refund",
    "check_not_disputed",
    "close_unknown",
    "continue_scan",
    "finish_provider_event",
    "is_disputed",
    "link_intent",
    "lock",
    "lock_refund",
    "note_scanned",
    "open_refunds",
    "open_stripe_payment",
    "payment_totals",
    "plan_refunds",
    "purge_old_events",
    "record_captured",
    "restart_scan",
    "stale_disputes",
    "stale_fraud_warnings",
    "stale_payments",
    "stale_refunds",
    "store_provider_event",
    "void_open_payments",
    "void_tenders",
]
