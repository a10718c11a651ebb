"""The built-in roles and their permissions, and what custom roles and API keys may have."""

from collections.abc import Iterable
from enum import StrEnum

from api.kernel.permissions import Permission, read_stored


class KeyKind(StrEnum):
    """A secret key acts for the shop; a publishable one names a storefront and may do nothing."""

    SECRET = "secret"  # noqa: S105
    PUBLISHABLE = "publishable"


class AccountKind(StrEnum):
    """Customers and staff share an e-mail address at most, never an account."""

    CUSTOMER = "customer"
    STAFF = "staff"


class Role(StrEnum):
    """The built-in roles. Their permissions come with the release and cannot be edited."""

    OWNER = "owner"
    MANAGER = "manager"
    WAREHOUSE = "warehouse"
    SUPPORT = "support"


PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.MANAGER: frozenset(Permission) - {Permission.KEYS_WRITE, Permission.STAFF_WRITE},
    # Of customers no more than a label needs: no e-mails, no accounts, nobody who waits for goods.
    Role.WAREHOUSE: frozenset(
        {
            Permission.CATALOG_READ,
            Permission.FULFILMENT_WRITE,
            Permission.INVENTORY_ADJUST,
            Permission.INVENTORY_READ,
            Permission.INVENTORY_RECEIVE,
            Permission.INVENTORY_TRANSFER,
            Permission.ORDERS_READ,
            Permission.PURCHASING_READ,
            Permission.RETURNS_WRITE,
        }
    ),
    Role.SUPPORT: frozenset(
        {
            Permission.CATALOG_READ,
            Permission.CUSTOMERS_READ,
            Permission.INVENTORY_READ,
            Permission.ORDERS_CANCEL,
            Permission.ORDERS_READ,
            Permission.ORDERS_REFUND,
            Permission.ORDERS_WRITE,
            Permission.CREDIT_READ,
            Permission.RETURNS_WRITE,
        }
    ),
}


AT_TERMINALS = PERMISSIONS[Role.WAREHOUSE]
"""The most that a badge and a PIN open, whatever the role: no administration."""


KEY_SCOPES = frozenset(Permission) - {
    Permission.APPROVALS_WRITE,
    Permission.KEYS_READ,
    Permission.KEYS_WRITE,
    Permission.STAFF_READ,
    Permission.STAFF_WRITE,
}
"""The permissions that an API key may have: people alone manage staff and keys, and approve."""


LIMITED = frozenset(
    {
        Permission.INVENTORY_ADJUST,
        Permission.ORDERS_CANCEL,
        Permission.ORDERS_DISCOUNT,
        Permission.ORDERS_REFUND,
    }
)
"""What the limits of a role limit."""


def permissions_of(role: str | None, own: Iterable[str] | None = None) -> frozenset[Permission]:
    """Return the permissions of a role; customers have no role and no permissions.

    `own` are the stored permissions of a custom role; built-in roles have none stored.
    """
    if role is None:
        return frozenset()
    return PERMISSIONS[role] if own is None else read_stored(own)
