"""Changes of printers, of the printers of stations, and of print jobs."""

from api.printing.service.jobs import cancel, print_document, purge_contents, reprint
from api.printing.service.printers import (
    choose_station_printer,
    create_printer,
    edit_printer,
    remove_printer,
)
from api.printing.service.queue import (
    Claimed,
    claim_printer,
    next_job,
    note_not_taken,
    note_printed,
)

__all__ = [
    "Claimed",
    "cancel",
    "choose_station_printer",
    "claim_printer",
    "create_printer",
    "edit_printer",
    "next_job",
    "note_not_taken",
    "note_printed",
    "print_document",
    "purge_contents",
    "remove_printer",
    "reprint",
]
