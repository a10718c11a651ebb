"""Records of printing: printers, which of them each station uses, and what was printed."""

from __future__ import annotations

from console.flows.records.shapes import Field, Input, Kind, RecordCommand

FORMATS = ("pdf", "escpos", "zpl")
USES = ("papers", "labels", "shipping_labels")
ADDRESS = Input(
    "address", "address, as 192.0.2.20:9100, a queue of CUPS, or a folder:", start="address"
)
PAPER = (
    Input("width_mm", "width of its paper in mm:", "number", start="width_mm", is_optional=True),
    Input("height_mm", "height of a label in mm:", "number", start="height_mm",
          is_optional=True),
    Input("dots_per_mm", "dots per mm (8 are 203 dpi, 12 are 300):", "number",
          start="dots_per_mm", is_optional=True),
    Input("code_pages", "characters of a receipt printer:", "choice", ("epson", "simple"),
          start="code_pages", is_optional=True),
)  # fmt: skip
PRINTER = Input("printer", "which printer:", "choice", choices_at=("/printers", "name"))

PRINTERS = Kind(
    "printers", "printer", "Printers, how each is, and how many papers wait for it", "/printers",
    (
        Field("Printer", "name", width=16, grow=1),
        Field("State", "state", "state", 14),
        Field("Waiting", "waiting", "count", 7),
        Field("Prints", "format", width=6),
        Field("By", "connection", width=6, from_width=70),
        Field("Address", "address", width=16, grow=1, from_width=70),
    ),
    (
        Field("problem", "last_error"),
        Field("since", "failing_since", "when"),
        Field("tried again", "retry_at", "when"),
        Field("width in mm", "width_mm", "count"),
        Field("height in mm", "height_mm", "count"),
        Field("dots per mm", "dots_per_mm", "count"),
        Field("characters", "code_pages"),
    ),
    (
        RecordCommand("new_printer", "n", "new", "A new printer", "/printers", "locations:write",
             "Make this printer?",
             fields=(Input("name", "name, such as Zebra at the dock:"),
                     Input("connection", "reached by:", "choice", ("raw", "cups", "folder")),
                     ADDRESS, Input("format", "it prints:", "choice", FORMATS),
                     *(one._replace(label=f"{one.label.rstrip(':')}, or Enter:")
                       for one in PAPER)),
             is_new=True),
        RecordCommand("edit_printer", "e", "change", "Another name, address or paper; what waits "
             "is tried again at once", "/printers/{id}", "locations:write", "Change {name}?",
             method="PATCH",
             fields=(Input("name", "name:", start="name"), ADDRESS, *PAPER)),
        RecordCommand("test_printer", "t", "test page", "Print its name, characters of several "
             "languages and a barcode", "/printers/{id}/test-page", "fulfilment:write",
             "Print a test page on {name}?"),
        RecordCommand("try_printer", "y", "try now", "Try at once what waits for it; it is no "
             "longer paused", "/printers/{id}", "locations:write",
             "Try to print what waits for {name}?", method="PATCH",
             constants=(("is_active", True),)),
        RecordCommand("pause_printer", "h", "pause", "Print nothing more; its papers wait",
             "/printers/{id}", "locations:write", "Pause {name}? Its papers wait.",
             method="PATCH", constants=(("is_active", False),),
             allowed_states=("ready", "not answering")),
        RecordCommand("drop_printer", "d", "delete", "Delete a printer that no paper waits for",
             "/printers/{id}", "locations:write", "Delete {name} for good?", method="DELETE"),
    ),
    alias="printers", needs="orders:read", item="/printers/{id}", state="state",
)  # fmt: skip

STATION_PRINTERS = Kind(
    "station_printers", "printer of a station", "Which printer each station uses for what",
    "/station-printers",
    (
        Field("Station", "station", width=16, grow=1),
        Field("For", "use", "state", 18),
        Field("Printer", "printer_name", width=16, grow=1),
        Field("Prints", "format", width=6),
    ),
    (),
    (
        RecordCommand("choose_printer", "n", "choose", "The printer of a station for one use",
             "/station-printers", "fulfilment:write", "Use this printer there?",
             fields=(Input("station", "station:", "station"),
                     Input("use", "for:", "choice", USES), PRINTER), is_new=True),
        RecordCommand("change_choice", "e", "another", "Another printer for the same use",
             "/station-printers", "fulfilment:write", "Use another printer at {station}?",
             fields=(PRINTER,), copied=(("station", "station"), ("use", "use"))),
        RecordCommand("drop_choice", "d", "none", "No printer for this use any more",
             "/station-printers", "fulfilment:write",
             "Use {printer_name} no more at {station}?", constants=(("printer", None),),
             copied=(("station", "station"), ("use", "use"))),
    ),
    alias="stations", needs="orders:read", named_by="station", title="Printers of stations",
)  # fmt: skip

PRINT_JOBS = Kind(
    "print_jobs", "paper", "What was printed, or waits for its printer", "/print-jobs",
    (
        Field("Paper", "title", width=18, grow=2),
        Field("State", "status", "state", 10),
        Field("Printer", "printer_name", width=12, grow=1),
        Field("Station", "station", width=10, from_width=76),
        Field("Tries", "attempts", "count", 5, from_width=84),
        Field("Asked", "created_at", "when", 12),
    ),
    (
        Field("problem", "last_error"),
        Field("printed", "printed_at", "when"),
        Field("copies", "copies", "count"),
        Field("asked by", "requested_by"),
    ),
    (
        RecordCommand("reprint", "r", "print again", "The same once more; what waits or failed "
             "moves", "/print-jobs/{id}/reprint", "fulfilment:write", "Print {name} again?",
             allowed_states=("queued", "failed", "printed", "cancelled")),
        RecordCommand("print_elsewhere", "o", "elsewhere", "The same on another printer; what "
             "waits or failed moves", "/print-jobs/{id}/reprint", "fulfilment:write",
             "Print {name} there?", fields=(PRINTER,),
             allowed_states=("queued", "failed", "printed", "cancelled")),
        RecordCommand("cancel_print", "c", "cancel", "Do not print it",
             "/print-jobs/{id}/cancel", "fulfilment:write", "Do not print {name}?",
             allowed_states=("queued", "failed")),
        RecordCommand("save_print", "p", "paper", "Write what is sent to the printer into a file",
             "/print-jobs/{id}/file", "fulfilment:write", "Write {name} into a file?",
             method="GET", file="{name}.{format}"),
    ),
    alias="printjobs", needs="fulfilment:write", item="/print-jobs/{id}", named_by="title",
    views=(("all", ()), ("waiting", (("status", "queued"),)), ("failed", (("status", "failed"),))),
    title="Print jobs",
)  # fmt: skip

KINDS = (PRINTERS, STATION_PRINTERS, PRINT_JOBS)
