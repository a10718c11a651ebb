"""Errors of claims."""

from api.kernel.errors import Conflict


class OrderClaimed(Conflict):
    """Somebody else has the order open. Carries who, since when and until when."""

    code = "order_claimed"
    sentence = "{claimed_by} has this order open. Take it over, or leave it to them."
