"""What a receipt printer gets is read back by the rules of its maker."""

import pytest

from api.documents.escpos import PROFILES, Receipt
from tests.support.paper_readers import read_escpos

EPSON, SIMPLE = PROFILES["epson"], PROFILES["simple"]


def printed(text: str, profile: str = "epson") -> str:
    receipt = Receipt(80, PROFILES[profile])
    receipt.line(text)
    return read_escpos(receipt.cut()).lines[0]


@pytest.mark.parametrize(
    "text",
    [
        "Grüße, Señor, façade",
        "Zażółć gęślą jaźń",
        "Київська 12",
        "Ελλάδα",
        "Łódź, Київ, Ελλάδα, Ärger",
        "Şişe",
    ],
)
def test_each_character_is_printed_from_a_page_that_has_it(text: str) -> None:
    assert printed(text) == text


@pytest.mark.parametrize(
    ("text", "on_paper"),
    [
        ("1\u202f234,50", "1 234,50"),  # French writes thousands so; printed as `?` it hid digits
        ("\u22125", "-5"),
        ("don\u2019t \u2013 wait\u2026", "don't - wait..."),
        ("12\u00a0kg", "12 kg"),
    ],
)
def test_signs_that_no_page_has_become_those_that_look_alike(text: str, on_paper: str) -> None:
    assert printed(text, "simple") == on_paper
    assert "?" not in printed(text)


def test_a_name_gives_the_printer_no_command() -> None:
    receipt = Receipt(80, EPSON)
    receipt.line("Mug\x1b@\x1dV\x00\x10\x04\x01 blue\nsecond")

    read = read_escpos(receipt.cut())

    assert read.lines[0] == "Mug@V blue second"
    assert read.cuts == 1


def test_the_text_after_a_barcode_stands_left_again() -> None:
    receipt = Receipt(80, EPSON)
    receipt.barcode("5901234123457")
    receipt.line("after it")

    read = read_escpos(receipt.cut())

    assert read.barcodes == [("EAN13", "5901234123457")]
    assert read.barcode_alignments == ["centre"]
    assert (read.lines[0], read.alignments[0]) == ("after it", "left")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("1001", "CODE128"),
        ("L-A-03{B", "CODE128"),
        ("96385074", "EAN8"),
        ("012345678905", "UPC-A"),
        ("15901234123454", "ITF"),
    ],
)
def test_a_barcode_says_exactly_its_code(code: str, kind: str) -> None:
    receipt = Receipt(80, EPSON)
    receipt.barcode(code)

    assert read_escpos(receipt.cut()).barcodes == [(kind, code)]


def test_a_printer_without_code_128_prints_the_code_as_text() -> None:
    receipt = Receipt(58, SIMPLE)
    receipt.barcode("R-1001-1")

    read = read_escpos(receipt.cut())

    assert read.barcodes == []
    assert read.lines[0] == "R-1001-1"


def test_what_no_page_has_is_a_picture() -> None:
    asked: list[str] = []

    def paint(text: str, dots: int, bold: bool) -> tuple[int, list[bytes]]:
        asked.append(text)
        return 2, [b"\xff\x00"] * 300

    receipt = Receipt(80, EPSON, paint)
    receipt.line("青いマグカップ")
    receipt.line("مرحبا")
    receipt.line("Mug")

    read = read_escpos(receipt.cut())
    assert asked == ["青いマグカップ", "مرحبا"]
    assert read.pictures == [(16, 255), (16, 45)] * 2
    assert read.lines[0] == "Mug"


@pytest.mark.parametrize("text", ["محمد الأحمد", "ვარდები ვარდები ვარდები ვარდები"])
def test_letters_of_no_page_are_drawn_as_wide_as_the_paper_at_most(text: str) -> None:
    receipt = Receipt(58, EPSON)
    receipt.line(text)
    drawn = receipt.cut()

    ((width, height),) = read_escpos(drawn).pictures
    assert (width <= receipt.dots, height) == (True, 36)
    assert sum(one.bit_count() for one in drawn) > 20 * len(text)


def test_letters_that_cannot_be_drawn_are_question_marks_and_nothing_breaks() -> None:
    assert printed("青 mug") == "? mug"


@pytest.mark.parametrize(("width", "columns"), [(80, 48), (58, 32)])
def test_a_line_is_as_long_as_the_paper_is_wide(width: int, columns: int) -> None:
    receipt = Receipt(width, EPSON)
    receipt.rule()

    assert receipt.columns == columns
    assert read_escpos(receipt.cut()).lines[0] == "-" * columns
