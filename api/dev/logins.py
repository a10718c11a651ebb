"""Who may sign in to the demo shop; the demo makes them and `make run` shows them."""

from typing import Final, NamedTuple


class Login(NamedTuple):
    """One person of the demo shop."""

    role: str
    full_name: str
    email: str


PASSWORD: Final = "mug-and-kettle-42"  # noqa: S105
STAFF: Final = (
    Login("owner", "Olivia Marsh", "owner@stockroom.test"),
    Login("manager", "Martin Okafor", "manager@stockroom.test"),
    Login("warehouse", "Wanda Lindqvist", "warehouse@stockroom.test"),
    Login("support", "Samir Haddad", "support@stockroom.test"),
)
CUSTOMER: Final = Login("customer", "Clara Weiss", "clara@example.test")
