"""A manifest on A4: the parcels that a carrier takes, for its driver to sign."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.documents import page
from api.documents.font import FONT, printable

_MARGIN: Final = 20.0
_LINE: Final = 6.0
_WIDTHS: Final = (12, 38, 72, 18, 14, 20)
"""Millimetres of the columns."""
_HEADS: Final = ("#", "Parcel", "Tracking number", "Country", "Units", "kg")


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """A parcel; `grams` are None where it was not weighed."""

    parcel: str
    tracking: str
    country: str
    units: int
    grams: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestPaper:
    """What a manifest says."""

    shop: str
    number: str
    carrier: str
    day: str
    is_closed: bool
    closed_by: str
    rows: Sequence[ManifestRow]


def paper(of: ManifestPaper) -> bytes:
    """Print a manifest as PDF, with further pages as needed and a line to sign on.

    What the font has no sign for is printed as `?`. An open manifest says that it is a draft.
    """
    state = "" if of.is_closed else " (draft: still open)"
    heads = (
        (of.shop, 10, _LINE),
        (f"Manifest {of.number}{state}", 20, 12.0),
        (f"{of.carrier}, {of.day}", 12, 8.0),
        (_total(of.rows), 10, _LINE),
    )
    pdf, signs = page.begin(of, heads, margin=_MARGIN)
    pdf.ln(_LINE)
    pdf.set_font(FONT, size=9)
    align = ("RIGHT", "LEFT", "LEFT", "LEFT", "RIGHT", "RIGHT")
    with page.table(pdf, widths=_WIDTHS, align=align, line_height=_LINE) as table:
        table.row(_HEADS)
        for place, row in enumerate(of.rows, start=1):
            cells = (
                *(str(place), row.parcel, row.tracking, row.country, str(row.units)),
                _kilograms(row.grams),
            )
            table.row(tuple(printable(cell, signs) for cell in cells))
    pdf.ln(2 * _LINE)
    pdf.set_font(FONT, size=10)
    closed = f"Handed over by {of.closed_by}. " if of.closed_by else ""
    end = f"{closed}Taken over by (name, signature, time):"
    page.write(pdf, end, signs, height=_LINE)
    return page.draw_signature_line(pdf, margin=_MARGIN, below=3 * _LINE)


def _total(rows: Sequence[ManifestRow]) -> str:
    weighed = [row.grams for row in rows if row.grams is not None]
    parcels = f"{len(rows)} parcel{'' if len(rows) == 1 else 's'}"
    if not weighed:
        return parcels
    told = "" if len(weighed) == len(rows) else f" ({len(weighed)} of them weighed)"
    return f"{parcels}, {_kilograms(sum(weighed))} kg{told}"


def _kilograms(grams: int | None) -> str:
    return "" if grams is None else f"{grams / 1000:.2f}"
