"""Event handlers and periodic jobs of returns."""

from api.payments.events import RefundFailed
from api.platform import sweeps
from api.platform.jobs import manages_own_transactions
from api.returns import flows
from api.returns.events import ExchangeCancelled
from api.returns.service import withdrawals


def on_refund_failed(event: RefundFailed) -> None:
    """Make the units of a failed refund refundable again."""
    flows.revert_failed_refund(event)


@manages_own_transactions
def on_exchange_cancelled(event: ExchangeCancelled) -> None:
    """Submit the refund of what was paid for the goods of an exchange."""
    flows.complete_refunds(event.order_id)


def purge_withdrawal_drafts() -> None:
    """Delete withdrawals that were begun a day ago and never confirmed."""
    sweeps.in_batches(withdrawals.purge_drafts)
