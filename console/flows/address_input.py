"""Postal addresses typed on one line: name, street, code and city, country."""

from __future__ import annotations

import re

EXAMPLE = "Ada Byron, Ring 1, 1010 Wien, AT"
_PLACE = re.compile(r"(?P<code>[0-9A-Za-z-]*\d[0-9A-Za-z -]*?)\s+(?P<city>\S.*)")
PARTS = 4


class NotAnAddress(ValueError):
    """The text is no address; the message says why, for the operator."""


def parse(text: str) -> dict[str, str]:
    """Read `Ada Byron, Ring 1, 1010 Wien, AT`; the shop checks what the country needs."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != PARTS or not all(parts):
        raise NotAnAddress(f"An address is such as {EXAMPLE}")
    name, street, place, country = parts
    fields = {"name": name, "line1": street, "country": country.upper()}
    found = _PLACE.fullmatch(place)
    if found is None:
        return {**fields, "city": place}
    return {**fields, "postal_code": found["code"], "city": found["city"]}
