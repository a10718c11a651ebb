"""Request and response schemas of printers, stations and print jobs."""

import marshmallow as ma

from api.documents.escpos import PROFILES
from api.platform.http import TRIMMED, PageQuerySchema, Schema
from api.printing.states import Connection, PaperKind, PrinterUse, PrintFormat, PrintJobStatus

STATION = (ma.validate.Length(1, 60), TRIMMED)
_STATION_DOC = {"description": "The name of the console's computer.", "example": "Bench 1"}


class EditPrinterSchema(Schema):
    """What to change about a printer."""

    name = ma.fields.String(
        validate=[ma.validate.Length(1, 60), TRIMMED],
        metadata={"example": "Zebra at the dock"},
    )
    connection = ma.fields.Enum(
        Connection,
        by_value=True,
        metadata={
            "description": "raw: TCP, mostly port 9100. cups: a queue of CUPS. folder: files."
        },
    )
    address = ma.fields.String(
        validate=[ma.validate.Length(1, 255), TRIMMED],
        metadata={
            "description": "host or host:port, a queue of CUPS, or a folder below PRINT_FOLDER.",
            "example": "192.0.2.20",
        },
    )
    format = ma.fields.Enum(
        PrintFormat, by_value=True, metadata={"description": "What the printer understands."}
    )
    width_mm = ma.fields.Integer(
        validate=ma.validate.Range(20, 1000),
        metadata={"description": "Of its paper: 80 or 58 for receipts.", "example": 100},
    )
    height_mm = ma.fields.Integer(
        validate=ma.validate.Range(10, 1000),
        metadata={"description": "Of a label; receipts end where they end.", "example": 50},
    )
    dots_per_mm = ma.fields.Integer(
        validate=ma.validate.OneOf([6, 8, 12, 24]), metadata={"description": "8 are 203 dpi."}
    )
    code_pages = ma.fields.String(
        validate=ma.validate.OneOf(sorted(PROFILES)),
        metadata={"description": "Of a receipt printer: which characters it has itself."},
    )
    is_active = ma.fields.Boolean(
        metadata={"description": "false: it keeps its papers and prints none."}
    )


class NewPrinterSchema(EditPrinterSchema):
    """A printer to create."""

    name = ma.fields.String(
        required=True,
        validate=[ma.validate.Length(1, 60), TRIMMED],
        metadata={"example": "Zebra at the dock"},
    )
    connection = ma.fields.Enum(Connection, by_value=True, required=True)
    address = ma.fields.String(
        required=True,
        validate=[ma.validate.Length(1, 255), TRIMMED],
        metadata={
            "description": "host or host:port, a queue of CUPS, or a folder below PRINT_FOLDER.",
            "example": "192.0.2.20",
        },
    )
    format = ma.fields.Enum(PrintFormat, by_value=True, required=True)
    width_mm = ma.fields.Integer(load_default=80, validate=ma.validate.Range(20, 1000))
    height_mm = ma.fields.Integer(load_default=50, validate=ma.validate.Range(10, 1000))
    dots_per_mm = ma.fields.Integer(load_default=8, validate=ma.validate.OneOf([6, 8, 12, 24]))
    code_pages = ma.fields.String(
        load_default="epson", validate=ma.validate.OneOf(sorted(PROFILES))
    )


class PrinterSchema(Schema):
    """A printer, and how it is."""

    id = ma.fields.UUID(required=True)
    name = ma.fields.String(required=True)
    connection = ma.fields.Enum(Connection, by_value=True, required=True)
    address = ma.fields.String(required=True)
    format = ma.fields.Enum(PrintFormat, by_value=True, required=True)
    width_mm = ma.fields.Integer(required=True)
    height_mm = ma.fields.Integer(required=True)
    dots_per_mm = ma.fields.Integer(required=True)
    code_pages = ma.fields.String(required=True)
    is_active = ma.fields.Boolean(required=True)
    state = ma.fields.String(
        required=True, validate=ma.validate.OneOf(["ready", "not answering", "paused"])
    )
    waiting = ma.fields.Integer(
        required=True, metadata={"description": "How many papers wait for it."}
    )
    failures = ma.fields.Integer(
        required=True, metadata={"description": "How often in a row it took nothing."}
    )
    failing_since = ma.fields.AwareDateTime(required=True, allow_none=True)
    retry_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    last_error = ma.fields.String(required=True, allow_none=True)
    version = ma.fields.Integer(required=True)


class StationPrinterSchema(Schema):
    """Which printer a station uses for what."""

    id = ma.fields.String(required=True, metadata={"example": "Bench 1/labels"})
    station = ma.fields.String(required=True)
    use = ma.fields.Enum(PrinterUse, by_value=True, required=True)
    printer_id = ma.fields.UUID(required=True)
    printer_name = ma.fields.String(required=True)
    format = ma.fields.Enum(PrintFormat, by_value=True, required=True)


class ChooseStationPrinterSchema(Schema):
    """The printer of a station for one use."""

    station = ma.fields.String(required=True, validate=STATION, metadata=_STATION_DOC)
    use = ma.fields.Enum(PrinterUse, by_value=True, required=True)
    printer = ma.fields.String(
        required=True,
        allow_none=True,
        validate=ma.validate.Length(1, 60),
        metadata={"description": "The name of a printer; null: none any more."},
    )


class PrintJobSchema(Schema):
    """A paper to be printed, or that was."""

    id = ma.fields.UUID(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    printer_id = ma.fields.UUID(required=True, allow_none=True)
    printer_name = ma.fields.String(required=True)
    station = ma.fields.String(required=True, allow_none=True)
    kind = ma.fields.Enum(PaperKind, by_value=True, required=True)
    title = ma.fields.String(required=True)
    format = ma.fields.Enum(PrintFormat, by_value=True, required=True)
    copies = ma.fields.Integer(required=True)
    status = ma.fields.Enum(PrintJobStatus, by_value=True, required=True)
    attempts = ma.fields.Integer(required=True)
    last_error = ma.fields.String(required=True, allow_none=True)
    requested_by = ma.fields.String(required=True)
    subject_id = ma.fields.UUID(
        required=True,
        allow_none=True,
        metadata={"description": "The order, return, parcel or batch that it is about."},
    )
    reprint_of = ma.fields.UUID(required=True, allow_none=True)
    started_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    printed_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    allowed_actions = ma.fields.List(ma.fields.String(), required=True)


class PrintJobQuerySchema(PageQuerySchema):
    """Filters of the list of print jobs."""

    status = ma.fields.Enum(PrintJobStatus, by_value=True, load_default=None)
    printer_id = ma.fields.UUID(load_default=None)
    subject_id = ma.fields.UUID(load_default=None)
    station = ma.fields.String(
        load_default=None, validate=ma.validate.Length(1, 60), metadata=_STATION_DOC
    )


class ReprintSchema(Schema):
    """Where to print it again."""

    printer = ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=ma.validate.Length(1, 60),
        metadata={"description": "The name of a printer; left out: the same one."},
    )


class PrintAtSchema(Schema):
    """The station on whose printer it is printed."""

    station = ma.fields.String(required=True, validate=STATION, metadata=_STATION_DOC)


class PrintedSchema(Schema):
    """The print jobs. What is printed once only, and was asked for before, has its first job."""

    jobs = ma.fields.List(ma.fields.UUID(), required=True)
