"""Who is acting: a customer, a member of staff, a program, a guest with a cart, or the shop."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from api.kernel.permissions import Permission

SecondFactor = Literal["none", "missing", "held"]
PrincipalKind = Literal["customer", "staff", "key", "guest", "system"]


class Limit(StrEnum):
    """How far a role goes alone; above it a second person must approve.

    Amounts are minor units of the shop's currency; what is in another one is above every limit.
    """

    REFUND_MAX = "refund_max"
    DISCOUNT_MAX = "discount_max"
    ADJUST_MAX_UNITS = "adjust_max_units"
    ADJUST_MAX_VALUE = "adjust_max_value"
    CREDIT_MAX = "credit_max"


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
    limits: Mapping[str, int] = field(default_factory=dict)
    """The limits of the role, by `Limit`; without one for a measure, there is none."""
    locations: frozenset[UUID] | None = None
    """The stock locations that they see and change; None for all of them."""

    def may(self, permission: Permission) -> bool:
        """Return whether this principal has a permission."""
        return permission in self.permissions

    def works_at(self, location_id: UUID) -> bool:
        """Return whether this principal may change the stock of a location."""
        return self.locations is None or location_id in self.locations

    def exceeded(self, measures: Mapping[str, int]) -> list[str]:
        """Return which of these measures, by `Limit`, are above a limit of this principal."""
        return [name for name, size in measures.items() if size > self.limits.get(name, size)]

    @property
    def actor_key(self) -> str:
        """A stable text that identifies the actor in idempotency rows and rate limits."""
        return f"{self.kind}:{self.id or self.guest_key or '-'}"


SYSTEM = Principal(kind="system", label="Stockroom")
GUEST = Principal(kind="guest", label="Guest")
