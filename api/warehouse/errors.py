"""Errors of the work in the warehouse."""

from api.kernel.errors import Conflict, Forbidden, NotFound, Unprocessable


class CountNotFound(NotFound):
    """No such count."""

    code = "count_not_found"
    sentence = "Count not found."


class NothingToCount(Unprocessable):
    """The scope of a count has no stock."""

    code = "nothing_to_count"
    sentence = "Nothing is there to count. Scan what you find into a count of the bin."


class LevelsApart(Unprocessable):
    """The levels of a count are at more than one location."""

    code = "levels_apart"
    sentence = "These levels are at different locations. Start one count for each location."


class NothingToPrint(Unprocessable):
    """No bin or variant was chosen."""

    code = "nothing_to_print"
    sentence = "No label to print: there is no such bin or product."


class CountTooLarge(Unprocessable):
    """A count has more lines than one person counts in a day."""

    code = "count_too_large"
    sentence = "This would be {lines} lines. Count at most {most} at once: choose a zone or a bin."


class LineClosed(Conflict):
    """The line was posted already, or waits as an adjustment."""

    code = "count_line_closed"
    sentence = "This line was counted and is closed. Start another count to count it again."


class SecondPersonNeeded(Conflict):
    """Another person recounts what differs too much."""

    code = "second_person_needed"
    sentence = "The difference is above the tolerance: somebody else must count this again."


class AloneNeedsFactor(Forbidden):
    """The only active person recounts their own count with a second factor only."""

    code = "second_factor_missing"
    sentence = (
        "You are the only active person: set up a second factor, then you may recount yourself."
    )


class CountedAtUnlikely(Unprocessable):
    """The moment of counting is in the future, or too long ago to be compared."""

    code = "counted_at_unlikely"
    sentence = "counted_at must be within the last seven days. Count again."


class LinesOpen(Conflict):
    """Lines are not counted, must be counted again, or wait for a second person."""

    code = "count_lines_open"
    sentence = (
        "{open} lines are not counted, {recount} must be counted again by somebody else, and "
        "{held} wait for somebody to approve their difference."
    )


class LinesHeld(Conflict):
    """A count cannot be discarded while differences of it wait for a second person."""

    code = "count_lines_held"
    sentence = (
        "{held} lines wait for somebody to approve their difference. Have that decided first: "
        "whoever asked may reject it."
    )


class CountedCodeUnknown(Unprocessable):
    """No variant has this SKU or barcode."""

    code = "counted_code_unknown"
    sentence = "No SKU or barcode is {scanned}. Correct it, and start the count again."


class BinNotEmptyByBooks(Conflict):
    """The books have units in a bin that somebody calls empty."""

    code = "bin_not_empty_by_books"
    sentence = "By the books {units} units are in {code}. Count the bin: what is missing is found."
