"""Zones and price bands as operators type and read them: `DE, US/CA, DE 28*, -DE 27498`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from console.flows import amount_input

_AREA = re.compile(r"(-?)([A-Za-z]{2}|\*)(?:/([^/]+?))?(?:\s+([A-Za-z0-9][A-Za-z0-9 -]*\*?))?")
_BAND = re.compile(r"(\d{1,12})-(\d{1,12})?\s+(\S+)")


class NotReadable(ValueError):
    """What was typed is no area or band; the message says what would be one."""


def parsed(form: str, text: str, currency: str) -> list[dict[str, Any]]:
    """Read an answer of the form `areas` or `bands`. Raises `NotReadable`."""
    return areas(text) if form == "areas" else bands(text, currency)


def told(form: str, stored: Iterable[Mapping[str, Any]], amount: Any) -> str:
    """Write a value of the form `areas` or `bands` as it is typed; `amount` writes money."""
    return told_areas(stored) if form == "areas" else told_bands(stored, amount)


def areas(text: str) -> list[dict[str, Any]]:
    """Read the areas of a zone: countries, `*`, regions after a slash, postal codes after a blank.

    A minus leaves an area out.
    """
    return [_area(part.strip()) for part in text.split(",") if part.strip()]


def told_areas(stored: Iterable[Mapping[str, Any]]) -> str:
    """Write the areas of a zone as they are typed."""
    return ", ".join(
        ("-" if area.get("excluded") else "")
        + area["country"]
        + (f"/{area['region']}" if area.get("region") else "")
        + (f" {area['postal_code']}" if area.get("postal_code") else "")
        for area in stored
    )


def bands(text: str, currency: str) -> list[dict[str, Any]]:
    """Read price bands: `0-1000 4.90; 1001- 9.90`, in grams, minor units or units."""
    return [_band(part.strip(), currency) for part in text.split(";") if part.strip()]


def told_bands(stored: Iterable[Mapping[str, Any]], amount: Any) -> str:
    """Write price bands as they are typed; `amount` writes money."""
    return "; ".join(
        f"{band['from']}-{'' if band['up_to'] is None else band['up_to']} {amount(band['price'])}"
        for band in stored
    )


def _area(text: str) -> dict[str, Any]:
    read = _AREA.fullmatch(text)
    if read is None:
        raise NotReadable(f"{text} is no area such as DE, US/CA, DE 28* or -DE 27498")
    minus, country, region, code = read.groups()
    area = {"country": country.upper(), "region": region, "postal_code": code}
    return {name: value for name, value in area.items() if value} | (
        {"excluded": True} if minus else {}
    )


def _band(text: str, currency: str) -> dict[str, Any]:
    read = _BAND.fullmatch(text)
    if read is None:
        raise NotReadable(f"{text} is no band such as 0-1000 4.90")
    start, end, price = read.groups()
    try:
        money = amount_input.parse(price, currency, zero=True).as_wire()
    except amount_input.NotAnAmount as refusal:
        raise NotReadable(str(refusal)) from refusal
    return {"from": int(start), "up_to": int(end) if end else None, "price": money}
