"""The states of print jobs, and the kinds of papers and printers."""

from enum import StrEnum
from typing import Final

from api.kernel.states import StateMachine


class PrintJobStatus(StrEnum):
    """The status of a print job."""

    QUEUED = "queued"
    """Waits for its printer."""
    PRINTING = "printing"
    PRINTED = "printed"
    """The printer has taken all of it."""
    FAILED = "failed"
    """Waits for a person: it may have been printed or not."""
    CANCELLED = "cancelled"


PRINT_JOB: Final = StateMachine(
    "A print job",
    initial=PrintJobStatus.QUEUED,
    commands={
        "start": {PrintJobStatus.QUEUED: PrintJobStatus.PRINTING},
        "finish": {PrintJobStatus.PRINTING: PrintJobStatus.PRINTED},
        "postpone": {PrintJobStatus.PRINTING: PrintJobStatus.QUEUED},
        "fail": {PrintJobStatus.PRINTING: PrintJobStatus.FAILED},
        "cancel": {
            PrintJobStatus.QUEUED: PrintJobStatus.CANCELLED,
            PrintJobStatus.FAILED: PrintJobStatus.CANCELLED,
        },
    },
)
OPEN: Final = (PrintJobStatus.QUEUED, PrintJobStatus.PRINTING)


class Connection(StrEnum):
    """How a printer is reached."""

    RAW = "raw"
    """TCP, mostly at port 9100, also called JetDirect: what is sent is printed."""
    CUPS = "cups"
    """A queue of the print server CUPS, by its command `lp`."""
    FOLDER = "folder"
    """Files in a folder below `PRINT_FOLDER`, for a program that prints them."""


class PrintFormat(StrEnum):
    """What a printer understands."""

    PDF = "pdf"
    ESCPOS = "escpos"
    ZPL = "zpl"


class PaperKind(StrEnum):
    """What a paper is."""

    PACKING_SLIP = "packing_slip"
    RETURN_SLIP = "return_slip"
    PICK_LIST = "pick_list"
    MANIFEST = "manifest"
    CUSTOMS = "customs"
    BIN_LABEL = "bin_label"
    PRODUCT_LABEL = "product_label"
    SHIPPING_LABEL = "shipping_label"
    TEST_PAGE = "test_page"


class PrinterUse(StrEnum):
    """What a station uses a printer for."""

    PAPERS = "papers"
    LABELS = "labels"
    """Labels of bins and products."""
    SHIPPING_LABELS = "shipping_labels"


USE_OF: Final = {
    PaperKind.BIN_LABEL: PrinterUse.LABELS,
    PaperKind.PRODUCT_LABEL: PrinterUse.LABELS,
    PaperKind.SHIPPING_LABEL: PrinterUse.SHIPPING_LABELS,
}
"""Which printer of a station prints a paper; those that are not here are `papers`."""


def use_of(kind: PaperKind) -> PrinterUse:
    """Return which printer of a station prints a paper."""
    return USE_OF.get(kind, PrinterUse.PAPERS)
