"""A slip: a barcode to scan, facts, a table, an address and a text; as PDF on A4, or on a receipt.

One template carries packing slips, gift slips, return slips and pick lists.
"""

import textwrap
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.documents import escpos
from api.documents.font import FONT, embed, printable
from api.documents.labels import draw_bars
from api.documents.surface import Surface
from api.documents.words import words
from api.kernel import packages

if TYPE_CHECKING:
    from fpdf import FPDF

_MARGIN: Final = 20.0
_BARS: Final = 22.0
_LINE: Final = 5.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What a slip says. `rows` have the columns of `heads`; the code is ASCII."""

    title: str
    code: str
    facts: Sequence[tuple[str, str]]
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    shop: str
    widths: Sequence[float] = (18, 98, 54)
    """Millimetres of the columns on A4, 170 in all."""
    has_amounts: bool = False
    """Whether the last column are amounts of money, which stand at the right."""
    sums: Sequence[tuple[str, str]] = ()
    """Below the table, such as what all of it costs."""
    address_head: str = ""
    address: Sequence[str] = ()
    text: str = ""
    language: str = "en"


def slip(of: Slip) -> bytes:
    """Print a slip as PDF: long names are wrapped, many rows go on on further, numbered pages.

    What the font has no sign for is printed as `?`.
    """
    packages.require("papers")
    from fpdf import FPDF  # noqa: PLC0415 - 20 MB that only who prints has to load
    from fpdf.fonts import FontFace  # noqa: PLC0415 - as above

    class Pages(FPDF):
        """Pages that say below which of how many they are."""

        def footer(self) -> None:
            self.set_y(-12)
            self.set_font(FONT, size=8)
            number = f"{words(of.language)['page']} {self.page_no()} / {{nb}}"
            self.cell(0, 4, f"{of.code}   {number}")

    pdf = Pages(format="A4")
    pdf.set_auto_page_break(True, margin=_MARGIN)
    pdf.set_margins(_MARGIN, _MARGIN)
    signs = embed(pdf, of)
    pdf.add_page()
    _text(pdf, of.shop, signs, size=10)
    _text(pdf, of.title, signs, size=20, height=12)
    y = pdf.get_y() + 4
    draw_bars(pdf, of.code, _MARGIN, y, width=170, height=_BARS)
    pdf.set_xy(_MARGIN, y + _BARS + 2)
    _text(pdf, of.code, signs, size=14, height=8)
    pdf.ln(3)
    for name, value in of.facts:
        pdf.set_font(FONT, size=10)
        pdf.cell(55, _LINE, printable(name, signs))
        _text(pdf, value, signs, size=10)
    pdf.ln(_LINE)
    pdf.set_font(FONT, size=9)
    pdf.set_line_width(0.1)
    with pdf.table(
        col_widths=of.widths,
        text_align=("LEFT",) * (len(of.heads) - 1) + ("RIGHT" if of.has_amounts else "LEFT",),
        line_height=_LINE,
        borders_layout="HORIZONTAL_LINES",
        v_align="TOP",
        headings_style=FontFace(emphasis="NONE"),
    ) as table:
        for cells in (of.heads, *of.rows):
            table.row(tuple(printable(cell, signs) for cell in cells))
    pdf.ln(1)
    for name, amount in of.sums:
        pdf.cell(130, _LINE, printable(name, signs), align="R")
        pdf.cell(40, _LINE, printable(amount, signs), align="R", new_x="LMARGIN", new_y="NEXT")
    if of.address:
        pdf.ln(_LINE)
        _text(pdf, of.address_head, signs, size=9)
        for part in of.address:
            _text(pdf, part, signs, size=11)
    if of.text:
        pdf.ln(_LINE)
        _text(pdf, of.text, signs, size=10)
    return bytes(pdf.output())


def _text(
    pdf: "FPDF", text: str, signs: Container[int], *, size: int, height: float = _LINE
) -> None:
    pdf.set_font(FONT, size=size)
    pdf.multi_cell(0, height, printable(text, signs), align="L", new_x="LMARGIN", new_y="NEXT")


def receipt(of: Slip, device: Surface) -> bytes:
    """Print a slip on paper from a roll: of each row the first two cells, below them the others."""
    paper = escpos.Receipt(device.width_mm, escpos.PROFILES[device.code_pages])
    paper.line(of.shop)
    paper.line(of.title, bold=True, big=len(of.title) * 2 <= paper.columns)
    paper.barcode(of.code)
    for name, value in of.facts:
        _wrapped(paper, f"{name}: {value}")
    paper.rule()
    for first, second, *others in of.rows:
        _wrapped(paper, f"{first}  {second}", bold=True, indent="  ")
        named = zip(of.heads[2:], others, strict=True)
        _wrapped(
            paper, "  " + "   ".join(f"{head} {cell}" for head, cell in named if cell), indent="  "
        )
    paper.rule()
    for name, amount in of.sums:
        _wrapped(paper, f"{name}: {amount}")
    if of.address:
        paper.line(of.address_head)
        for part in of.address:
            _wrapped(paper, part)
    paper.line()
    for paragraph in of.text.splitlines():
        _wrapped(paper, paragraph)
    return paper.cut()


def _wrapped(paper: escpos.Receipt, text: str, *, bold: bool = False, indent: str = "") -> None:
    """Print a text in lines of whole words, all but the first one indented.

    Signs that are drawn are up to twice as wide.
    """
    columns = paper.columns if paper.has(text) else paper.columns // 2
    for line in textwrap.wrap(text, columns, subsequent_indent=indent) or [""]:
        paper.line(line, bold=bold)
