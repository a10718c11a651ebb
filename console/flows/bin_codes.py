"""What is scanned at a bin: an item, a quantity of it (`31*`), or a way to another bin (`5>`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeVar

from console.flows.barcodes import same_barcode
from console.flows.quantity_input import MAX_DIGITS

MARKED = re.compile(rf"(?P<units>\d{{0,{MAX_DIGITS}}})(?P<mark>[*>])(?P<code>.+)", re.DOTALL)


class AtBin(NamedTuple):
    """One code, with what was typed before it."""

    code: str
    units: int | None = None
    is_move: bool = False


class Coded(Protocol):
    """What has a SKU and a barcode."""

    @property
    def sku(self) -> str:
        """What the shop calls it."""

    @property
    def barcode(self) -> str | None:
        """What is printed on it."""


Item = TypeVar("Item", bound=Coded)


def read(raw: str) -> AtBin:
    """Split what was typed from the code behind it; without a mark it is a code alone."""
    found = MARKED.fullmatch(raw.strip(" \t"))
    if found is None or (found["mark"] == "*" and not found["units"]):
        return AtBin(raw)
    units = int(found["units"]) if found["units"] else None
    return AtBin(found["code"], units, found["mark"] == ">")


def find(code: str, items: Sequence[Item]) -> int | None:
    """The place of the item with this SKU or barcode; None if it is not among them."""
    numbers = same_barcode(code)
    for place, item in enumerate(items):
        if item.sku.upper() == code.upper() or item.barcode == code:
            return place
        if numbers and item.barcode and numbers & same_barcode(item.barcode):
            return place
    return None
