"""What parcels and refunds in the making share: lines of goods, and what happens to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from console.client.models import Barcode
from console.flows import barcodes

Line = TypeVar("Line")


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
    if code.casefold() == sku.casefold():
        return 1
    wanted = _keys(code)
    for known in barcodes:
        if wanted & _keys(known.code):
            return known.pack_quantity
    return int(barcode is not None and bool(wanted & _keys(barcode)))


def _keys(code: str) -> set[str]:
    """Numbers of articles are the same code with and without zeros before them."""
    return barcodes.same_barcode(code) or {code.casefold()}


def bounded(to: int, lines: tuple[Line, ...]) -> int:
    """The place nearest to the wanted one that exists."""
    return min(max(0, to), max(0, len(lines) - 1))


def exchanged(lines: tuple[Line, ...], at: int, line: Line) -> tuple[Line, ...]:
    """The lines with another one in this place."""
    return (*lines[:at], line, *lines[at + 1 :])
