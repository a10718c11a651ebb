"""The permissions of staff and API keys: `<resource>:<action>`, in alphabetical order."""

from collections.abc import Iterable
from enum import StrEnum


class Permission(StrEnum):
    """One thing that a person or program may do. Roles and API keys are sets of permissions."""

    APPROVALS_WRITE = "approvals:write"
    AUDIT_READ = "audit:read"
    CATALOG_BARCODES = "catalog:barcodes"
    CATALOG_READ = "catalog:read"
    CATALOG_WRITE = "catalog:write"
    CREDIT_READ = "credit:read"
    CREDIT_WRITE = "credit:write"
    CUSTOMERS_READ = "customers:read"
    FULFILMENT_OVERRIDE = "fulfilment:override"
    FULFILMENT_WRITE = "fulfilment:write"
    IMPORTS_WRITE = "imports:write"
    INVENTORY_ADJUST = "inventory:adjust"
    INVENTORY_READ = "inventory:read"
    INVENTORY_RECEIVE = "inventory:receive"
    INVENTORY_TRANSFER = "inventory:transfer"
    JOBS_WRITE = "jobs:write"
    KEYS_READ = "keys:read"
    KEYS_WRITE = "keys:write"
    LOCATIONS_WRITE = "locations:write"
    ORDERS_CANCEL = "orders:cancel"
    ORDERS_DISCOUNT = "orders:discount"
    ORDERS_READ = "orders:read"
    ORDERS_REFUND = "orders:refund"
    ORDERS_WRITE = "orders:write"
    PAYMENTS_WRITE = "payments:write"
    PRICING_WRITE = "pricing:write"
    PURCHASING_READ = "purchasing:read"
    PURCHASING_WRITE = "purchasing:write"
    RETURNS_WRITE = "returns:write"
    STAFF_READ = "staff:read"
    STAFF_WRITE = "staff:write"


_IMPLIED_READ = {
    "fulfilment": Permission.ORDERS_READ,
    "locations": Permission.INVENTORY_READ,
    "payments": Permission.ORDERS_READ,
    "returns": Permission.ORDERS_READ,
}
_SHOWS_CUSTOMERS = {
    Permission.ORDERS_CANCEL,
    Permission.ORDERS_DISCOUNT,
    Permission.ORDERS_WRITE,
    Permission.PAYMENTS_WRITE,
}
"""Their responses contain the order with its customer's data, or the e-mail to the customer."""
_BY_NAME = {permission.value: permission for permission in Permission}


def with_implied(permissions: Iterable[Permission]) -> frozenset[Permission]:
    """Add implied permissions: whoever may change something may read it."""
    granted = set(permissions)
    for permission in tuple(granted):
        resource = permission.partition(":")[0]
        read = _IMPLIED_READ.get(resource) or _BY_NAME.get(f"{resource}:read")
        if read is not None:
            granted.add(read)
        if permission in _SHOWS_CUSTOMERS:
            granted.add(Permission.CUSTOMERS_READ)
    return frozenset(granted)


def read_stored(names: Iterable[str]) -> frozenset[Permission]:
    """Parse stored permission names; names of a newer or older release are ignored."""
    return frozenset(_BY_NAME[name] for name in names if name in _BY_NAME)
