"""What parcels and refunds in the making share: lines of goods, and what happens to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

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


def is_called(code: str, sku: str, barcode: str | None) -> bool:
    """Whether a code means these goods, however its letters are written."""
    return code.casefold() in {sku.casefold(), (barcode or sku).casefold()}


def bounded(to: int, lines: tuple[Line, ...]) -> int:
    """The place nearest to the wanted one that exists."""
    return min(max(0, to), max(0, len(lines) - 1))


def exchanged(lines: tuple[Line, ...], at: int, line: Line) -> tuple[Line, ...]:
    """The lines with another one in this place."""
    return (*lines[:at], line, *lines[at + 1 :])
