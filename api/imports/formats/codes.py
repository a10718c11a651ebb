"""SKUs and barcodes in files of other shops: what a spreadsheet has ruined is left out alone."""

from collections.abc import Callable

from api.imports.formats import cells
from api.imports.formats.cells import RoundedCode
from api.imports.formats.described import Described, Problem
from api.imports.formats.sheets import Row, Sheet
from api.imports.policy import Consequence

LONGEST_SKU = 255
LONGEST_BARCODE = 64


def codes_of(row: Row, sheet: Sheet, found: Described) -> tuple[str | None, str | None]:
    """Read a variant's SKU and barcode; notes those that are not whole any more. Raises BadCell."""

    def read(column: str, reader: Callable[..., str | None], longest: int) -> str | None:
        try:
            return reader(row[column], sheet.name_of(column), longest=longest)
        except RoundedCode as bad:
            found.problems.append(
                Problem(row.number, bad.column, bad.value, bad.reason, Consequence.VALUE_IGNORED)
            )
            return None

    return read("sku", cells.code, LONGEST_SKU), read("barcode", cells.barcode, LONGEST_BARCODE)
