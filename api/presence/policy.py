"""Who may hear of what, and how long a claim lasts."""

from collections.abc import Mapping
from datetime import timedelta

from api.kernel.permissions import Permission

KINDS: Mapping[str, Permission] = {
    "attention": Permission.ORDERS_READ,
    "order": Permission.ORDERS_READ,
    "product": Permission.CATALOG_READ,
    "stock_level": Permission.INVENTORY_READ,
}
"""What the change feed tells of, each to those who may read it anyway."""

CLAIM_LIFETIME = timedelta(minutes=5)
