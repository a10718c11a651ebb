"""Labels are read back as what they say: bars by an independent reader, ZPL by its own rules."""

import re

import pytest

from api.documents import trial_page
from api.documents.labels import Label, Symbology, modules, sheet, symbology_of, zpl
from api.documents.surface import Surface

EAN13_LEFT = {
    "0001101": 0, "0011001": 1, "0010011": 2, "0111101": 3, "0100011": 4, "0110001": 5,
    "0101111": 6, "0111011": 7, "0110111": 8, "0001011": 9,
}  # fmt: skip
PARITY = {
    "LLLLLL": 0, "LLGLGG": 1, "LLGGLG": 2, "LLGGGL": 3, "LGLLGG": 4, "LGGLLG": 5, "LGGGLL": 6,
    "LGLGLG": 7, "LGLGGL": 8, "LGGLGL": 9,
}  # fmt: skip


def read_ean13(bars: str) -> str:
    """Read the 95 modules of an EAN-13 by the tables of ISO/IEC 15420."""
    assert (len(bars), bars[:3], bars[45:50], bars[92:]) == (95, "101", "01010", "101")
    parity, digits = "", ""
    for n in range(6):
        part = bars[3 + 7 * n : 10 + 7 * n]
        flipped = "".join("10"[int(bit)] for bit in part)[::-1]
        parity += "L" if part in EAN13_LEFT else "G"
        digits += str(EAN13_LEFT.get(part, EAN13_LEFT.get(flipped)))
    for n in range(6):
        part = bars[50 + 7 * n : 57 + 7 * n]
        digits += str(EAN13_LEFT["".join("10"[int(bit)] for bit in part)])
    return f"{PARITY[parity]}{digits}"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("96385074", Symbology.EAN8),
        ("012345678905", Symbology.UPCA),
        ("5901234123457", Symbology.EAN13),
        ("15901234123454", Symbology.ITF14),
        ("5901234123458", Symbology.CODE128),  # a wrong check digit is printed as it stands
        ("L-A-03-2", Symbology.CODE128),
        ("1234567890", Symbology.CODE128),
    ],
)
def test_bars_are_chosen_by_length_once_the_check_digit_is_right(
    code: str, kind: Symbology
) -> None:
    assert symbology_of(code) is kind
    assert set(modules(code)) == {"0", "1"}


@pytest.mark.parametrize("code", ["5901234123457", "4006381333931", "0012345678905"])
def test_an_ean_is_read_back_from_its_bars(code: str) -> None:
    assert read_ean13(modules(code)) == code


def test_a_printer_gets_no_command_from_a_title() -> None:
    text = zpl([Label("A>B_C", "50^ ~JA_5E café", "日本\n")], dots_per_mm=12)

    data = re.findall(r"\^FH\^FD(.*?)\^FS", text)
    assert [re.sub(r"_(..)", lambda m: chr(int(m[1], 16)), one) for one in data] == [
        "50^ ~JA_5E café",
        "日本\n",
        "A>0B_C",
    ]
    assert "~" not in text
    assert text.startswith("^XA^CI28^PW840^LL444")
    assert text.count("^XA") == text.count("^XZ") == 1
    assert "^BEN" in zpl([Label("5901234123457", "Mug")])
    assert "^FD590123412345^FS" in zpl([Label("5901234123457", "Mug")])


def test_a_sheet_has_24_labels_and_prints_any_text() -> None:
    labels = [Label(f"L-A-{n:02}", f"A-{n:02}", "Zażółć 日本 " * 9) for n in range(25)]

    pdf = sheet(labels)

    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") == 2


def test_a_euro_sign_is_printed_on_paper_as_well() -> None:
    """fpdf2 2.8.9 refuses it in the built-in fonts, whose encoding it takes for Latin-1."""
    assert sheet([Label("A-1", "Mug for 5 €", "Łódź")]).startswith(b"%PDF")
    device = Surface("pdf", 80, 50, 8, "epson")
    assert trial_page.draw("Bench 1", device).startswith(b"%PDF")
