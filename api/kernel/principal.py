"""Who is acting: a customer, a member of staff, a program, a guest with a cart, or the shop."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from api.kernel.permissions import Permission

SecondFactor = Literal["none", "missing", "held"]
PrincipalKind = Literal["customer", "staff", "key", "guest", "system"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is acting, and what they may do.

    `id` is the account of a customer or of staff, or the API key of a program; a guest has none
    and is identified by the hash of the cart token (`guest_key`). `label` is a name for the
    timeline, never an e-mail address.
    """

    kind: PrincipalKind
    id: UUID | None = None
    label: str = ""
    role: str | None = None
    permissions: frozenset[Permission] = field(default_factory=frozenset)
    guest_key: str | None = None
    second_factor: SecondFactor = "none"
    """`missing` where the role requires one and there is none yet."""
    proved_at: datetime | None = None
    """When a code of the second factor was last shown in this sign-in."""

    def may(self, permission: Permission) -> bool:
        """Return whether this principal has a permission."""
        return permission in self.permissions

    @property
    def actor_key(self) -> str:
        """A stable text that identifies the actor in idempotency rows and rate limits."""
        return f"{self.kind}:{self.id or self.guest_key or '-'}"


SYSTEM = Principal(kind="system", label="Stockroom")
GUEST = Principal(kind="guest", label="Guest")
