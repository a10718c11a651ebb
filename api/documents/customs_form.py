"""A customs declaration (CN23) on A4, as PDF: in English and French, as posts agreed on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.documents import page
from api.documents.font import FONT, printable
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
    heads = (
        ("CN23  Customs declaration / Déclaration en douane", 14, 9.0),
        (f"{of.number}   {of.category}", 10, 8.0),
        ("From / De\n" + "\n".join(of.sender) + "\n", 10, _LINE),
        ("To / À\n" + "\n".join(of.recipient) + "\n", 10, _LINE),
    )
    pdf, signs = page.begin(of, heads, margin=_MARGIN)
    pdf.set_font(FONT, size=8)
    align = ("LEFT", "RIGHT", "RIGHT", "RIGHT", "LEFT", "LEFT")
    with page.table(pdf, widths=_WIDTHS, align=align, line_height=_LINE) as table:
        table.row(_HEADS)
        for one in of.lines:
            cells = (one.description, str(one.quantity), _kilograms(one.net_weight_grams),
                     str(one.value), one.hs_code, one.origin)  # fmt: skip
            table.row(tuple(printable(cell, signs) for cell in cells))
        total = ("Total", "", _kilograms(of.net_weight_grams), str(of.value), "", "")
        table.row(tuple(printable(cell, signs) for cell in total))
    pdf.ln(_LINE)
    end = f"Postage / Frais de port: {of.postage}\n\n{_CERTIFIED}\n\nDate, signature:"
    page.write(pdf, end, signs, height=_LINE)
    return page.draw_signature_line(pdf, margin=_MARGIN, below=3 * _LINE)


def _kilograms(grams: int) -> str:
    return f"{grams / 1000:.3f}"
