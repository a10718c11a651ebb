"""Backfill of search words for orders that were written without them."""

from collections.abc import Iterable
from uuid import UUID

from api.orders.search_text import search_words
from api.orders.service.orders import lock


def index_orders(order_id: UUID, tracking_numbers: Iterable[str]) -> None:
    """Store the search words of an order that has none; other orders are left alone.

    An older release that still runs writes orders without them. Locks the order; raises
    `OrderNotFound`.
    """
    order = lock(order_id)
    if order.search:
        return
    order.search = search_words(
        number=order.number,
        email=order.email,
        addresses=(order.shipping_address, order.billing_address),
        skus=(line.sku for line in order.lines),
        tracking_numbers=tracking_numbers,
    )
