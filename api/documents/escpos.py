"""Papers for receipt printers: the commands ESC/POS of Epson, which most of them understand.

A printer prints what a code page has; which number chooses which page depends on its maker. What
no page has is printed as a picture. After each barcode the text stands left again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from api.documents.labels import Label, Symbology, modules, symbology_of
from api.documents.pictures import paint
from api.documents.plain_text import is_right_to_left, one_line, simpler
from api.documents.surface import Surface

DOTS_PER_MM: Final = 8
_FONT_A: Final = 12
"""Dots of the width of a character."""
_LINE_DOTS: Final = 24
_BARCODE_DOTS: Final = 80
_ROWS_AT_ONCE: Final = 255
LEFT, CENTRE, RIGHT = b"\x1ba\x00", b"\x1ba\x01", b"\x1ba\x02"
_KIND: Final = {
    Symbology.UPCA: 65,
    Symbology.EAN13: 67,
    Symbology.EAN8: 68,
    Symbology.ITF14: 70,
    Symbology.CODE128: 73,
}


@dataclass(frozen=True, slots=True)
class Profile:
    """The characters of a printer: its code pages by the number that chooses each (ESC t)."""

    pages: Mapping[str, int]
    has_code128: bool = True


PROFILES: Final = {
    "epson": Profile(
        {"cp437": 0, "cp858": 19, "cp1252": 16, "cp852": 18, "cp866": 17, "cp737": 14, "cp857": 13}
    ),
    "simple": Profile({"cp437": 0, "cp850": 2}, has_code128=False),
}
"""`epson` for the TM series and printers like it; `simple` for those that print other signs than
they should: everything that is not in the first two pages is a picture then."""

Picture = tuple[int, Sequence[bytes]]
"""Black and white: how many bytes a row has, and the rows; the first bit is the leftmost dot."""
Painter = Callable[[str, int, bool], Picture | None]
"""Paints a text, at most so many dots wide, perhaps bold; None where that is not possible here."""


@dataclass
class Receipt:
    """What is sent to a receipt printer, in the making. The width is that of the paper."""

    width_mm: int
    profile: Profile
    paint: Painter = paint
    _sent: bytearray = field(default_factory=lambda: bytearray(b"\x1b@"))
    _page: int = 0

    @property
    def dots(self) -> int:
        """Return how many dots fit beside one another: 80 mm of paper have 72 to print on."""
        return (self.width_mm - (8 if self.width_mm >= 70 else 10)) * DOTS_PER_MM

    @property
    def columns(self) -> int:
        """Return how many characters a line has."""
        return self.dots // _FONT_A

    def line(self, text: str = "", *, bold: bool = False, big: bool = False) -> None:
        """Print one line; what does not fit is wrapped by the printer."""
        text = one_line(text)
        encoded = None if is_right_to_left(text) else self._encoded(text)
        if encoded is None:
            picture = self.paint(text, self.dots, bold)
            if picture is not None:
                self.picture(picture)
                return
            encoded = self._encoded(text, force=True) or b""
        self._sent += b"\x1bE\x01" if bold else b"\x1bE\x00"
        self._sent += b"\x1d!\x11" if big else b"\x1d!\x00"
        self._sent += encoded + b"\n"

    def has(self, text: str) -> bool:
        """Return whether the printer has all characters of a text itself."""
        text = one_line(text)
        return not is_right_to_left(text) and self._encoded(text, look=True) is not None

    def barcode(self, code: str) -> None:
        """Print a barcode in the middle with its text below, and go back to the left."""
        kind, bars = symbology_of(code), modules(code)
        width = min(3, self.dots // (len(bars) + 20))
        if kind is Symbology.CODE128 and (not self.profile.has_code128 or width < 1):
            self.line(code, big=len(code) * 2 <= self.columns)
            return
        # Only Code 128 has a set to choose; elsewhere `{B` would be printed as data.
        is_128 = kind is Symbology.CODE128
        data = (f"{{B{code.replace('{', '{{')}" if is_128 else code).encode("ascii", "replace")
        self._sent += CENTRE
        self._sent += bytes((0x1D, 0x68, _BARCODE_DOTS, 0x1D, 0x77, max(2, width), 0x1D, 0x48, 2))
        self._sent += bytes((0x1D, 0x6B, _KIND[kind], len(data))) + data
        self._sent += LEFT

    def picture(self, picture: Picture) -> None:
        """Print a picture, in stripes, because a printer keeps only some rows."""
        width, rows = picture
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            stripe = rows[start : start + _ROWS_AT_ONCE]
            self._sent += b"\x1dv0\x00" + width.to_bytes(2, "little")
            self._sent += len(stripe).to_bytes(2, "little") + b"".join(stripe)

    def rule(self) -> None:
        """Print a line across the paper."""
        self.line("-" * self.columns)

    def cut(self) -> bytes:
        """Feed the paper to the knife, cut it, and return everything."""
        return bytes(self._sent) + b"\x1d!\x00\x1bE\x00\x1bd\x04\x1dVB\x00"

    def _encoded(self, text: str, *, force: bool = False, look: bool = False) -> bytes | None:
        """Return a text in code pages, with the commands that choose them.

        None where no page has a character, unless `force` makes it `?`. With `look` the page that
        is chosen now stays.
        """
        before, written = self._page, bytearray()
        for character in text:
            found = self._character(character)
            if found is None and not force:
                self._page = before
                return None
            page, encoded = found or (self._page, b"?")
            if page != self._page:
                written += bytes((0x1B, 0x74, page))
                self._page = page
            written += encoded
        if look:
            self._page = before
        return bytes(written)

    def _character(self, character: str) -> tuple[int, bytes] | None:
        """Return the page and the bytes of a character: the page that is chosen, if it has it."""
        if character.isascii():
            return self._page, character.encode("ascii")
        pages = sorted(self.profile.pages.items(), key=lambda page: page[1] != self._page)
        for spelling in (character, simpler(character)):
            if spelling.isascii():
                return self._page, spelling.encode("ascii")
            for name, number in pages:
                try:
                    return number, spelling.encode(name)
                except UnicodeEncodeError:
                    continue
        return None


def labels(of: Sequence[Label], device: Surface) -> bytes:
    """Print labels one below the other on paper from a roll."""
    receipt = Receipt(device.width_mm, PROFILES[device.code_pages])
    for label in of:
        receipt.line(label.title, bold=True, big=len(label.title) * 2 <= receipt.columns)
        receipt.line(label.subtitle)
        receipt.barcode(label.code)
        receipt.line()
    return receipt.cut()
