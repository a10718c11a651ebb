"""Journal entries before they are written, and their sums per level."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from api.inventory.models import MovementKind


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One journal entry, before it is written.

    Units that come go to `bin_id`, else to no bin. Units that go are taken from there, with
    `in_no_bin` from what is in no bin, else from the bins in the order of `bin_contents.draw`.
    `lots` says of which lots how many units are; those that it does not name come without a lot,
    and go by `lot_contents.draw`, which also says how many are `expired`. `cost` is of all units,
    with their sign, in minor units.
    """

    level_id: UUID
    kind: MovementKind
    on_hand: int = 0
    allocated: int = 0
    reserved: int = 0
    damaged: int = 0
    quarantine: int = 0
    safety_stock: int = 0
    expired: int = 0
    back_ordered: int = 0
    cost: int | None = None
    bin_id: UUID | None = None
    in_no_bin: bool = False
    lots: tuple[tuple[UUID, int], ...] = ()
    reason: str | None = None
    note: str | None = None
    reference: str | None = None
    order_id: UUID | None = None
    fulfilment_id: UUID | None = None
    refund_id: UUID | None = None

    @property
    def is_anywhere(self) -> bool:
        """Tell whether units that go may be taken from any place."""
        return self.bin_id is None and not self.in_no_bin


@dataclass(slots=True)
class LevelChange:
    """The sum of the entries of one level."""

    on_hand: int = 0
    allocated: int = 0
    reserved: int = 0
    damaged: int = 0
    quarantine: int = 0
    safety_stock: int = 0
    expired: int = 0
    back_ordered: int = 0
    counted: bool = False

    @property
    def unavailable(self) -> int:
        """Return by how much the units that are not for sale change."""
        return self.damaged + self.quarantine + self.safety_stock + self.expired


def sums(entries: Iterable[JournalEntry]) -> dict[UUID, LevelChange]:
    """Sum the entries of each level."""
    changes: dict[UUID, LevelChange] = {}
    for entry in entries:
        change = changes.setdefault(entry.level_id, LevelChange())
        change.on_hand += entry.on_hand
        change.allocated += entry.allocated
        change.reserved += entry.reserved
        change.damaged += entry.damaged
        change.quarantine += entry.quarantine
        change.safety_stock += entry.safety_stock
        change.expired += entry.expired
        change.back_ordered += entry.back_ordered
        change.counted |= entry.kind is MovementKind.COUNTED
    return changes


def is_rare(change: JournalEntry | LevelChange) -> bool:
    """Tell whether more than on hand, allocated and reserved changes: a state, or a back-order."""
    return bool(
        change.damaged
        or change.quarantine
        or change.safety_stock
        or change.expired
        or change.back_ordered
    )
