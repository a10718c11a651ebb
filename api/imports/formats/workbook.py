"""Our CSV as a workbook: texts are texts and never formulas, amounts and counts are numbers."""

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator

from api.imports.formats.native.csv_escaping import unsafe

MOST_ROWS = 1_048_575
"""Rows below the header that a sheet can have."""
LONGEST_CELL = 32_767
"""Characters that a cell can have; a longer text is cut, and ends in a mark."""
CUT = " [...]"
PIECE = 256 * 1024
_COUNTED = re.compile(r"(?:price|compare_at) [A-Z]{3}|stock .+|weight_grams", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,4})?")


def workbook_of(content: Iterable[bytes]) -> Iterator[bytes]:
    """Write a file of ours as a workbook, piece by piece. Holds one row in memory at a time."""
    import xlsxwriter  # noqa: PLC0415 - 2 MB that only who exports has to load

    with tempfile.TemporaryFile() as file:
        book = xlsxwriter.Workbook(
            file,
            {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
        )
        sheet = book.add_worksheet("Products")
        bold = book.add_format({"bold": True})
        counted: set[int] = set()
        for number, row in enumerate(csv.reader(_lines(content))):
            if number == 0:
                counted = {at for at, name in enumerate(row) if _COUNTED.fullmatch(name)}
            for at, cell in enumerate(row):
                if not cell:
                    continue
                if number and at in counted and _NUMBER.fullmatch(cell):
                    sheet.write_number(number, at, float(cell))
                else:
                    sheet.write_string(number, at, _fitting(unsafe(cell)), None if number else bold)
        sheet.freeze_panes(1, 1)
        book.close()
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _lines(content: Iterable[bytes]) -> Iterator[str]:
    """Return the lines of a file whose pieces end with a line, without its mark."""
    for piece in content:
        yield from io.StringIO(piece.decode("utf-8-sig"), newline="")


def _fitting(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - len(CUT)] + CUT
