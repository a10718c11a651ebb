"""Printing what waits: record, send, record. While it sends no transaction is open."""

from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import structlog

from api.platform.db import transaction
from api.platform.jobs import STOPPING
from api.platform.settings import current_settings
from api.printing import queries, service
from api.printing.gateways import Gateway, NotTaken, Surroundings
from api.printing.gateways.cups import CupsGateway
from api.printing.gateways.folder import FolderGateway
from api.printing.gateways.raw import RawGateway
from api.printing.states import Connection

_log = structlog.get_logger("api.printing")


def print_waiting(printer_id: UUID) -> int:
    """Print what waits for a printer, in order, until it is empty or does not answer.

    Returns how many papers it took. Does nothing while another worker prints on it, or before it
    is to be tried again.
    """
    with transaction():
        claimed = service.claim_printer(printer_id)
    if claimed is None:
        return 0
    gateway, taken = _gateways()[claimed.target.connection], 0
    while True:
        with transaction():
            started = service.next_job(claimed)
        if started is None:
            return taken
        job_id, sheet = started
        try:
            gateway.send(claimed.target, sheet)
        except NotTaken as refused:
            _log.warning("not_printed", printer=claimed.name, job=str(job_id), reason=str(refused))
            with transaction():
                service.note_not_taken(claimed, job_id, str(refused))
            return taken
        with transaction():
            service.note_printed(claimed, job_id)
        taken += 1


def print_all_waiting() -> int:
    """Try all printers for which papers wait and whose time has come; returns how many it took."""
    taken = 0
    for printer_id in queries.printers_due():
        if STOPPING.is_set():
            break
        taken += print_waiting(printer_id)
    return taken


def _gateways() -> Mapping[Connection, Gateway]:
    settings = current_settings()
    surroundings = Surroundings(
        folder=Path(settings.print_folder) if settings.print_folder else None,
        cups_server=settings.cups_server,
        ports=settings.printer_ports,
    )
    return {
        Connection.RAW: RawGateway(surroundings),
        Connection.CUPS: CupsGateway(surroundings),
        Connection.FOLDER: FolderGateway(surroundings),
    }
