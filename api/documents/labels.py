"""Labels with a barcode, as a sheet of paper (PDF) or for a label printer (ZPL).

The bars of a PDF are drawn, so they are sharp at any size. fpdf2 was chosen after a trial: 120
labels take it 0.02 s of CPU after 0.2 s for its import, as long as typst, which needs 81 MB
instead of 3; weasyprint needs libraries of the system.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Final

from stdnum import ean

from api.documents.font import FONT, embed, printable
from api.kernel import packages

if TYPE_CHECKING:
    from fpdf import FPDF

PER_ROW: Final = 3
PER_COLUMN: Final = 8
LABEL_WIDTH: Final = 70.0
LABEL_HEIGHT: Final = 37.125
"""Millimetres: 24 labels of 70 x 37 mm on A4, the commonest sheet (Avery 3474, Herma 4464)."""
_MARGIN: Final = 5.0
_BARS: Final = 14.0
_QUIET: Final = 4.0
"""Millimetres of white beside the bars: ten modules of 0.33 mm and some more."""
_REPLACED: Final = str.maketrans({"\u202f": " ", "\u2212": "-", "\u2013": "-", "\u2019": "'"})


class Symbology(StrEnum):
    """How a code is printed as bars."""

    EAN8 = "ean8"
    UPCA = "upca"
    EAN13 = "ean13"
    ITF14 = "itf14"
    CODE128 = "code128"


@dataclass(frozen=True, slots=True)
class Label:
    """What is on a label: the code, and up to two lines of text. The code is ASCII."""

    code: str
    title: str
    subtitle: str = ""


_BY_LENGTH: Final = {
    8: Symbology.EAN8,
    12: Symbology.UPCA,
    13: Symbology.EAN13,
    14: Symbology.ITF14,
}


def symbology_of(code: str) -> Symbology:
    """Choose the bars of a code: those of retail only if its check digit is right.

    Makers of barcodes replace a wrong check digit silently, and printers print nothing. Then, and
    for anything else, it is Code 128, which says exactly what stands there.
    """
    if code.isascii() and code.isdigit() and ean.is_valid(code):
        return _BY_LENGTH.get(len(code), Symbology.CODE128)
    return Symbology.CODE128


def modules(code: str) -> str:
    """Return the bars of a code as 1 (black) and 0 (white), each of the same width.

    Raises `PackageMissing`, as all that prints bars or PDF does.
    """
    packages.require("papers")
    import barcode  # noqa: PLC0415 - with Pillow, 6 MB

    bars: str = barcode.get(symbology_of(code).removesuffix("14"), code).build()[0]
    return bars.replace("G", "1")  # the guard bars of EAN


def sheet(labels: Sequence[Label]) -> bytes:
    """Print labels on sheets of 24, from the top left, as PDF.

    The code stands below its bars. What the font has no sign for is printed as `?`.
    """
    packages.require("papers")
    from fpdf import FPDF  # noqa: PLC0415 - 20 MB that only who prints has to load

    pdf = FPDF(format="A4")
    signs = embed(pdf, labels)
    pdf.set_auto_page_break(False)
    for number, label in enumerate(labels):
        place = number % (PER_ROW * PER_COLUMN)
        if place == 0:
            pdf.add_page()
        x = place % PER_ROW * LABEL_WIDTH + _MARGIN
        y = place // PER_ROW * LABEL_HEIGHT + _MARGIN
        _draw(pdf, label, signs, x, y, LABEL_WIDTH - 2 * _MARGIN)
    return bytes(pdf.output())


def _draw(
    pdf: "FPDF", label: Label, signs: Container[int], x: float, y: float, width: float
) -> None:
    for size, below, text in ((11, 3, label.title), (8, 7, label.subtitle)):
        pdf.set_font(FONT, size=size)
        _text(pdf, x, y + below, width, printable(text, signs))
    left = draw_bars(
        pdf, label.code, x + _QUIET, y + 9, width=width - 2 * _QUIET, height=_BARS, is_centred=True
    )
    _text(pdf, left, y + 9 + _BARS + 3.5, width, label.code)


def draw_bars(
    pdf: "FPDF", code: str, x: float, y: float, *, width: float, height: float,
    is_centred: bool = False,
) -> float:  # fmt: skip
    """Draw the bars of a code, half a millimetre each or less, and return where they begin."""
    bars = modules(code)
    module = min(width / len(bars), 0.5)
    left = x + (width - module * len(bars)) / 2 if is_centred else x
    place = 0
    for is_black, run in groupby(bars):
        length = len(list(run))
        if is_black == "1":
            pdf.rect(left + place * module, y, length * module, height, style="F")
        place += length
    return left


def _text(pdf: "FPDF", x: float, y: float, width: float, text: str) -> None:
    """Write one line, cut off where the label ends."""
    while text and pdf.get_string_width(text) > width:
        text = text[:-1]
    if text:
        pdf.text(x, y, text)


_ZPL_BARS: Final = {
    Symbology.EAN8: "^B8N,{height},Y,N",
    Symbology.UPCA: "^BUN,{height},Y,N,Y",
    Symbology.EAN13: "^BEN,{height},Y,N",
    Symbology.ITF14: "^B2N,{height},Y,N,N",
    Symbology.CODE128: "^BCN,{height},Y,N,N",
}


def zpl(
    labels: Sequence[Label], *, dots_per_mm: int = 8, width_mm: int = 70, height_mm: int = 37
) -> str:
    """Write labels for a Zebra printer, one after another, as UTF-8.

    Most printers have 8 dots in a millimetre (203 dpi), others 6, 12 or 24.
    """
    dots = dots_per_mm
    written = []
    for label in labels:
        kind = symbology_of(label.code)
        # The printer adds the check digit of these, which has been checked here.
        adds_digit = kind in (Symbology.EAN8, Symbology.UPCA, Symbology.EAN13)
        data = label.code[:-1] if adds_digit else label.code
        if kind is Symbology.CODE128:
            data = data.replace(">", ">0")  # `>` calls a function of the bars
        module = max(1, min(3, (width_mm - 10) * dots // len(modules(label.code))))
        written.append(
            f"^XA^CI28^PW{width_mm * dots}^LL{height_mm * dots}"
            f"^FO{4 * dots},{2 * dots}^A0N,{4 * dots},{4 * dots}^FH^FD{escaped(label.title)}^FS"
            f"^FO{4 * dots},{7 * dots}^A0N,{3 * dots},{3 * dots}^FH^FD{escaped(label.subtitle)}^FS"
            f"^FO{4 * dots},{12 * dots}^BY{module}{_ZPL_BARS[kind].format(height=14 * dots)}"
            f"^FH^FD{escaped(data)}^FS^XZ\n"
        )
    return "".join(written)


def escaped(text: str) -> str:
    """Escape in ZPL what the printer would take for a command; `_` begins an escape (^FH)."""
    return "".join(
        f"_{ord(character):02X}" if character in "^~_" or character < " " else character
        for character in text.translate(_REPLACED)
    )
