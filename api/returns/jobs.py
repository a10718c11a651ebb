"""What wakes returns."""

from api.payments.events import RefundFailed
from api.returns import flows


def on_refund_failed(fact: RefundFailed) -> None:
    """The bank refused a refund: its units may be refunded again."""
    flows.revert_failed_refund(fact)
