"""Which permission each kind of change needs, and how long a claim lasts."""

from collections.abc import Mapping
from datetime import timedelta

from api.kernel.permissions import Permission

KINDS: Mapping[str, Permission] = {
    "attention": Permission.ORDERS_READ,
    "order": Permission.ORDERS_READ,
    "product": Permission.CATALOG_READ,
    "stock_level": Permission.INVENTORY_READ,
}
"""The kinds of changes in the feed, each with the permission that reading it needs."""

CLAIM_LIFETIME = timedelta(minutes=5)
