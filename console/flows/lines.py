"""What parcels and refunds in the making share: lines of goods, and what happens to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from console.client.models import Barcode

Line = TypeVar("Line")

UPC_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Scanned:
    """A code came from the scanner or the keyboard."""

    code: str


@dataclass(frozen=True, slots=True)
class OneMore:
    """The quantity under the cursor goes up or down."""

    by: int


@dataclass(frozen=True, slots=True)
class Exactly:
    """The quantity under the cursor was typed."""

    text: str


@dataclass(frozen=True, slots=True)
class Move:
    """The cursor goes to another line."""

    to: int


@dataclass(frozen=True, slots=True)
class TurnTo:
    """The focus of an open question moves."""

    by: int


def units_called(code: str, sku: str, barcode: str | None, barcodes: Iterable[Barcode] = ()) -> int:
    """How many units of these goods a code means, however it is written; 0 for other goods.

    A SKU and the code that was agreed at checkout mean one unit, unless that code is known to be a
    case's by now.
    """
    wanted = _key(code)
    if wanted == sku.casefold():
        return 1
    for known in barcodes:
        if wanted == _key(known.code):
            return known.pack_quantity
    return int(barcode is not None and wanted == _key(barcode))


def _key(code: str) -> str:
    """A UPC of 12 digits and the EAN with a zero before it are the same code."""
    folded = code.casefold()
    return f"0{folded}" if len(folded) == UPC_DIGITS and folded.isdecimal() else folded


def bounded(to: int, lines: tuple[Line, ...]) -> int:
    """The place nearest to the wanted one that exists."""
    return min(max(0, to), max(0, len(lines) - 1))


def exchanged(lines: tuple[Line, ...], at: int, line: Line) -> tuple[Line, ...]:
    """The lines with another one in this place."""
    return (*lines[:at], line, *lines[at + 1 :])
