"""A bin, as the shop describes it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bin:
    """A place within a location."""

    id: str
    code: str
    barcode: str
    location_code: str
    kind: str
    units: int
