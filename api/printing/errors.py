"""Errors of printing."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class PrinterNotFound(NotFound):
    """No such printer."""

    code = "printer_not_found"
    sentence = "Printer not found."


class PrinterNameTaken(Conflict):
    """Another printer has this name. Carries `name`."""

    code = "printer_name_taken"
    sentence = "Another printer is called {name}."


class PrinterBusy(Conflict):
    """A printer with waiting papers cannot be removed. Carries how many are `waiting`."""

    code = "printer_has_papers"
    sentence = "{waiting} papers wait for this printer. Cancel them or print them elsewhere first."


class PrinterAddressInvalid(Unprocessable):
    """The address does not fit the connection. Carries `address` and what is `wanted`."""

    code = "printer_address_invalid"
    sentence = "{address} is no address of such a printer: give {wanted}."


class PrinterFormatWrong(Unprocessable):
    """A printer got what it does not understand. Carries `printer`, `takes` and `given`."""

    code = "printer_format_wrong"
    sentence = "{printer} prints {takes}, not {given}. Choose another printer."


class StationHasNoPrinter(Unprocessable):
    """A station has no printer for this use. Carries `station` and `use`."""

    code = "station_has_no_printer"
    sentence = "No printer for {use} is chosen at {station}. Choose one in the console (:stations)."


class PrintJobNotFound(NotFound):
    """No such print job."""

    code = "print_job_not_found"
    sentence = "Print job not found."


class PrintContentGone(Conflict):
    """What was printed is kept for a while only. Carries `title`."""

    code = "print_content_gone"
    sentence = "{title} is not kept any more: print it anew where it was printed from."
