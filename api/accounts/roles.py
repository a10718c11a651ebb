"""Who may do what: the roles that every shop has, and what a role of the shop's own may hold."""

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
    """The roles that every shop has. What they hold comes with the release and is not edited."""

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
            Permission.ORDERS_READ,
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
        }
    ),
}


KEY_SCOPES = frozenset(Permission) - {
    Permission.KEYS_READ,
    Permission.KEYS_WRITE,
    Permission.STAFF_READ,
    Permission.STAFF_WRITE,
}
"""What a program may be allowed: who works here, and which keys there are, is for people."""


def permissions_of(role: str | None, own: Iterable[str] | None = None) -> frozenset[Permission]:
    """Return what a role may do; customers have no role and hold no permission.

    `own` is what is stored of a role that the shop made; those of every shop have nothing stored.
    """
    if role is None:
        return frozenset()
    return PERMISSIONS[role] if own is None else read_stored(own)
