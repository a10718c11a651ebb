"""The one vocabulary of what staff and keys may do: `<resource>:<action>`, alphabetical."""

from collections.abc import Iterable
from enum import StrEnum


class Permission(StrEnum):
    """One thing that a person may be allowed to do. Roles and keys are sets of these."""

    AUDIT_READ = "audit:read"
    CATALOG_READ = "catalog:read"
    CATALOG_WRITE = "catalog:write"
    CUSTOMERS_READ = "customers:read"
    FULFILMENT_OVERRIDE = "fulfilment:override"
    FULFILMENT_WRITE = "fulfilment:write"
    IMPORTS_WRITE = "imports:write"
    INVENTORY_ADJUST = "inventory:adjust"
    INVENTORY_READ = "inventory:read"
    JOBS_WRITE = "jobs:write"
    KEYS_READ = "keys:read"
    KEYS_WRITE = "keys:write"
    LOCATIONS_WRITE = "locations:write"
    ORDERS_CANCEL = "orders:cancel"
    ORDERS_READ = "orders:read"
    ORDERS_REFUND = "orders:refund"
    ORDERS_WRITE = "orders:write"
    PAYMENTS_WRITE = "payments:write"
    PRICING_WRITE = "pricing:write"
    STAFF_READ = "staff:read"
    STAFF_WRITE = "staff:write"


_READ_BESIDE = {
    "fulfilment": Permission.ORDERS_READ,
    "locations": Permission.INVENTORY_READ,
    "payments": Permission.ORDERS_READ,
}
_TELLS_CUSTOMERS = {Permission.ORDERS_CANCEL, Permission.ORDERS_WRITE, Permission.PAYMENTS_WRITE}
"""What is answered with the order, or the letter, as its customer knows it."""
_BY_NAME = {permission.value: permission for permission in Permission}


def with_implied(permissions: Iterable[Permission]) -> frozenset[Permission]:
    """Add what follows: whoever may change something may read it."""
    held = set(permissions)
    for permission in tuple(held):
        resource = permission.partition(":")[0]
        read = _READ_BESIDE.get(resource) or _BY_NAME.get(f"{resource}:read")
        if read is not None:
            held.add(read)
        if permission in _TELLS_CUSTOMERS:
            held.add(Permission.CUSTOMERS_READ)
    return frozenset(held)


def read_stored(names: Iterable[str]) -> frozenset[Permission]:
    """Read what was stored; names of a newer or an older release allow nothing here."""
    return frozenset(_BY_NAME[name] for name in names if name in _BY_NAME)
