"""The refusals of imports; what is wrong inside a file is not one of them but a problem."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class ImportNotFound(NotFound):
    """No such import."""

    code = "import_not_found"
    sentence = "There is no such import."


class FileTooLarge(Unprocessable):
    """A file beyond what is kept."""

    code = "file_too_large"
    sentence = "The file is larger than {most_megabytes} MB. Split it between two products."


class FileMissing(Unprocessable):
    """A request for an import without a file in it."""

    code = "file_missing"
    sentence = (
        "Send the file as the part `file` of a form, or as a body of type text/csv"
        " or application/jsonl."
    )


class NotADryRun(Conflict):
    """A command that only the dry run of a whole file understands."""

    code = "not_a_dry_run"
    sentence = (
        "Only a dry run that was read to its end can be run for good, while its file is kept."
        " Hand the file in again."
    )


class NothingToUndo(Conflict):
    """An import that cannot be undone."""

    code = "nothing_to_undo"
    sentence = "This import cannot be undone: {why}"


class ExportNotFound(NotFound):
    """No such export."""

    code = "export_not_found"
    sentence = "There is no such export; files are kept for {days} days."


class ExportNotReady(Conflict):
    """A file that is not whole yet, or never will be."""

    code = "export_not_ready"
    sentence = "This export is {status}; its file can be fetched once it is completed."
