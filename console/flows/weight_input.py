"""A weight as people type it: 1250 is grams, 1.25 or 1,25 kilograms, and a unit says it plainly."""

from __future__ import annotations

import re
from decimal import Decimal

MOST = 1_000_000
_FORM = re.compile(r"(?P<number>\d{1,7}(?:[.,]\d{1,3})?)\s*(?P<unit>kg|g)?", re.IGNORECASE)


def parse(text: str) -> int | None:
    """The grams of a typed weight; None for what is none, or more than a tonne."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        return None
    number = Decimal(found["number"].replace(",", "."))
    unit = (found["unit"] or ("g" if number == int(number) and "." not in text
                              and "," not in text else "kg")).lower()  # fmt: skip
    grams = int((number * (1000 if unit == "kg" else 1)).to_integral_value())
    return grams if 0 < grams <= MOST else None
