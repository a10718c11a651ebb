"""What happens in imports, as facts."""

from dataclasses import dataclass
from uuid import UUID

from api.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ImportRequested(Event):
    """A file was handed in and waits to be read."""

    import_id: UUID


@dataclass(frozen=True, kw_only=True)
class ImportFinished(Event):
    """A file was read to its end, or given up."""

    import_id: UUID
    status: str


@dataclass(frozen=True, kw_only=True)
class ImportUndoRequested(Event):
    """What an import did is to be undone."""

    import_id: UUID


@dataclass(frozen=True, kw_only=True)
class ExportRequested(Event):
    """Somebody wants the catalogue as a file."""

    export_id: UUID
