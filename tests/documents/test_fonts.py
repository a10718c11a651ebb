"""Letters that the font of papers lacks: taken from Noto where a shop has installed it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fpdf import FPDF

from api.documents import font
from api.documents.slips import Slip, slip

PAPER = Slip(
    title="Packing slip", code="1001-F1", facts=[], heads=("Units", "Article", "SKU"), rows=[],
    address_head="Ship to", address=["京都市 1"], text="", shop="Mugs",
)  # fmt: skip


def a_font(file: Path, letters: str) -> None:
    """Write a font of all weights, as Noto is, in which each letter is a box."""
    names = [".notdef", *(f"letter{ord(one):x}" for one in letters)]
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((0, 700))
    pen.lineTo((500, 700))
    pen.closePath()
    made = FontBuilder(1000, isTTF=True)
    made.setupGlyphOrder(names)
    made.setupCharacterMap({ord(one): f"letter{ord(one):x}" for one in letters})
    made.setupGlyf(dict.fromkeys(names, pen.glyph()))
    made.setupHorizontalMetrics(dict.fromkeys(names, (600, 0)))
    made.setupHorizontalHeader(ascent=800, descent=-200)
    made.setupNameTable({"familyName": file.stem, "styleName": "Thin"})
    made.setupOS2()
    made.setupPost()
    made.setupFvar([("wght", 100, 100, 900, "Weight")], [])
    made.setupGvar({})
    made.save(file)


def printed(text: str) -> str:
    """Return what is printed of a text on the paper."""
    file = FPDF()
    signs = font.embed(file, PAPER)
    for one in file.fonts.values():
        one.ttfont.close()  # type: ignore[union-attr]
    return font.printable(text, signs)


def noto_in(pdf: bytes) -> list[str]:
    """Return which fonts of Noto a PDF has."""
    return sorted(set(re.findall(r"\+(NotoSans[A-Z]*)[a-z]*", pdf.decode("latin-1"))))


def test_letters_are_printed_in_the_font_that_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "fonts_beside" / "fonts"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    for script in ("SC", "JP"):
        a_font(folder / f"NotoSans{script}[wght].ttf", " 京都市")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(font, "PACKS", ("no_such_pack", "fonts_beside"))
    japanese = replace(PAPER, text="カ")

    assert printed("京都市 1 → ™ 龍") == "京都市 1 → ™ ?"
    assert noto_in(slip(PAPER)) == ["NotoSansSC"]
    assert noto_in(slip(japanese)) == ["NotoSansJP"]


def test_a_shop_without_the_fonts_prints_question_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(font, "PACKS", ("no_such_pack",))

    assert printed("京 1") == "? 1"
    assert noto_in(slip(PAPER)) == []
