"""How long people wait, are given, and are remembered."""

from datetime import timedelta

GRACE = timedelta(hours=24)
"""So long a unit is thought of as that of the one who was told of it."""
KEPT_FOR = timedelta(days=90)
"""So long after the letter it is remembered who was told."""
MAX_WAIT = timedelta(days=365)
"""Who has waited for longer does not wait any more."""
MAX_PER_ADDRESS = 20
"""So many things one address may wait for; more are passed over in silence."""
