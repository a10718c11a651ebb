"""Periodic jobs of draft orders and links."""

from api.accounts import queries as accounts_queries
from api.accounts.events import EmailVerified
from api.kernel.principal import SYSTEM
from api.orders.service import links
from api.platform.db import transaction


def on_email_verified(event: EmailVerified) -> None:
    """Join what a guest ordered with an address to the account that has proved it."""
    email = accounts_queries.customer_email(event.customer_id)
    if email is not None:
        links.join_guest_orders(event.customer_id, email, by=SYSTEM)


def purge_old_links() -> None:
    """Delete links and look-ups that ended a month ago."""
    with transaction():
        links.purge_links()
