"""Event handlers and periodic jobs of returns."""

from api.payments.events import RefundFailed
from api.platform import sweeps
from api.returns import flows
from api.returns.service import withdrawals


def on_refund_failed(event: RefundFailed) -> None:
    """Make the units of a failed refund refundable again."""
    flows.revert_failed_refund(event)


def purge_withdrawal_drafts() -> None:
    """Delete withdrawals that were begun a day ago and never confirmed."""
    sweeps.in_batches(withdrawals.purge_drafts)
