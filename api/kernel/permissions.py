"""The one vocabulary of what staff and keys may do: `<resource>:<action>`, alphabetical."""

from enum import StrEnum


class Permission(StrEnum):
    """One thing that a person may be allowed to do. Roles and keys are sets of these."""

    CATALOG_READ = "catalog:read"
    CATALOG_WRITE = "catalog:write"
    CUSTOMERS_READ = "customers:read"
    FULFILMENT_OVERRIDE = "fulfilment:override"
    FULFILMENT_WRITE = "fulfilment:write"
    IMPORTS_WRITE = "imports:write"
    INVENTORY_ADJUST = "inventory:adjust"
    INVENTORY_READ = "inventory:read"
    JOBS_WRITE = "jobs:write"
    ORDERS_CANCEL = "orders:cancel"
    ORDERS_READ = "orders:read"
    ORDERS_REFUND = "orders:refund"
    ORDERS_WRITE = "orders:write"
    PAYMENTS_WRITE = "payments:write"
    PRICING_WRITE = "pricing:write"
    REPORTS_READ = "reports:read"
    STAFF_READ = "staff:read"
    STAFF_WRITE = "staff:write"
