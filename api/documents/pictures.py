"""Texts as pictures, for receipt printers that lack their characters, as those of Arabic."""

from functools import cache
from importlib.resources import as_file, files
from typing import Final

from api.kernel import packages

_SIZE: Final = 24
"""Dots: as high as the lines that a printer writes itself."""
_ABOVE: Final = 4
"""Dots above, where some characters have signs."""


def paint(text: str, dots: int, bold: bool) -> tuple[int, list[bytes]] | None:
    """Draw a text, smaller where it is wider than so many dots; None where a character is missing.

    Characters are joined, and run from the right where they do so. Returns the bytes of a row,
    and the rows; the first bit is the leftmost dot.
    """
    if not {ord(character) for character in text} <= _characters():
        return None
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415 - for the few who print such scripts

    with as_file(files("barcode") / "fonts" / "DejaVuSansMono.ttf") as path:
        font = ImageFont.truetype(path, _SIZE)
        length = font.getlength(text)
        if length > dots:
            font = ImageFont.truetype(path, int(_SIZE * dots / length))
        width = (min(dots, int(length) + 1) + 7) // 8
        picture = Image.new("1", (width * 8, _SIZE * 3 // 2))
        ImageDraw.Draw(picture).text(
            (0, _ABOVE), text, fill=1, font=font, stroke_width=int(bold) / 2
        )
    drawn = picture.tobytes()
    return width, [drawn[at : at + width] for at in range(0, len(drawn), width)]


@cache
def _characters() -> frozenset[int]:
    packages.require("papers")
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - as in `paint`

    with (
        as_file(files("barcode") / "fonts" / "DejaVuSansMono.ttf") as path,
        TTFont(path, lazy=True) as font,
    ):
        return frozenset(font.getBestCmap())
