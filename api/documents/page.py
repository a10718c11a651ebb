"""What papers of A4 with a table have in common: the head, the table, the line to sign on."""

from collections.abc import Container, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from api.documents.font import FONT, embed, printable
from api.kernel import packages

if TYPE_CHECKING:
    from fpdf import FPDF
    from fpdf.table import Table


def begin(
    of: object, heads: Sequence[tuple[str, int, float]], *, margin: float
) -> tuple["FPDF", Container[int]]:
    """Begin a paper with lines of text, each with its size and height; return it and its signs.

    `of` is what will be printed, as `embed` takes it. Raises `PackageMissing`.
    """
    packages.require("papers")
    from fpdf import FPDF  # noqa: PLC0415 - 20 MB that only who prints has to load

    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(True, margin=margin)
    pdf.set_margins(margin, margin)
    signs = embed(pdf, of)
    pdf.add_page()
    for line, size, height in heads:
        pdf.set_font(FONT, size=size)
        write(pdf, line, signs, height=height)
    return pdf, signs


def write(pdf: "FPDF", words: str, signs: Container[int], *, height: float) -> None:
    """Write lines from the left margin on, and go to the next one."""
    told = printable(words, signs)
    pdf.multi_cell(0, height, told, align="L", new_x="LMARGIN", new_y="NEXT")


def table(
    pdf: "FPDF", *, widths: tuple[int, ...], align: tuple[str, ...], line_height: float
) -> AbstractContextManager["Table"]:
    """Open a table with a line above and below each row; its heads come again on each page."""
    from fpdf.fonts import FontFace  # noqa: PLC0415 - as above

    return pdf.table(
        col_widths=widths,
        text_align=align,
        line_height=line_height,
        borders_layout="HORIZONTAL_LINES",
        headings_style=FontFace(emphasis="NONE"),
    )


def draw_signature_line(pdf: "FPDF", *, margin: float, below: float) -> bytes:
    """Draw the line to sign on, so far below what was written, and return the finished PDF."""
    pdf.ln(below)
    pdf.line(margin, pdf.get_y(), 120, pdf.get_y())
    return bytes(pdf.output())
