"""Who may do what: the roles of staff as sets of permissions."""

from enum import StrEnum

from api.kernel.permissions import Permission


class AccountKind(StrEnum):
    """Customers and staff share an e-mail address at most, never an account."""

    CUSTOMER = "customer"
    STAFF = "staff"


class Role(StrEnum):
    """What someone is here for."""

    OWNER = "owner"
    MANAGER = "manager"
    WAREHOUSE = "warehouse"
    SUPPORT = "support"


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.MANAGER: frozenset(Permission) - {Permission.STAFF_WRITE},
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


def permissions_of(role: Role | None) -> frozenset[Permission]:
    """Return what a role may do; customers have no role and hold no permission."""
    return PERMISSIONS[role] if role is not None else frozenset()
