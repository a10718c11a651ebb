"""Changes of printers, of the printers of stations, and of print jobs."""

from api.printing.service.jobs import (
    Makers,
    cancel,
    label_makers,
    print_document,
    print_drawn,
    purge_contents,
    reprint,
    slip_makers,
)
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
    "Makers",
    "cancel",
    "choose_station_printer",
    "claim_printer",
    "create_printer",
    "edit_printer",
    "label_makers",
    "next_job",
    "note_not_taken",
    "note_printed",
    "print_document",
    "print_drawn",
    "purge_contents",
    "remove_printer",
    "reprint",
    "slip_makers",
]
