"""Pure rules of labels: what customs asks where, the CN23 form, what a carrier said last."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypedDict
from uuid import UUID

from api.fulfilment.states import TrackingStatus
from api.kernel.money import Money
from api.tax.rules import is_in_eu


class CustomsLine(TypedDict):
    """One article of a declaration; weight and value are of the whole line."""

    sku: str
    description: str
    quantity: int
    net_weight_grams: int
    value: Money
    hs_code: str
    origin_country: str


@dataclass(frozen=True, slots=True)
class ParcelGoods:
    """Units of one order line in a parcel, as the order has them. `unit_value` in minor units."""

    order_line_id: UUID
    sku: str
    title: str
    quantity: int
    unit_value: int
    weight_grams: int
    hs_code: str
    origin: str


def needs_customs(origin: Mapping[str, Any], destination: Mapping[str, Any]) -> bool:
    """Whether goods between two addresses are declared to customs.

    They are between the EU and anywhere else, its own parts outside the VAT area included (the
    Canary Islands), and between two countries outside.
    """
    inside = [is_in_eu(one["country"], one.get("postal_code")) for one in (origin, destination)]
    if any(inside):
        return not all(inside)
    return bool(origin["country"] != destination["country"])


def missing_for_customs(goods: Sequence[ParcelGoods]) -> list[str]:
    """Return what customs asks for and goods do not have: a sentence for each, with the SKU."""
    return [
        f"{one.sku} has no {what}."
        for one in goods
        for what, value in (
            ("HS code", one.hs_code),
            ("country of origin", one.origin),
            ("weight", one.weight_grams),
        )
        if not value
    ]


def customs_lines(goods: Sequence[ParcelGoods], currency: str) -> list[CustomsLine]:
    """Return the lines of a declaration (CN23)."""
    return [
        {
            "sku": one.sku,
            "description": one.title,
            "quantity": one.quantity,
            "net_weight_grams": one.weight_grams * one.quantity,
            "value": Money(one.unit_value * one.quantity, currency),
            "hs_code": one.hs_code,
            "origin_country": one.origin,
        }
        for one in goods
    ]


def event_key(status: str, occurred_at: datetime, description: str) -> str:
    """Return the name of an event of one parcel: the same event told twice has the same."""
    told = f"{status}|{occurred_at.isoformat()}|{description}"
    return hashlib.sha256(told.encode()).hexdigest()


_RANK: Final = {status: place for place, status in enumerate(TrackingStatus)}


def latest(events: Sequence[tuple[datetime, TrackingStatus]]) -> tuple[datetime, TrackingStatus]:
    """Return what counts of all events: the newest; of two at one moment that further along."""
    return max(events, key=lambda event: (event[0], _RANK[event[1]]))
