"""What is about to leave, by whom, and under which tracking number."""

from __future__ import annotations

from dataclasses import dataclass

from console.client.models import Barcode
from console.client.note_models import OrderNote
from console.flows.line_items import units_called
from console.flows.transition import Question


@dataclass(frozen=True, slots=True)
class Packed:
    """One order line in the draft, in units."""

    line_id: str
    sku: str
    barcode: str | None
    name: str
    open: int
    take: int
    checked: int = 0
    barcodes: tuple[Barcode, ...] = ()
    must_verify: bool = False
    """Whether the shop refuses units of it that were not scanned."""

    @property
    def unverified(self) -> int:
        """Units that would leave although they must be scanned and were not."""
        return self.take - self.checked if self.must_verify else 0

    def units_called(self, code: str) -> int:
        """How many units of this line's goods a scanned code means; 0 for other goods."""
        return units_called(code, self.sku, self.barcode, self.barcodes)


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A code that is goods and fits the carrier as well, until the operator says which."""

    number: str
    """As a tracking number."""

    label: str
    line: int | None
    """The line whose goods it would be; None for goods that are not to ship here."""

    units: int


@dataclass(frozen=True, slots=True)
class ShipDraft:
    """What is about to leave, by whom, and under which tracking number."""

    order_id: str
    number: str
    lines: tuple[Packed, ...]
    carrier: str
    tracking: str = ""
    override: str = ""
    """Why units may leave that were not scanned."""

    alarm: str = ""
    """What is wrong in the box and was not put right yet: nothing ships before it is."""

    doubtful: Doubtful | None = None
    cursor: int = 0
    question: Question | None = None
    agreed: str = ""
    """The way of shipping that the customer chose."""

    promised: str = ""
    """Until when it was promised to leave and to arrive."""

    note: str = ""
    """What the customer asks of those who pack."""

    wishes: tuple[str, ...] = ()
    """Gift message, and notes and properties of the lines."""

    unread: tuple[OrderNote, ...] = ()
    """Pinned notes that the operator has not acknowledged before."""

    acknowledged: tuple[str, ...] = ()
    """Those that were acknowledged for this parcel, by their ids."""

    @property
    def units(self) -> int:
        """Units that would leave."""
        return sum(line.take for line in self.lines)

    @property
    def open_units(self) -> int:
        """Units that could leave."""
        return sum(line.open for line in self.lines)

    @property
    def checked_units(self) -> int:
        """Units whose barcode was scanned."""
        return sum(line.checked for line in self.lines)

    @property
    def unverified(self) -> int:
        """Units that the shop would refuse as they are."""
        return 0 if self.override else sum(line.unverified for line in self.lines)

    @property
    def is_everything(self) -> bool:
        """Whether this leaves nothing to ship."""
        return all(line.take == line.open for line in self.lines)

    @property
    def is_untouched(self) -> bool:
        """Whether nobody would miss this draft."""
        begun = self.tracking or self.override or self.alarm or self.checked_units
        return not begun and self.is_everything

    @property
    def work(self) -> tuple[object, ...]:
        """What the operator did: the part that undo reverts."""
        return (self.lines, self.carrier, self.tracking, self.override)
