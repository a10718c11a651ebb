"""The font of papers: DejaVu Sans Mono, which python-barcode brings along under a free licence.

It has Latin, Greek, Cyrillic, Armenian, Georgian and Arabic characters. What it has not, as
Chinese, is printed as `?`.
"""

from collections.abc import Container
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fpdf import FPDF

FONT: Final = "DejaVu"


def embed(file: "FPDF") -> Container[int]:
    """Put the font into a PDF and return the code points that it has."""
    with as_file(files("barcode") / "fonts" / "DejaVuSansMono.ttf") as font:
        file.add_font(FONT, "", str(font))
    signs: Container[int] = getattr(file.fonts[FONT.lower()], "cmap", ())
    return signs


def printable(text: str, signs: Container[int]) -> str:
    """Replace what a font has no sign for; lines stay."""
    return "".join(one if one == "\n" or ord(one) in signs else "?" for one in text)
