"""What wakes payment_sync."""

from api.payment_sync import flows
from api.payments.events import ProviderEventReceived
from api.platform.jobs import manages_own_transactions


@manages_own_transactions
def apply_provider_event(fact: ProviderEventReceived) -> None:
    """A message of the provider waits in the inbox."""
    flows.apply_provider_event(fact.event_id, fact.kind, fact.object_id)
