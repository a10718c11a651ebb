"""The refusals of imports; what is wrong inside a file is not one of them but a problem."""

from api.kernel.errors import NotFound, Refused


class ImportNotFound(NotFound):
    """No such import."""

    code = "import_not_found"
    sentence = "There is no such import."


class FileTooLarge(Refused):
    """A file beyond what is kept."""

    code = "file_too_large"
    sentence = "The file is larger than {most_megabytes} MB. Split it between two products."


class FileMissing(Refused):
    """A request for an import without a file in it."""

    code = "file_missing"
    sentence = "Send the file as the part `file` of a form, or as a body of type text/csv."
