"""What wakes aftersales."""

from api.aftersales import flows
from api.payments.events import RefundFailed


def on_refund_failed(fact: RefundFailed) -> None:
    """The bank refused a refund: its units may be refunded again."""
    flows.take_back_failed(fact)
