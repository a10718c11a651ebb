"""What is about to leave, by whom, and under which tracking number."""

from __future__ import annotations

from dataclasses import dataclass

from console.client.models import Barcode
from console.flows.lines import units_called
from console.flows.step import Question

CARRIERS = ("DHL", "DPD", "GLS", "Hermes", "UPS", "FedEx", "PostNL", "La Poste", "Royal Mail")


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

    def units_called(self, code: str) -> int:
        """How many units of this line's goods a scanned code means; 0 for other goods."""
        return units_called(code, self.sku, self.barcode, self.barcodes)


@dataclass(frozen=True, slots=True)
class ShipDraft:
    """What is about to leave, by whom, and under which tracking number."""

    order_id: str
    number: str
    lines: tuple[Packed, ...]
    carrier: str
    tracking: str = ""
    cursor: int = 0
    question: Question | None = None

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
    def is_everything(self) -> bool:
        """Whether this leaves nothing to ship."""
        return all(line.take == line.open for line in self.lines)

    @property
    def is_untouched(self) -> bool:
        """Whether nobody would miss this draft."""
        return not self.tracking and not self.checked_units and self.is_everything

    @property
    def work(self) -> tuple[object, ...]:
        """What the operator did: the part that undo takes back."""
        return (self.lines, self.carrier, self.tracking)
