"""Printers, stations and print jobs, for staff."""

from typing import Final, Unpack
from uuid import UUID

from flask import Response

from api.documents import trial_page
from api.kernel.errors import InvalidState
from api.kernel.packages import PackageMissing
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import CursorInvalid, PageQuery
from api.platform.versioned_rows import RuleImpossible
from api.printing import queries, service
from api.printing.errors import (
    PrintContentGone,
    PrinterAddressInvalid,
    PrinterBusy,
    PrinterFormatWrong,
    PrinterNameTaken,
    PrinterNotFound,
    PrintJobNotFound,
    StationHasNoPrinter,
)
from api.printing.schemas import (
    ChooseStationPrinterSchema,
    EditPrinterSchema,
    NewPrinterSchema,
    PrinterSchema,
    PrintJobQuerySchema,
    PrintJobSchema,
    ReprintSchema,
    StationPrinterSchema,
)
from api.printing.states import PaperKind, PrinterUse, PrintFormat, PrintJobStatus

blueprint = Blueprint(
    "printing",
    __name__,
    url_prefix="/api/v1/admin",
    description="Printers, which of them each station uses, and what is printed.",
)

_CONTENT_TYPES: Final = {
    PrintFormat.PDF: "application/pdf",
    PrintFormat.ZPL: "text/plain; charset=utf-8",
    PrintFormat.ESCPOS: "application/octet-stream",
}
_FILE: Final = {"schema": {"type": "string", "format": "binary"}}


@blueprint.route("/printers", methods=["GET"])
@requires(Permission.ORDERS_READ)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(PrinterSchema))
def list_printers(query: PageQuery) -> dict[str, object]:
    """List the printers by name, how each is and how many papers wait for it."""
    return queries.printers(**query)


@blueprint.route("/printers", methods=["POST"])
@requires(Permission.LOCATIONS_WRITE)
@may_answer(PrinterAddressInvalid, PrinterNameTaken, PrinterNotFound, RuleImpossible)
@idempotent(required=False)
@blueprint.arguments(NewPrinterSchema)
@blueprint.response(201, PrinterSchema, headers=LOCATED)
def create_printer(body: dict[str, object]) -> object:
    """Create a printer."""
    printer_id = service.create_printer(body, by=principal())
    return queries.printer(printer_id), {
        "Location": f"{blueprint.url_prefix}/printers/{printer_id}"
    }


@blueprint.route("/printers/<uuid:printer_id>", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(PrinterNotFound)
@blueprint.response(200, PrinterSchema)
def get_printer(printer_id: UUID) -> dict[str, object]:
    """Read one printer."""
    return queries.printer(printer_id)


@blueprint.route("/printers/<uuid:printer_id>", methods=["PATCH"])
@requires(Permission.LOCATIONS_WRITE)
@may_answer(PrinterAddressInvalid, PrinterNameTaken, PrinterNotFound, RuleImpossible)
@versioned
@blueprint.arguments(EditPrinterSchema)
@blueprint.response(200, PrinterSchema)
def update_printer(
    changes: dict[str, object], printer_id: UUID, expected_version: int
) -> dict[str, object]:
    """Change a printer. What waits for it is tried again at once."""
    with transaction():
        service.edit_printer(printer_id, changes, expected_version=expected_version, by=principal())
    return queries.printer(printer_id)


@blueprint.route("/printers/<uuid:printer_id>", methods=["DELETE"])
@requires(Permission.LOCATIONS_WRITE)
@may_answer(PrinterBusy, PrinterNotFound)
@versioned
@blueprint.response(204)
def delete_printer(printer_id: UUID, expected_version: int) -> None:
    """Delete a printer for which nothing waits; its past print jobs stay."""
    with transaction():
        service.remove_printer(printer_id, expected_version=expected_version, by=principal())


@blueprint.route("/printers/<uuid:printer_id>/test-page", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(
    PackageMissing, PrinterFormatWrong, PrinterNotFound, PrintJobNotFound, StationHasNoPrinter
)
@idempotent(required=False)
@blueprint.response(201, PrintJobSchema, headers=LOCATED)
def print_test_page(printer_id: UUID) -> object:
    """Print a page with the name of the printer, characters of several languages and a barcode."""
    device = queries.device(printer_id)
    content = trial_page.draw(device.name, device.surface)
    job_id = service.print_document(
        printer_id,
        PaperKind.TEST_PAGE,
        content,
        given=device.format,
        title=f"Test page of {device.name}",
        by=principal(),
    )
    return printed(job_id)


@blueprint.route("/station-printers", methods=["GET"])
@requires(Permission.ORDERS_READ)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(StationPrinterSchema))
def list_station_printers(query: PageQuery) -> dict[str, object]:
    """List which printers the stations use, by station."""
    return queries.stations(**query)


@blueprint.route("/station-printers", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(CursorInvalid, PrinterFormatWrong, PrinterNotFound)
@idempotent(required=False)
@blueprint.arguments(ChooseStationPrinterSchema, as_kwargs=True)
@blueprint.response(200, list_schema(StationPrinterSchema))
def choose_station_printer(station: str, use: PrinterUse, printer: str | None) -> dict[str, object]:
    """Choose the printer of a station for a use, or none; answers the first stations."""
    service.choose_station_printer(station, use, printer, by=principal())
    return queries.stations(limit=100, cursor=None, with_total=False)


@blueprint.route("/print-jobs", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@blueprint.arguments(PrintJobQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(PrintJobSchema))
def list_print_jobs(
    status: PrintJobStatus | None,
    printer_id: UUID | None,
    subject_id: UUID | None,
    station: str | None,
    **page: Unpack[PageQuery],
) -> dict[str, object]:
    """List what was printed or waits for its printer, the newest first."""
    return queries.print_jobs(
        status=status, printer_id=printer_id, subject_id=subject_id, station=station, **page
    )


@blueprint.route("/print-jobs/<uuid:job_id>", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(PrintJobNotFound)
@blueprint.response(200, PrintJobSchema)
def get_print_job(job_id: UUID) -> dict[str, object]:
    """Read one print job."""
    return queries.print_job(job_id)


@blueprint.route("/print-jobs/<uuid:job_id>/file", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(PrintContentGone, PrintJobNotFound)
@blueprint.doc(
    responses={
        "200": {
            "description": "What was sent to the printer.",
            "content": {kind.partition(";")[0]: _FILE for kind in _CONTENT_TYPES.values()},
        }
    }
)
def get_print_job_file(job_id: UUID) -> Response:
    """Download what is sent to the printer; it is kept for 30 days."""
    kind, content = queries.content_of(job_id)
    if content is None:
        raise PrintContentGone(title="This paper")
    return Response(content, content_type=_CONTENT_TYPES[kind])


@blueprint.route("/print-jobs/<uuid:job_id>/reprint", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(
    *(InvalidState, PrintContentGone, PrintJobNotFound, PrinterFormatWrong, PrinterNotFound)
)
@idempotent(required=True)
@blueprint.arguments(ReprintSchema, as_kwargs=True)
@blueprint.response(201, PrintJobSchema, headers=LOCATED)
def reprint(job_id: UUID, printer: str | None) -> object:
    """Print the same again, on its printer or another one.

    A paper that waits, or that failed, moves: its first job is cancelled.
    """
    return printed(service.reprint(job_id, printer=printer, by=principal()))


@blueprint.route("/print-jobs/<uuid:job_id>/cancel", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(InvalidState, PrintJobNotFound)
@idempotent(required=False)
@blueprint.response(200, PrintJobSchema)
def cancel_print_job(job_id: UUID) -> dict[str, object]:
    """Do not print a paper that waits or failed."""
    service.cancel(job_id, by=principal())
    return queries.print_job(job_id)


def printed(job_id: UUID) -> tuple[dict[str, object], dict[str, str]]:
    """Return a print job with its location, as routes that print something answer."""
    location = f"{blueprint.url_prefix}/print-jobs/{job_id}"
    return queries.print_job(job_id), {"Location": location}
