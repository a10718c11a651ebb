"""Printers, and which of them a station uses."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit, versioned_rows
from api.platform.db import require_transaction, session, table_of
from api.platform.outbox import emit
from api.printing import queries
from api.printing.errors import (
    PrinterAddressInvalid,
    PrinterBusy,
    PrinterFormatWrong,
    PrinterNameTaken,
    PrinterNotFound,
)
from api.printing.events import PrintRequested
from api.printing.gateways.addresses import address_refused
from api.printing.models import Printer, PrintJob, StationPrinter
from api.printing.states import OPEN, Connection, PrinterUse, PrintFormat

_NO_SYNC = {"synchronize_session": False}


def create_printer(values: Mapping[str, Any], *, by: Principal) -> UUID:
    """Create a printer. Raises `PrinterNameTaken` and `PrinterAddressInvalid`."""
    _check_address(values["connection"], values["address"])
    printer_id = new_id()
    with versioned_rows.translate_integrity_errors(PrinterNameTaken(name=values["name"])):
        require_transaction().execute(
            insert(Printer).values(id=printer_id, created_at=clock.now(), version=1, **values)
        )
    audit.record("printer.created", by=by, subject_id=printer_id, **values)
    return printer_id


def edit_printer(
    printer_id: UUID, changes: Mapping[str, Any], *, expected_version: int, by: Principal
) -> None:
    """Change a printer; what waits for it is tried again at once. Locks it.

    Raises `PrinterNotFound`, `Stale`, `PrinterNameTaken` and `PrinterAddressInvalid`.
    """
    row = versioned_rows.lock(Printer, printer_id, expected_version, missing=PrinterNotFound())
    connection = changes.get("connection", row.connection)
    _check_address(connection, changes.get("address", row.address))
    taken = PrinterNameTaken(name=changes.get("name", row.name))
    columns = {**changes, "retry_at": None}
    versioned_rows.change(Printer, printer_id, columns, taken=taken)
    audit.record("printer.edited", by=by, subject_id=printer_id, **changes)
    emit(PrintRequested(printer_id=printer_id))


def remove_printer(printer_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Delete a printer; stations that use it have none then, and its past jobs stay.

    Raises `PrinterNotFound`, `Stale`, and `PrinterBusy` while papers wait for it.
    """
    versioned_rows.lock(Printer, printer_id, expected_version, missing=PrinterNotFound())
    waiting = session.scalar(
        select(func.count())
        .select_from(PrintJob)
        .where(PrintJob.printer_id == printer_id, PrintJob.status.in_(OPEN))
    )
    if waiting:
        raise PrinterBusy(waiting=waiting)
    session.execute(
        update(PrintJob).where(PrintJob.printer_id == printer_id).values(printer_id=None),
        execution_options=_NO_SYNC,
    )
    session.execute(
        delete(StationPrinter).where(StationPrinter.printer_id == printer_id),
        execution_options=_NO_SYNC,
    )
    require_transaction().execute(delete(table_of(Printer)).where(Printer.id == printer_id))
    audit.record("printer.removed", by=by, subject_id=printer_id)


def choose_station_printer(
    station: str, use: PrinterUse, printer: str | None, *, by: Principal
) -> None:
    """Choose the printer of a station for a use, by its name; None chooses none.

    Raises `PrinterNotFound`, and `PrinterFormatWrong` for papers on a label printer.
    """
    if printer is None:
        require_transaction().execute(
            delete(table_of(StationPrinter)).where(
                StationPrinter.station == station, StationPrinter.use == use
            )
        )
        audit.record("station_printer.removed", by=by, subject_id=None, station=station, use=use)
        return
    printer_id = queries.printer_named(printer)
    device = queries.device(printer_id)
    if use is PrinterUse.PAPERS and device.format is PrintFormat.ZPL:
        raise PrinterFormatWrong(printer=device.name, takes="labels", given="papers")
    # It cannot be removed before this commits.
    session.execute(select(Printer.id).where(Printer.id == printer_id).with_for_update(read=True))
    require_transaction().execute(
        upsert(StationPrinter)
        .values(station=station, use=use, printer_id=printer_id)
        .on_conflict_do_update(index_elements=["station", "use"], set_={"printer_id": printer_id})
    )
    audit.record("station_printer.chosen", by=by, subject_id=printer_id, station=station, use=use)


def _check_address(connection: Connection, address: str) -> None:
    wanted = address_refused(connection, address)
    if wanted is not None:
        raise PrinterAddressInvalid(address=address, wanted=wanted)
