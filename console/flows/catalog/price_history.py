"""What a variant cost and what it will cost, for one look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from console.client.catalog_models import PriceHistoryEntry, ScheduledPrice
from console.client.models import Money

LOOKS_BACK = timedelta(days=90)
POINTS = 24
"""Moments of that time at which the price is shown: one in four days, nearly."""


class PriceHistory(NamedTuple):
    """A variant's prices in one currency, as they were read."""

    variant_id: str
    currency: str
    past: tuple[PriceHistoryEntry, ...] = ()
    planned: tuple[ScheduledPrice, ...] = ()

    @property
    def coming(self) -> tuple[ScheduledPrice, ...]:
        """What is planned in this currency."""
        return tuple(one for one in self.planned if one.price.currency == self.currency)

    def since(self) -> datetime | None:
        """Since when the present price is in force."""
        present = next((one for one in self.past if one.until is None), None)
        return present.since if present and present.price else None

    def span(self, now: datetime) -> tuple[Money, Money] | None:
        """The lowest and the highest price of the time that is looked back on."""
        begin = now - LOOKS_BACK
        seen = [one.price for one in self.past
                if one.price is not None and (one.until is None or one.until > begin)]  # fmt: skip
        if not seen:
            return None
        return min(seen, key=_amount), max(seen, key=_amount)

    def course(self, now: datetime) -> tuple[int | None, ...]:
        """The price in minor units at moments of the same distance, up to now; None without one."""
        step = LOOKS_BACK / POINTS
        return tuple(_at(self.past, now - step * (POINTS - 1 - n)) for n in range(POINTS))


def _amount(price: Money) -> int:
    return price.amount


def _at(past: Sequence[PriceHistoryEntry], moment: datetime) -> int | None:
    for one in past:
        if one.since <= moment and (one.until is None or moment < one.until):
            return one.price.amount if one.price else None
    return None
