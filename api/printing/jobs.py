"""Event handlers and periodic jobs of printing."""

from api.platform import sweeps
from api.platform.jobs import manages_own_transactions
from api.printing import flows, service
from api.printing.events import PrintRequested


@manages_own_transactions
def on_print_requested(event: PrintRequested) -> None:
    """Print what waits for a printer; run twice it finds nothing left."""
    flows.print_waiting(event.printer_id)


def print_waiting() -> None:
    """Try printers again that did not answer, and those whose worker ended."""
    flows.print_all_waiting()


def purge_contents() -> None:
    """Forget what was printed a month ago."""
    sweeps.in_batches(service.purge_contents)
