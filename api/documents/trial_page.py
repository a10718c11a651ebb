"""The page that shows what a printer can do: its name, languages, a barcode, a scale."""

from typing import Final

from api.documents import escpos
from api.documents.labels import Label, sheet, zpl
from api.documents.surface import Surface

_CODE: Final = "PRINTER-OK"
_WORDS: Final = "ÄÖÜ ß éèç ñ Łódź Ελλάδα Київ 1 234,50 €"


def draw(name: str, device: Surface) -> bytes:
    """Print the name of a printer, characters of several languages and a barcode."""
    label = Label(_CODE, name, _WORDS)
    if device.format == "zpl":
        text = zpl(
            [label],
            dots_per_mm=device.dots_per_mm,
            width_mm=device.width_mm,
            height_mm=device.height_mm,
        )
        return text.encode()
    if device.format == "escpos":
        receipt = escpos.Receipt(device.width_mm, escpos.PROFILES[device.code_pages])
        receipt.line(name, bold=True)
        receipt.line(_WORDS)
        receipt.barcode(_CODE)
        receipt.rule()
        receipt.line("This line begins at the left.")
        return receipt.cut()
    return sheet([label])
