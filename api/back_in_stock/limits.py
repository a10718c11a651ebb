"""Time limits and counts of back-in-stock subscriptions."""

from datetime import timedelta

GRACE = timedelta(hours=24)
"""How long a unit counts as taken by the subscriber who was notified."""
KEPT_FOR = timedelta(days=90)
"""How long a subscription is kept after its e-mail."""
MAX_WAIT = timedelta(days=365)
"""How long a subscription waits before it is deleted."""
MAX_PER_ADDRESS = 20
"""Most open subscriptions of one address; further ones are ignored silently."""
