"""Files from beginning to end: read, taken back, written; each step stands for itself."""

from api.imports.flows.exporting import write_export
from api.imports.flows.reading import Progress, check_file, open_import, read_import
from api.imports.flows.undoing import undo_import

__all__ = [
    "Progress",
    "check_file",
    "open_import",
    "read_import",
    "undo_import",
    "write_export",
]
