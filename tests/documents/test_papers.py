"""Labels for Zebra printers are read back by the rules of their maker; slips have whole pages."""

import pytest

from api.documents import labels, parcel_label, slips
from api.documents.labels import Label
from api.documents.parcel_label import ParcelLabel
from api.documents.slips import Slip
from api.documents.surface import Surface
from tests.support.paper_readers import read_escpos, read_zpl

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("code", "kind", "data"),
    [
        ("L-A^03~{B_1", "CODE128", "L-A^03~{B_1"),
        ("A>B", "CODE128", "A>0B"),  # `>` calls a function of the bars
        ("4006381333931", "EAN13", "400638133393"),  # the printer adds the last digit
        ("4006381333932", "CODE128", "4006381333932"),  # a wrong one is printed as it is
    ],
)
def test_a_label_gives_the_printer_no_command(code: str, kind: str, data: str) -> None:
    title = "Mug ^XZ ~JA_5E 1\u202f234"
    (label,) = read_zpl(labels.zpl([Label(code, title, "\u22125")]))

    assert label.is_utf8
    assert [text for *_, text in label.texts] == ["Mug ^XZ ~JA_5E 1 234", "-5"]
    assert (label.barcodes[0][0], label.barcodes[0][2]) == (kind, data)


def test_places_on_a_label_are_millimetres_on_each_printer() -> None:
    (label,) = read_zpl(labels.zpl([Label("A", "t")], dots_per_mm=12))

    assert label.texts[0][:2] == (4 * 12, 2 * 12)
    assert label.barcodes[0][1] == 14 * 12


def test_the_address_of_a_parcel_stays_above_its_bars() -> None:
    of = ParcelLabel(
        shop="Teehaus", code="1001-F1", carrier="DHL", country="PL", facts="2 units",
        address=["Zoë ^ Łukaszewska", *(f"Abteilung {n}" for n in range(14))],
    )  # fmt: skip
    (label,) = read_zpl(parcel_label.zpl(of, Surface("zpl", 100, 150, 8, "")).decode())

    rows = {text: y for _, y, text in label.texts}
    assert rows["Zoë ^ Łukaszewska"] < rows["Abteilung 13"] < rows["PL"] - 20
    assert (label.barcodes[0][0], label.barcodes[0][2]) == ("CODE128", "1001-F1")


def a_slip(lines: int) -> Slip:
    return Slip(
        title="Packing slip", code="1001-F1", facts=[("Order", "1001")], shop="Teehaus Łódź",
        heads=("Units", "Item", "SKU"), address_head="To", address=["Ελλάδα"],
        rows=[("2", "A cup with a long name, hand thrown, glazed in blue", "CUP")] * lines,
    )  # fmt: skip


@pytest.mark.parametrize(("lines", "pages"), [(1, 1), (60, 4)])
def test_a_slip_has_as_many_pages_as_it_needs(lines: int, pages: int) -> None:
    assert slips.slip(a_slip(lines)).count(b"/Type /Page\n") == pages


def test_a_receipt_wraps_long_names_between_words() -> None:
    read = read_escpos(slips.receipt(a_slip(2), Surface("escpos", 58, 50, 8, "epson")))

    assert read.bold[1:4] == [
        "2  A cup with a long name, hand",
        "  thrown, glazed in blue",
        "2  A cup with a long name, hand",
    ]
    assert max(map(len, read.lines)) <= 32
    assert read.lines[read.lines.index("To") + 1] == "Ελλάδα"
