"""Writes that apply payments to orders: in a transaction, locking the order, then its payment."""

from api.payment_sync.service.manual_payments import amount_to_record, check_currency, mark_paid
from api.payment_sync.service.provider_state import (
    apply_dispute,
    apply_fraud_warning,
    apply_intent,
    apply_refund,
    apply_refunds,
    apply_unknown_intent,
    link_unmatched_payment,
    list_unmatched_payment,
    refresh,
    reject_refund,
    unmatched_reference,
)
from api.payment_sync.service.tenders import Tender, pay_with, release_tenders

__all__ = [
    "Tender",
    "amount_to_record",
    "apply_dispute",
    "apply_fraud_warning",
    "apply_intent",
    "apply_refund",
    "apply_refunds",
    "apply_unknown_intent",
    "check_currency",
    "link_unmatched_payment",
    "list_unmatched_payment",
    "mark_paid",
    "pay_with",
    "refresh",
    "reject_refund",
    "release_tenders",
    "unmatched_reference",
]
