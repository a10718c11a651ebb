"""Which addresses fit a way to a printer."""

from api.printing.gateways import cups, folder, raw
from api.printing.states import Connection


def address_refused(connection: Connection, address: str) -> str | None:
    """Say what is wanted where an address does not fit; None where it does."""
    if connection is Connection.RAW:
        try:
            raw.split(address)
        except ValueError:
            return "the name or the IP address of a host, with :port if it is not 9100"
        return None
    if connection is Connection.CUPS:
        return None if cups.QUEUE.fullmatch(address) else "the name of a queue, as lpstat -e says"
    if folder.NAME.fullmatch(address):
        return None
    return "the name of a folder below PRINT_FOLDER, of letters, digits and dashes"
