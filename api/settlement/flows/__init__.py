"""Record, ask the provider, record. The provider is never asked inside a transaction."""

from api.settlement.flows.messages import apply_provider_event
from api.settlement.flows.payments import (
    ask_about_payment,
    carry_out_refund,
    withdraw_open_payments,
    withdraw_replaced_payments,
    withdraw_what_is_left,
)
from api.settlement.flows.provider import link_orphan, look_for_foreign_facts
from api.settlement.flows.sweeps import sweep_disputes, sweep_payments, sweep_refunds

__all__ = [
    "apply_provider_event",
    "ask_about_payment",
    "carry_out_refund",
    "link_orphan",
    "look_for_foreign_facts",
    "sweep_disputes",
    "sweep_payments",
    "sweep_refunds",
    "withdraw_open_payments",
    "withdraw_replaced_payments",
    "withdraw_what_is_left",
]
