"""A customs declaration (CN23) on A4, as PDF: in English and French, as posts agreed on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.documents.font import FONT, embed, printable
from api.kernel import packages
from api.kernel.money import Money

_MARGIN: Final = 15.0
_LINE: Final = 5.0
_WIDTHS: Final = (70, 16, 22, 30, 26, 16)
"""Millimetres of the columns."""
_HEADS: Final = (
    "Contents / Contenu", "Quantity / Quantité", "Net kg / Poids net", "Value / Valeur",
    "HS code / N° tarifaire", "Origin / Origine",
)  # fmt: skip
_CERTIFIED: Final = (
    "I certify that the particulars given in this declaration are correct and that this item "
    "contains no dangerous article and nothing that legislation or postal or customs regulations "
    "prohibit."
)


@dataclass(frozen=True, slots=True)
class DeclaredLine:
    """Units of one article; weight and value are of all of them."""

    description: str
    quantity: int
    net_weight_grams: int
    value: Money
    hs_code: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomsPaper:
    """What a declaration says of a parcel; `sender` and `recipient` are lines of an address."""

    number: str
    category: str
    sender: Sequence[str]
    recipient: Sequence[str]
    lines: Sequence[DeclaredLine]
    net_weight_grams: int
    value: Money
    postage: Money


def paper(of: CustomsPaper) -> bytes:
    """Print a declaration as PDF, with further pages as needed and a line to sign on.

    What the font has no sign for is printed as `?`.
    """
    packages.require("papers")
    from fpdf import FPDF  # noqa: PLC0415 - 20 MB that only who prints has to load
    from fpdf.fonts import FontFace  # noqa: PLC0415 - as above

    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(True, margin=_MARGIN)
    pdf.set_margins(_MARGIN, _MARGIN)
    signs = embed(pdf, of)
    pdf.add_page()
    for text, size, height in (
        ("CN23  Customs declaration / Déclaration en douane", 14, 9.0),
        (f"{of.number}   {of.category}", 10, 8.0),
        ("From / De\n" + "\n".join(of.sender) + "\n", 10, _LINE),
        ("To / À\n" + "\n".join(of.recipient) + "\n", 10, _LINE),
    ):
        pdf.set_font(FONT, size=size)
        pdf.multi_cell(0, height, printable(text, signs), align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font(FONT, size=8)
    with pdf.table(
        col_widths=_WIDTHS,
        text_align=("LEFT", "RIGHT", "RIGHT", "RIGHT", "LEFT", "LEFT"),
        line_height=_LINE,
        borders_layout="HORIZONTAL_LINES",
        headings_style=FontFace(emphasis="NONE"),
    ) as table:
        table.row(_HEADS)
        for one in of.lines:
            cells = (one.description, str(one.quantity), _kilograms(one.net_weight_grams),
                     str(one.value), one.hs_code, one.origin)  # fmt: skip
            table.row(tuple(printable(cell, signs) for cell in cells))
        total = ("Total", "", _kilograms(of.net_weight_grams), str(of.value), "", "")
        table.row(tuple(printable(cell, signs) for cell in total))
    pdf.ln(_LINE)
    end = f"Postage / Frais de port: {of.postage}\n\n{_CERTIFIED}\n\nDate, signature:"
    pdf.multi_cell(0, _LINE, printable(end, signs), align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(3 * _LINE)
    pdf.line(_MARGIN, pdf.get_y(), 120, pdf.get_y())
    return bytes(pdf.output())


def _kilograms(grams: int) -> str:
    return f"{grams / 1000:.3f}"
