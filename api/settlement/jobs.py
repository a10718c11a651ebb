"""What wakes settlement."""

from api.payments.events import ProviderEventReceived
from api.platform.jobs import spans_transactions
from api.settlement import flows


@spans_transactions
def apply_provider_event(fact: ProviderEventReceived) -> None:
    """A message of the provider waits in the inbox."""
    flows.apply_provider_event(fact.event_id, fact.kind, fact.object_id)
