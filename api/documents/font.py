"""The fonts of papers: DejaVu Sans Mono, and Noto for the scripts that it lacks.

DejaVu comes with python-barcode and has Latin, Greek, Cyrillic, Georgian and Arabic
characters. Chinese, Japanese, Korean, Hebrew, Devanagari, Bengali, Tamil and Telugu ones are taken
from Noto where the shop has installed `requirements-fonts.txt`; then characters are joined, and
lines run, as their scripts want it. What no font has is printed as `?`. All licences are free.
"""

import unicodedata
import weakref
from collections.abc import Container, Iterator
from functools import cache
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fpdf import FPDF

FONT: Final = "DejaVu"
PACKS: Final = ("justmytype_intl_rtl", "justmytype_intl_south_asia", "justmytype_intl_cjk")
_UNSEEN: Final = frozenset({0x200C, 0x200D, 0x3000})
"""Joiners, and the wide blank of Japanese addresses: a dataclass as text does not show them."""
_REGULAR: Final = {"wght": 400, "wdth": 100}
_KANA: Final = frozenset(range(0x3040, 0x3100))


def embed(file: "FPDF", paper: object) -> Container[int]:
    """Put the fonts that a paper needs into a PDF; return the code points that can be printed.

    `paper` is what will be printed, as a dataclass or as text: of large fonts only its
    characters are embedded, in half a second each.
    """
    with as_file(files("barcode") / "fonts" / "DejaVuSansMono.ttf") as font:
        file.add_font(FONT, "", str(font))
    signs: set[int] = set(getattr(file.fonts[FONT.lower()], "cmap", ()))
    wanted = set(map(ord, str(paper)))
    added = _embed_noto(file, wanted - signs)
    if added:
        file.set_fallback_fonts(list(added), exact_match=False)
        signs = signs.union(_UNSEEN, *added.values())
    is_arabic = any(unicodedata.bidirectional(chr(one)) == "AL" for one in wanted)
    if (added or is_arabic) and find_spec("uharfbuzz"):
        file.set_text_shaping(True)
    return signs


def printable(text: str, signs: Container[int]) -> str:
    """Replace what no font has a sign for; lines stay."""
    return "".join(one if one == "\n" or ord(one) in signs else "?" for one in text)


def _embed_noto(file: "FPDF", missing: set[int]) -> dict[str, set[int]]:
    """Put the characters that are missing into a PDF; return them by the name of their font.

    A font of all weights and 30,000 characters takes minutes to cut to one weight, so it is cut
    to these first.
    """
    if not missing or not any(map(find_spec, PACKS)):
        return {}
    from fontTools import subset  # noqa: PLC0415 - only who prints such characters has to load it
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - as above
    from fontTools.varLib import instancer  # noqa: PLC0415 - as above

    folder = TemporaryDirectory()
    weakref.finalize(file, folder.cleanup)  # the PDF reads them until it is written
    added: dict[str, set[int]] = {}
    for path in _fonts(is_japanese=not _KANA.isdisjoint(missing)):
        characters = missing & _characters(path)
        if not characters:
            continue
        with TTFont(path, lazy=True) as font:
            cutter = subset.Subsetter(subset.Options(layout_features=["*"], notdef_outline=True))
            cutter.populate(unicodes=characters | _UNSEEN | {ord(" ")})
            cutter.subset(font)
            axes = {axis.axisTag: _REGULAR[axis.axisTag] for axis in font["fvar"].axes}
            instancer.instantiateVariableFont(font, axes, inplace=True)
            name = path.name.partition("[")[0]
            font.save(Path(folder.name) / f"{name}.ttf")
        file.add_font(name, "", str(Path(folder.name) / f"{name}.ttf"))
        added[name], missing = characters, missing - characters
    return added


@cache
def _characters(path: Path) -> frozenset[int]:
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - as above

    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


def _fonts(*, is_japanese: bool) -> Iterator[Path]:
    """Yield the files of Noto; signs that Chinese and Japanese share come as the paper's language.

    Korean is last: its font has Chinese signs too.
    """
    order = ("JP", "SC", "TC", "KR") if is_japanese else ("SC", "TC", "JP", "KR")
    for pack in filter(find_spec, PACKS):
        found = Path(str(files(pack) / "fonts")).rglob("*.ttf")
        yield from sorted(found, key=lambda path: [mark not in path.name for mark in order])
