"""A label of 100 x 150 mm for a parcel: where it goes, and its number as bars to scan.

It is what a shop without an account at a carrier sticks on; a carrier's own label says more.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.documents.font import FONT, embed, printable
from api.documents.labels import draw_bars, escaped, modules
from api.documents.surface import Surface
from api.kernel import packages

if TYPE_CHECKING:
    from fpdf import FPDF

WIDTH: Final = 100.0
HEIGHT: Final = 150.0
_MARGIN: Final = 6.0
_BARS: Final = 25.0
_BARS_AT: Final = HEIGHT - _MARGIN - _BARS - 9


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelLabel:
    """What a label says; the code is ASCII."""

    shop: str
    code: str
    carrier: str
    address: Sequence[str]
    country: str
    facts: str


def label(of: ParcelLabel) -> bytes:
    """Print a label as PDF. What the font has no sign for is printed as `?`."""
    packages.require("papers")
    from fpdf import FPDF  # noqa: PLC0415 - 20 MB that only who prints has to load

    pdf = FPDF(unit="mm", format=(WIDTH, HEIGHT))
    pdf.set_auto_page_break(False)
    pdf.set_margins(_MARGIN, _MARGIN)
    signs = embed(pdf, of)
    pdf.add_page()
    _line(pdf, of.shop, signs, size=8, height=5)
    _line(pdf, of.carrier, signs, size=16, height=9)
    pdf.line(_MARGIN, pdf.get_y() + 1, WIDTH - _MARGIN, pdf.get_y() + 1)
    pdf.ln(4)
    # Many long lines of an address must not reach the bars.
    size = 14 if len(of.address) <= 6 and max(map(len, of.address), default=0) <= 32 else 9
    for part in of.address:
        if pdf.get_y() < _BARS_AT - 16:
            _line(pdf, part, signs, size=size, height=size * 0.5)
    pdf.set_xy(_MARGIN, _BARS_AT - 14)
    _line(pdf, of.country, signs, size=20, height=9)
    draw_bars(
        pdf, of.code, 2 * _MARGIN, _BARS_AT, width=WIDTH - 4 * _MARGIN, height=_BARS,
        is_centred=True,
    )  # fmt: skip
    pdf.set_xy(_MARGIN, _BARS_AT + _BARS + 1)
    _line(pdf, f"{of.code}   {of.facts}".rstrip(), signs, size=9, height=5)
    return bytes(pdf.output())


def zpl(of: ParcelLabel, device: Surface) -> bytes:
    """Write a label for a Zebra printer. Its own font prints what it has: mostly Latin signs."""
    dots, width = device.dots_per_mm, device.width_mm
    height = max(device.height_mm, 100)
    longest = max(map(len, of.address), default=1)
    size = min(5.0, (width - 8) / max(longest, 1) * 1.8, (height - 70) / max(len(of.address), 1))
    texts = [(4.0, 3.0, of.shop), (8.0, 6.0, of.carrier)]
    texts += [(18 + row * size * 1.15, size, part) for row, part in enumerate(of.address)]
    texts += [(height - 48.0, 9.0, of.country), (height - 7.0, 3.0, of.facts)]
    module = max(1, min(4, int((width - 12) * dots / len(modules(of.code)))))
    written = "".join(
        f"^FO{4 * dots},{round(y * dots)}^A0N,{round(high * dots)}^FH^FD{escaped(text)}^FS"
        for y, high, text in texts
    )
    bars = f"^FO{6 * dots},{(height - 36) * dots}^BY{module}^BCN,{22 * dots},Y,N,N"
    data = escaped(of.code.replace(">", ">0"))  # `>` calls a function of the bars
    start = f"^XA^CI28^PW{width * dots}^LL{height * dots}"
    return f"{start}{written}{bars}^FH^FD{data}^FS^XZ\n".encode()


def _line(pdf: "FPDF", text: str, signs: Container[int], *, size: int, height: float) -> None:
    pdf.set_font(FONT, size=size)
    pdf.multi_cell(0, height, printable(text, signs), align="L", new_x="LMARGIN", new_y="NEXT")
