"""What a paper needs to know of its printer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Surface:
    """The format that a printer understands, and its paper; sizes are millimetres."""

    format: str
    width_mm: int
    height_mm: int
    dots_per_mm: int
    code_pages: str
    """Of a receipt printer: a name of `escpos.PROFILES`."""
