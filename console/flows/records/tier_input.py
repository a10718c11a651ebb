"""Tiers of discounts as operators type and read them: `50 5 %; 100 12.50`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from console.flows import amount_input
from console.flows.records.shipping_input import NotReadable

_TIER = re.compile(r"(\S+)\s+(?:(\d{1,3}(?:[.,]\d{1,2})?) ?%|(\S+))")
EXAMPLE = {"value tiers": "50 5 %; 100 10 %", "unit tiers": "3 5 %; 10 10 %"}


def tiers(form: str, text: str, currency: str) -> list[dict[str, Any]]:
    """Read tiers: from which value, or number of units, and what is taken off then.

    Raises `NotReadable`.
    """
    return [_tier(form, one.strip(), currency) for one in text.split(";") if one.strip()]


def told_tiers(stored: Iterable[Mapping[str, Any]], amount: Any) -> str:
    """Write tiers as they are typed; `amount` writes money."""
    return "; ".join(
        f"{amount(one['value']) if one.get('value') else one.get('quantity')} {_off(one, amount)}"
        for one in stored
    )


def _off(tier: Mapping[str, Any], amount: Any) -> str:
    if (share := tier.get("basis_points")) is None:
        return str(amount(tier["amount"]))
    whole, part = divmod(share, 100)
    return f"{whole}.{part:02d}".rstrip("0").rstrip(".") + " %"


def _tier(form: str, text: str, currency: str) -> dict[str, Any]:
    read = _TIER.fullmatch(text)
    if read is None:
        raise NotReadable(f"{text} is no tier such as {EXAMPLE[form].partition(';')[0]}")
    start, share, amount = read.groups()
    tier: dict[str, Any] = {}
    if form == "value tiers":
        tier["value"] = _money(start, currency)
    elif start.isascii() and start.isdigit() and len(start) < 10:
        tier["quantity"] = int(start)
    else:
        raise NotReadable(f"{start} is not a whole number such as 3")
    if share is None:
        return tier | {"amount": _money(amount, currency)}
    return tier | {"basis_points": round(float(share.replace(",", ".")) * 100)}


def _money(text: str, currency: str) -> dict[str, Any]:
    try:
        return dict(amount_input.parse(text, currency).as_wire())
    except amount_input.NotAnAmount as refusal:
        raise NotReadable(str(refusal)) from refusal
