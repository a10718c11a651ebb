"""Where money meets orders: each needs a transaction and locks the order, then its payment."""

from api.settlement.service.manual import mark_paid, money_to_record, refuse_other_currency
from api.settlement.service.provider import (
    link_orphan,
    list_orphan,
    orphan_reference,
    refresh,
    refuse_refund,
    settle_dispute,
    settle_fraud_warning,
    settle_intent,
    settle_refund,
    settle_refunds,
    settle_unknown_intent,
)

__all__ = [
    "link_orphan",
    "list_orphan",
    "mark_paid",
    "money_to_record",
    "orphan_reference",
    "refresh",
    "refuse_other_currency",
    "refuse_refund",
    "settle_dispute",
    "settle_fraud_warning",
    "settle_intent",
    "settle_refund",
    "settle_refunds",
    "settle_unknown_intent",
]
