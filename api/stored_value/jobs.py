"""Periodic jobs of gift cards."""

from api.platform import sweeps
from api.stored_value import service


def send_due_gift_cards() -> None:
    """Have the gift cards sent whose moment has come."""
    sweeps.in_batches(service.send_due)
