"""Several values in one cell, and cells that no spreadsheet takes for a formula.

An apostrophe before a formula makes it text.
"""

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"[\\|>=*]")


def joined(values: Iterable[str], separator: str) -> str:
    """Put packed values into one cell."""
    return separator.join(values)


def packed(value: str) -> str:
    """Write a value so that no separator is seen in it; an empty one is not nothing."""
    return _SPECIAL.sub(r"\\\g<0>", value) if value else "\\e"


def parts(cell: str, separator: str) -> list[str]:
    """Split a cell at a separator that belongs to no value; the parts are still packed."""
    if not cell:
        return []
    found, begin, place = [], 0, 0
    while place < len(cell):
        if cell[place] == "\\":
            place += 2
            continue
        if cell[place] == separator:
            found.append(cell[begin:place])
            begin = place + 1
        place += 1
    found.append(cell[begin:])
    return found


def unpacked(value: str) -> str:
    """Read a value that was packed."""
    if value == "\\e":
        return ""
    return re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)


def values(cell: str) -> list[str]:
    """Read the values of a cell between bars."""
    return [unpacked(part) for part in parts(cell, "|")]


def cell_of(listed: Sequence[str]) -> str:
    """Write values into a cell, between bars."""
    return joined(map(packed, listed), "|")


_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?\d[\d.,]*")


def safe(cell: str) -> str:
    """Write a cell that a spreadsheet would calculate as the text that it is."""
    if not _FORMULA.match(cell) or _NUMBER.fullmatch(cell):
        return cell
    return f"'{cell}"


def unsafe(cell: str) -> str:
    """Read a cell that was made safe."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
