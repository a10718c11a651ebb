"""A slip on A4, mostly of one page: a barcode to scan, a table, and paragraphs."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from api.documents.font import FONT, embed, printable
from api.documents.labels import modules

if TYPE_CHECKING:
    from fpdf import FPDF

_MARGIN: Final = 20.0
_WIDTH: Final = 170.0
_MODULE: Final = 0.5
_BARS: Final = 22.0
_LINE: Final = 5.5
_WIDTHS: Final = (18, 98, 54)
"""Millimetres of the columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What a slip says. `rows` have the columns of `heads`; the code is ASCII."""

    title: str
    code: str
    facts: Sequence[tuple[str, str]]
    heads: tuple[str, str, str]
    rows: Sequence[tuple[str, str, str]]
    address_head: str
    address: Sequence[str]
    text: str
    shop: str


def slip(of: Slip) -> bytes:
    """Print a slip as PDF: long names are wrapped, and many rows go on on further pages.

    What the font has no sign for is printed as `?`.
    """
    from fpdf import FPDF  # noqa: PLC0415 - 20 MB that only who prints has to load
    from fpdf.fonts import FontFace  # noqa: PLC0415 - as above

    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(True, margin=_MARGIN)
    pdf.set_margins(_MARGIN, _MARGIN)
    signs = embed(pdf)
    pdf.add_page()
    _text(pdf, of.shop, signs, size=10)
    _text(pdf, of.title, signs, size=20, height=12)
    y = pdf.get_y() + 4
    _bars(pdf, of.code, y)
    pdf.set_xy(_MARGIN, y + _BARS + 2)
    _text(pdf, of.code, signs, size=14, height=8)
    pdf.ln(3)
    for name, value in of.facts:
        pdf.set_font(FONT, size=10)
        pdf.cell(55, _LINE, printable(name, signs))
        _text(pdf, value, signs, size=10)
    pdf.ln(_LINE)
    pdf.set_font(FONT, size=9)
    with pdf.table(
        col_widths=_WIDTHS,
        text_align="LEFT",
        line_height=_LINE,
        borders_layout="HORIZONTAL_LINES",
        headings_style=FontFace(emphasis="NONE"),
    ) as table:
        for cells in (of.heads, *of.rows):
            table.row(tuple(printable(cell, signs) for cell in cells))
    pdf.ln(_LINE)
    if of.address:
        _text(pdf, of.address_head, signs, size=9)
        for part in of.address:
            _text(pdf, part, signs, size=11)
        pdf.ln(_LINE)
    _text(pdf, of.text, signs, size=10)
    return bytes(pdf.output())


def _bars(pdf: "FPDF", code: str, y: float) -> None:
    bars = modules(code)
    module = min(_MODULE, _WIDTH / len(bars))
    place = 0
    for is_black, run in groupby(bars):
        length = len(list(run))
        if is_black == "1":
            pdf.rect(_MARGIN + place * module, y, length * module, _BARS, style="F")
        place += length


def _text(
    pdf: "FPDF", text: str, signs: Container[int], *, size: int, height: float = _LINE
) -> None:
    pdf.set_font(FONT, size=size)
    pdf.multi_cell(0, height, printable(text, signs), align="L", new_x="LMARGIN", new_y="NEXT")
