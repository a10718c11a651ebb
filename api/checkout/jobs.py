"""Periodic jobs of the checkout."""

from api.cart import service as cart_service
from api.checkout import flows
from api.platform.db import transaction


def expire_unpaid_orders() -> None:
    """Cancel orders that were not paid in time."""
    flows.expire_unpaid_orders()


def delete_abandoned_carts() -> None:
    """Delete abandoned carts."""
    with transaction():
        cart_service.delete_abandoned()
