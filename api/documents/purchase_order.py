"""A purchase order on paper, as PDF with an embedded font (`api.documents.font`)."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from api.documents.font import FONT, embed, printable
from api.kernel import packages
from api.kernel.money import Money

if TYPE_CHECKING:
    from fpdf import FPDF

_WIDTHS: Final = (22, 26, 66, 14, 26, 26)
"""Millimetres of the columns; together as wide as A4 without its margins, and a little less."""
_WORDS: Final = {
    "en": {
        "titles": ("Your SKU", "Our SKU", "Article", "Units", "Each", "Together"),
        "freight": ("Freight",), "total": ("Total",), "order": ("Purchase order",),
        "draft": ("draft, not placed",),
        "head": ("From", "To", "Our customer number", "Ordered on", "Expected on", "Deliver to"),
    },
    "de": {
        "titles": ("Ihre Nr.", "Unsere Nr.", "Artikel", "Stück", "Einzeln", "Zusammen"),
        "freight": ("Fracht",), "total": ("Summe",), "order": ("Bestellung",),
        "draft": ("Entwurf, nicht bestellt",),
        "head": ("Von", "An", "Unsere Kundennummer", "Bestellt am", "Erwartet am", "Lieferung an"),
    },
}  # fmt: skip
LANGUAGES: Final = tuple(_WORDS)
"""The languages that orders are written in."""
_LINE: Final = 4.5


@dataclass(frozen=True, slots=True)
class OrderedLine:
    """Units of an article, by both its numbers."""

    supplier_sku: str
    sku: str
    title: str
    quantity: int
    unit_cost: Money
    total: Money


@dataclass(frozen=True, slots=True)
class OrderPaper:
    """What stands on a purchase order. `is_draft` says that it was not placed."""

    number: str
    shop: str
    supplier: str
    supplier_address: str
    customer_number: str
    deliver_to: str
    ordered_on: date | None
    expected_on: date | None
    note: str
    lines: Sequence[OrderedLine]
    freight: Money
    total: Money
    is_draft: bool = False
    language: str = "en"

    @property
    def words(self) -> dict[str, tuple[str, ...]]:
        """Return its fixed words in its language."""
        return _WORDS.get(self.language, _WORDS["en"])


def pdf(paper: OrderPaper) -> bytes:
    """Print a purchase order, on as many pages as its lines need."""
    packages.require("papers")
    from fpdf import FPDF  # noqa: PLC0415 - 20 MB that only who prints has to load

    file = FPDF(format="A4")
    file.set_auto_page_break(True, margin=15)
    signs = embed(file, paper)
    words = paper.words
    file.set_title(f"{words['order'][0]} {paper.number}")
    file.add_page()
    _head(file, paper, signs)
    file.set_font(FONT, size=8)
    with file.table(
        col_widths=_WIDTHS,
        text_align=("LEFT", "LEFT", "LEFT", "RIGHT", "RIGHT", "RIGHT"),
        line_height=_LINE,
        borders_layout="SINGLE_TOP_LINE",
        headings_style=_plain(),
    ) as table:
        table.row(words["titles"])
        for line in paper.lines:
            cells = (line.supplier_sku, line.sku, line.title, f"{line.quantity:,}",
                     str(line.unit_cost), str(line.total))  # fmt: skip
            table.row(tuple(printable(cell, signs) for cell in cells))
        sums = ((words["freight"][0], paper.freight), (words["total"][0], paper.total))
        for title, amount in sums:
            table.row(("", "", title, "", "", str(amount)))
    if paper.note:
        file.ln(_LINE)
        file.multi_cell(0, _LINE, printable(paper.note, signs))
    return bytes(file.output())


def _head(file: "FPDF", paper: OrderPaper, signs: Container[int]) -> None:
    words = paper.words
    draft = f" ({words['draft'][0]})" if paper.is_draft else ""
    file.set_font(FONT, size=14)
    title = printable(f"{words['order'][0]} {paper.number}{draft}", signs)
    file.cell(0, 9, title, new_x="LMARGIN", new_y="NEXT")
    file.set_font(FONT, size=9)
    told = (
        paper.shop,
        "\n".join(filter(None, (paper.supplier, paper.supplier_address))),
        paper.customer_number,
        paper.ordered_on.isoformat() if paper.ordered_on else "",
        paper.expected_on.isoformat() if paper.expected_on else "",
        paper.deliver_to,
    )
    for name, value in zip(words["head"], told, strict=True):
        if value:
            file.cell(45, _LINE, name)
            file.multi_cell(0, _LINE, printable(value, signs), new_x="LMARGIN", new_y="NEXT")
    file.ln(_LINE)


def _plain() -> object:
    from fpdf.fonts import FontFace  # noqa: PLC0415 - loads the library, as above

    return FontFace(emphasis="NONE")
