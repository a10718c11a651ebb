"""Provider calls around transactions: record, call the provider, record.

The provider is never called inside a transaction.
"""

from api.payment_sync.flows.external_changes import link_unmatched_payment, scan_external_changes
from api.payment_sync.flows.payments import (
    cancel_open_intents,
    cancel_remaining_intents,
    cancel_replaced_intents,
    submit_refund,
    sync_payment,
)
from api.payment_sync.flows.sweeps import sweep_disputes, sweep_payments, sweep_refunds
from api.payment_sync.flows.webhooks import apply_provider_event

__all__ = [
    "apply_provider_event",
    "cancel_open_intents",
    "cancel_remaining_intents",
    "cancel_replaced_intents",
    "link_unmatched_payment",
    "scan_external_changes",
    "submit_refund",
    "sweep_disputes",
    "sweep_payments",
    "sweep_refunds",
    "sync_payment",
]
