"""Typed amounts of money: read exactly, in the decimals of their currency."""

from __future__ import annotations

import re

from console.client.models import Money
from console.flows.formatting import figure, places_of

_WRITTEN = re.compile(r"(\d{1,12})(?:[.,](\d{1,3}))?")


class NotAnAmount(ValueError):
    """The text is no amount; the message says why, for the operator."""


def parse(text: str, currency: str, *, zero: bool = False) -> Money:
    """Read `5`, `5.00` or `5,00`, with no more decimals than there are.

    Nothing is refused unless `zero` allows it.
    """
    written = _WRITTEN.fullmatch(text.strip())
    if written is None:
        example = figure(Money(1250, currency))
        raise NotAnAmount(f"{text.strip() or 'Nothing'} is not an amount such as {example}")
    whole, part = written[1], written[2] or ""
    places = places_of(currency)
    if len(part) > places:
        raise NotAnAmount(f"{currency} has {places} decimals, {text.strip()} has {len(part)}")
    amount = int(whole) * 10**places + int(part.ljust(places, "0") or "0")
    if amount == 0 and not zero:
        raise NotAnAmount("An amount is more than 0")
    return Money(amount, currency)
