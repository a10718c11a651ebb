"""Event handlers of returns."""

from api.payments.events import RefundFailed
from api.returns import flows


def on_refund_failed(event: RefundFailed) -> None:
    """Make the units of a failed refund refundable again."""
    flows.revert_failed_refund(event)
