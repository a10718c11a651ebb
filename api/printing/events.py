"""Events of printing."""

from dataclasses import dataclass
from uuid import UUID

from api.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class PrintRequested(Event):
    """A printer has something to print."""

    printer_id: UUID
