"""Invariants, the differences that break them, and the findings of a check."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from uuid import UUID


class Section(StrEnum):
    """The part of the shop that an invariant is about; sections are checked in this order."""

    STOCK = "stock"
    GOODS = "goods"
    ORDERS = "orders"
    MONEY = "money"
    CARTS = "carts"
    DELIVERY = "delivery"
    TAX = "tax"
    CATALOGUE = "catalogue"
    AUDIT = "audit"


class State(StrEnum):
    """The result of checking an invariant."""

    OK = "ok"
    DIFFERS = "differs"
    FAILED = "failed"


class Remedy(StrEnum):
    """How a difference is fixed automatically: by added rows or recomputed columns."""

    RECONCILE_LEVEL = "reconcile_level"
    MARK_VARIANT = "mark_variant"
    RELEASE_HOLD = "release_hold"
    DERIVE_ORDER = "derive_order"


@dataclass(frozen=True, slots=True)
class Invariant:
    """One promise. `question` selects the rows that break it: none in a consistent shop.

    A difference of money is never fixed automatically, but put on the attention list.
    """

    name: str
    section: Section
    promise: str
    question: str = ""
    is_money: bool = False
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that breaks an invariant. `label` is its name for people."""

    subject: str
    label: str
    recorded: str
    expected: str
    order_id: UUID | None = None

    def __str__(self) -> str:
        return f"{self.label}: is {self.recorded}, should be {self.expected}"


@dataclass(slots=True)
class Finding:
    """The result of one invariant: how many rows break it, and the first of them."""

    name: str
    section: Section
    promise: str
    state: State = State.OK
    differences: int = 0
    shown: Sequence[Difference] = ()
    fixed: int = 0
    """How many differences were fixed."""
    error: str | None = None
    took_ms: int = 0

    def to_json(self) -> dict[str, object]:
        """Return plain JSON values, for the command, the API and the table of runs."""
        shown = [
            {**asdict(one), "order_id": None if one.order_id is None else str(one.order_id)}
            for one in self.shown
        ]
        return {
            "name": self.name,
            "section": self.section.value,
            "promise": self.promise,
            "state": self.state.value,
            "differences": self.differences,
            "fixed": self.fixed,
            "error": self.error,
            "took_ms": self.took_ms,
            "shown": shown,
        }


@dataclass(slots=True)
class Report:
    """All findings of one run."""

    findings: list[Finding] = field(default_factory=list)

    @property
    def differences(self) -> int:
        """How many rows break an invariant."""
        return sum(finding.differences for finding in self.findings)

    @property
    def failed(self) -> int:
        """How many invariants could not be checked."""
        return sum(finding.state is State.FAILED for finding in self.findings)
