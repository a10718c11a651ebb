"""What something costs: a regular price, and a sale price that counts on some days."""

from collections.abc import Callable
from datetime import datetime

from api.catalog.service.inputs import PriceInput
from api.imports.formats import cell_parsers
from api.imports.formats.cell_parsers import CellError
from api.imports.formats.csv_reader import CsvReader, Row
from api.imports.formats.woocommerce import values
from api.imports.policy import Consequence
from api.kernel import clock
from api.kernel.money import Money


class Prices:
    """Reads prices in one currency; what is passed over is told to `note`."""

    def __init__(
        self, sheet: CsvReader, currency: str, note: Callable[[Row, CellError, Consequence], None]
    ) -> None:
        self._sheet, self._currency, self._note = sheet, currency, note

    def of(self, row: Row) -> tuple[PriceInput, ...]:
        """Return what a row costs: today's price, and the one that it is compared with."""
        regular, sale = self._money(row, "price"), self._money(row, "sale_price")
        if regular is None or sale is None or sale.amount >= regular.amount:
            price = regular or sale
            return (PriceInput(price),) if price else ()
        if not self._is_on_sale(row):
            return (PriceInput(regular),)
        return (PriceInput(sale, regular),)

    def _money(self, row: Row, column: str) -> Money | None:
        name = self._sheet.name_of(column)
        try:
            return cell_parsers.money(values.number(row[column]), name, self._currency)
        except CellError as bad:
            raise CellError(name, row[column], bad.reason) from bad

    def _is_on_sale(self, row: Row) -> bool:
        """Tell whether the sale price is the price of today; one of another time is told of."""
        now, name = clock.now(), self._sheet.name_of
        starts, ends = (self._moment(row, column) for column in ("sale_starts", "sale_ends"))
        if (starts is None or starts <= now) and (ends is None or ends >= now):
            return True
        other = CellError(
            name("sale_price"),
            row["sale_price"],
            "This sale is not on today, so the regular price was taken.",
        )
        self._note(row, other, Consequence.VALUE_IGNORED)
        return False

    def _moment(self, row: Row, column: str) -> datetime | None:
        if not row[column]:
            return None
        try:
            return values.moment(row[column], is_end=column == "sale_ends")
        except ValueError as wrong:
            raise CellError(
                self._sheet.name_of(column), row[column], "Write a day such as 2026-05-01."
            ) from wrong
