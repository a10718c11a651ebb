"""The first row: which column is which, also where a file has other names than we know.

`Artikelnummer` may be read as `SKU`, when somebody says so.
"""

import csv
from collections.abc import Callable, Mapping, Sequence

from api.imports.formats.decoding import SheetUnreadable

SEPARATORS = (",", ";", "\t")

Renamed = Mapping[str, str]
"""By the name that a file has for a column, the one that it is to be read as."""

MOST_RENAMED = 200
SHOWN = 60
"""Columns of a file that a refusal names."""


def headers_of(first: str) -> dict[str, list[str]]:
    """Read the first line under each of the separators."""
    return {separator: _cells(first, separator) for separator in SEPARATORS}


def places_of(header: Sequence[str], columns: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Find our columns in a header: the place of each that is there, the first one when twice."""
    there: dict[str, int] = {}
    for place, name in enumerate(header):
        there.setdefault(plain(name), place)
    return {
        ours: there[plain(name)]
        for ours, names in columns.items()
        for name in reversed(names)
        if plain(name) in there
    }


def plain(name: str) -> str:
    """Return the name of a column without its case, odd spaces and bent apostrophes."""
    return " ".join(name.replace("\u2019", "'").split()).casefold()


def pairs(said: Sequence[str]) -> dict[str, str]:
    """Read `Artikelnummer=SKU`, one of them each. Raises SheetUnreadable."""
    found: dict[str, str] = {}
    for one in said:
        theirs, between, ours = (part.strip() for part in one.rpartition("="))
        if not (theirs and between and ours):
            raise SheetUnreadable(
                f"Write a column as the file has it and what it is, such as Artikelnummer=SKU,"
                f" and not {one!r}."
            )
        if plain(theirs) in {plain(name) for name in found}:
            raise SheetUnreadable(f"You say twice what the column {theirs} is. Say it once.")
        found[theirs] = ours
    if len(found) > MOST_RENAMED:
        raise SheetUnreadable(f"Name at most {MOST_RENAMED} columns.")
    return found


def renamed(header: Sequence[str], names: Renamed) -> list[str]:
    """Return a header as it is to be read; a column whose name another one takes has none."""
    ours = {plain(theirs): name for theirs, name in names.items()}
    taken = {plain(name) for name in names.values()}
    return [ours.get(plain(name), "" if plain(name) in taken else name) for name in header]


def check(header: Sequence[str], names: Renamed, is_known: Callable[[str], bool]) -> None:
    """Refuse names that the file does not have, or that nothing is read as. SheetUnreadable."""
    there = {plain(name) for name in header}
    read_as: dict[str, str] = {}
    for theirs, ours in names.items():
        if plain(theirs) not in there:
            raise SheetUnreadable(
                f"The file has no column {theirs}. It has: {', '.join(header[:SHOWN])}.",
                columns=list(header[:SHOWN]),
            )
        if not is_known(ours):
            raise SheetUnreadable(
                f"{theirs} is to be read as {ours}, and no column of this kind of file has that"
                " name."
            )
        if plain(ours) in read_as:
            raise SheetUnreadable(
                f"Both {read_as[plain(ours)]} and {theirs} are to be read as {ours}. Choose one."
            )
        read_as[plain(ours)] = theirs


def _cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error:
        return [line.strip()]
