"""Cells that no spreadsheet takes for a formula: an apostrophe before them makes them text."""

import re

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
