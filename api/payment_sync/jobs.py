"""Event handlers of payment_sync."""

from api.payment_sync import flows
from api.payments.events import ProviderEventReceived
from api.platform.jobs import manages_own_transactions


@manages_own_transactions
def apply_provider_event(event: ProviderEventReceived) -> None:
    """Apply a webhook event from the inbox."""
    flows.apply_provider_event(event.event_id, event.kind, event.object_id)
