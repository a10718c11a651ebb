"""The walk of a batch: which bins serve which lines, and in which order. Pure rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final
from uuid import UUID

NO_BIN: Final = ("", 0, "")
"""Units in no bin are picked last: nobody knows where they are."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Units of an order line that are allocated at a level."""

    pick_order_id: UUID
    order_line_id: UUID
    level_id: UUID
    quantity: int


@dataclass(slots=True)
class Source:
    """A bin with units that nobody else is to pick, or no bin. `rank` 0 is taken from first."""

    level_id: UUID
    bin_id: UUID | None
    rank: int
    path: tuple[str, int, str]
    """Zone, pick sequence and code of the bin."""
    free: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Units of a line to be taken from one bin."""

    demand: Demand
    bin_id: UUID | None
    quantity: int
    path: tuple[str, int, str] = field(default=NO_BIN)


def plan(demands: Sequence[Demand], sources: Sequence[Source]) -> list[Stop]:
    """Choose the bins for each demand, and sort the stops by zone, pick sequence and code.

    Pick bins are taken from first, then units in no bin, then bulk and receiving bins. One bin that
    has all units of a demand wins over several of the same rank. What no source has free is planned
    from no bin: the level says that the units exist, and the picker reports where they are not.
    """
    by_level: dict[UUID, list[Source]] = {}
    for source in sorted(sources, key=lambda one: (one.rank, one.path)):
        by_level.setdefault(source.level_id, []).append(source)
    stops: list[Stop] = []
    for demand in demands:
        missing = demand.quantity
        places = by_level.get(demand.level_id, [])
        best = min((one.rank for one in places if one.free), default=0)
        whole = [one for one in places if one.rank == best and one.free >= missing]
        for source in whole[:1] or places:
            units = min(missing, source.free)
            if units:
                source.free -= units
                missing -= units
                stops.append(Stop(demand, source.bin_id, units, source.path))
        if missing:
            stops.append(Stop(demand, None, missing))
    return sorted(stops, key=lambda stop: (stop.bin_id is None, stop.path))


def bins_visited(stops: Sequence[Stop]) -> int:
    """Count how often the picker stops at a bin, walking in this order."""
    visited = 0
    last: object = None
    for stop in stops:
        place = (stop.bin_id, stop.demand.level_id if stop.bin_id is None else None)
        visited += place != last
        last = place
    return visited


def walk_length(places: Sequence[int]) -> int:
    """Count the bins that are passed from the start of the location to these places and back."""
    return sum(abs(there - here) for here, there in pairwise((0, *places, 0)))


def group(reach: Mapping[UUID, frozenset[int]], size: int) -> list[list[UUID]]:
    """Divide orders, given in the order in which they leave, into batches with short walks.

    Each batch goes as far as its furthest bin, so orders that go equally far are walked together,
    and those with the same bins beside one another. The batch with the most urgent order comes
    first; within a batch the orders keep their order.
    """
    turn = {order_id: number for number, order_id in enumerate(reach)}
    by_reach = sorted(turn, key=lambda one: (sorted(reach[one], reverse=True), turn[one]))
    batches = [
        sorted(by_reach[first : first + size], key=turn.__getitem__)
        for first in range(0, len(by_reach), size)
    ]
    return sorted(batches, key=lambda batch: turn[batch[0]])
