"""Who may sign in to the demo shop; the demo makes them and `make run` shows them."""

from typing import Final, NamedTuple


class DemoUser(NamedTuple):
    """One person of the demo shop."""

    role: str
    full_name: str
    email: str


PASSWORD: Final = "mug-and-kettle-42"  # noqa: S105
STAFF: Final = (
    DemoUser("owner", "Olivia Marsh", "owner@stockroom.test"),
    DemoUser("manager", "Martin Okafor", "manager@stockroom.test"),
    DemoUser("warehouse", "Wanda Lindqvist", "warehouse@stockroom.test"),
    DemoUser("support", "Samir Haddad", "support@stockroom.test"),
)
CUSTOMER: Final = DemoUser("customer", "Clara Weiss", "clara@example.test")
