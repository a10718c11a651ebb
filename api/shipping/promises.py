"""When an order leaves the shop and when it arrives: pure arithmetic over a shop's calendar."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

_HORIZON: Final = 366
"""Days that are searched; a calendar that is closed for longer promises nothing."""
_END_OF_DAY: Final = time(23, 59)


@dataclass(frozen=True, slots=True)
class Promise:
    """Until when an order leaves the shop, and until when it arrives."""

    ship_at: datetime
    delivery_at: datetime


@dataclass(frozen=True, slots=True)
class Calendar:
    """When parcels leave: the cut-off of a day in the shop's time, its weekdays, days closed.

    `delivery_weekdays` are those on which the carrier brings parcels.
    """

    cut_off: time
    ship_weekdays: frozenset[int]
    closed_days: frozenset[date]
    delivery_weekdays: frozenset[int]

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Calendar":
        """Return the calendar of a stored object."""
        return cls(
            time.fromisoformat(stored["cut_off"]),
            frozenset(stored["ship_weekdays"]),
            frozenset(map(date.fromisoformat, stored["closed_days"])),
            frozenset(stored["delivery_weekdays"]),
        )

    def promise(self, moment: datetime, carrier_days: int, zone: ZoneInfo) -> Promise | None:
        """Return the promise for an order of a moment; the carrier needs so many delivery days.

        An order at the cut-off still leaves on that day. None when nothing leaves within a year.
        """
        local = moment.astimezone(zone)
        first = local.date() + timedelta(days=local.time() > self.cut_off)
        leaves = _next(first, self.ship_weekdays, self.closed_days)
        arrives = leaves
        for _ in range(carrier_days):
            if arrives is not None:
                arrives = _next(arrives + timedelta(days=1), self.delivery_weekdays)
        if leaves is None or arrives is None:
            return None
        return Promise(
            datetime.combine(leaves, self.cut_off, zone),
            datetime.combine(arrives, _END_OF_DAY, zone),
        )


def _next(
    day: date, weekdays: frozenset[int], closed: frozenset[date] = frozenset()
) -> date | None:
    """Find the first day from a day on that is one of the weekdays and not closed."""
    days = (day + timedelta(days=ahead) for ahead in range(_HORIZON))
    return next((one for one in days if one.isoweekday() in weekdays and one not in closed), None)
