"""Bins, what is in them, what to put away, and counts; and the commands that change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from console.client.api_client import ApiClient
from console.client.bin_models import Bin
from console.client.models import Page
from console.client.outbox import NewCommand
from console.client.pages import MAX_ROWS, parse_page
from console.client.parsing import ADMIN, parse
from console.client.stock import aggregate_of

MOVE = "move"
COUNTED = "counted"
FINISHED = "finish_count"
ZERO_CHECK = "zero_check"
STATE = "state"


@dataclass(frozen=True, slots=True)
class BinContent:
    """Units of one variant in a bin."""

    level_id: str
    variant_id: str
    sku: str
    barcode: str | None
    product_title: str
    variant_title: str | None
    quantity: int
    on_hand: int
    allocated: int
    last_counted_at: datetime | None


@dataclass(frozen=True, slots=True)
class LevelBin:
    """Units of one level in a bin."""

    id: str
    code: str
    kind: str
    quantity: int
    is_preferred: bool


@dataclass(frozen=True, slots=True)
class LevelBins:
    """Where the units of a level lie."""

    bins: tuple[LevelBin, ...]
    in_no_bin: int


@dataclass(frozen=True, slots=True)
class TargetBin:
    """The bin that units should go to."""

    id: str
    code: str
    barcode: str


@dataclass(frozen=True, slots=True)
class PutAwayTask:
    """Units that wait for a bin."""

    level_id: str
    sku: str
    barcode: str | None
    product_title: str
    quantity: int
    bin_id: str | None
    bin_code: str | None
    target: TargetBin | None


@dataclass(frozen=True, slots=True)
class PutAwayTasks:
    """What is to put away."""

    tasks: tuple[PutAwayTask, ...]


@dataclass(frozen=True, slots=True)
class CountLine:
    """One variant in one bin that is counted; `expected` is unknown while a count is blind."""

    level_id: str
    sku: str
    barcode: str | None
    product_title: str
    bin_id: str | None
    bin_code: str | None
    status: str
    counted: int | None
    expected: int | None
    variance: int | None
    counted_by_name: str | None = None
    value: int | None = None
    """What the difference is worth, in minor units of the shop's currency."""


@dataclass(frozen=True, slots=True)
class CountTask:
    """A count with its lines."""

    id: str
    number: str
    location_id: str
    scope: str
    status: str
    lines: tuple[CountLine, ...]


@dataclass(frozen=True, slots=True)
class CountDue:
    """A count that goes on, or is planned."""

    id: str
    number: str
    status: str
    planned_for: str | None

    @property
    def is_for_today(self) -> bool:
        """Whether its day has come."""
        today = datetime.now(UTC).date()
        return self.planned_for is None or date.fromisoformat(self.planned_for) <= today


class Warehouse:
    """What is in which bin, and who counts it."""

    def __init__(self, caller: ApiClient) -> None:
        self._caller = caller

    async def bin(self, bin_id: str) -> Bin:
        """One bin."""
        return parse(Bin, (await self._caller.get(f"{ADMIN}/bins/{bin_id}")).body)

    async def bins(self, query: Mapping[str, str]) -> Page[Bin]:
        """One page of the bins, in the order of the walk."""
        return parse_page(Bin, (await self._caller.get(f"{ADMIN}/bins", query)).body)

    async def contents(self, bin_id: str) -> tuple[BinContent, ...]:
        """The first hundred variants in a bin, by SKU."""
        query = {"limit": str(MAX_ROWS)}
        answer = await self._caller.get(f"{ADMIN}/bins/{bin_id}/stock", query)
        return parse_page(BinContent, answer.body).rows

    async def bins_of(self, level_id: str) -> LevelBins:
        """Where the units of a level lie."""
        return parse(LevelBins, (await self._caller.get(f"{ADMIN}/stock/{level_id}/bins")).body)

    async def put_away(self) -> tuple[PutAwayTask, ...]:
        """What waits for a bin."""
        answer = await self._caller.get(f"{ADMIN}/warehouse/put-away")
        return parse(PutAwayTasks, answer.body).tasks

    async def to_replenish(self) -> tuple[PutAwayTask, ...]:
        """Bins that are picked from and hold too little, with where to take units from."""
        answer = await self._caller.get(f"{ADMIN}/warehouse/replenishment")
        return parse(PutAwayTasks, answer.body).tasks

    async def counts_due(self, bin_id: str) -> tuple[CountDue, ...]:
        """Counts with lines in this bin that nobody has counted yet."""
        query = {"bin_id": bin_id, "limit": "10"}
        return parse_page(CountDue, (await self._caller.get(f"{ADMIN}/counts", query)).body).rows

    async def count(self, count_id: str) -> CountTask:
        """One count."""
        return parse(CountTask, (await self._caller.get(f"{ADMIN}/counts/{count_id}")).body)

    async def start_count(self, bin_id: str, *, key: str) -> CountTask:
        """Begin to count a bin; this needs the shop, because it says what belongs there."""
        answer = await self._caller.command(f"{ADMIN}/counts", {"bin_id": bin_id}, key=key)
        return parse(CountTask, answer.body)


def move(level_id: str, sku: str, quantity: int, *, source: str | None, target: Bin) -> NewCommand:
    """Move units between bins; the way back undoes it."""
    body: dict[str, object] = {
        "quantity": quantity, "from_bin_id": source, "to_bin_id": target.id,
    }  # fmt: skip
    return NewCommand(
        kind=MOVE,
        aggregate=aggregate_of(level_id),
        path=f"{ADMIN}/stock/{level_id}/moves",
        body=body,
        label=f"{quantity} {sku} to {target.code}",
        inverse={**body, "from_bin_id": target.id, "to_bin_id": source},
    )


def counted(
    count: CountTask,
    level_id: str,
    sku: str,
    units: int,
    *,
    bin_id: str | None,
    at: str,
    reason: str,
) -> NewCommand:
    """Say what was counted, and when: what moves until it arrives is no difference."""
    return NewCommand(
        kind=COUNTED,
        aggregate=f"count:{count.id}",
        path=f"{ADMIN}/counts/{count.id}/entries",
        body={
            "level_id": level_id, "bin_id": bin_id, "counted": units, "counted_at": at,
            "reason": reason,
        },
        label=f"{count.number}: {units} {sku}",
    )  # fmt: skip


def zero_check(place: Bin) -> NewCommand:
    """Say that a bin which is empty by the books is empty."""
    return NewCommand(
        kind=ZERO_CHECK,
        aggregate=f"bin:{place.id}",
        path=f"{ADMIN}/bins/{place.id}/zero-check",
        body={"is_empty": True},
        label=f"{place.code} is empty",
    )


def change_state(
    level_id: str, sku: str, quantity: int, *, source: str, target: str, reason: str
) -> NewCommand:
    """Stop units as damaged or in quarantine, or put them on sale again; the way back undoes it."""
    return NewCommand(
        kind=STATE,
        aggregate=aggregate_of(level_id),
        path=f"{ADMIN}/stock/{level_id}/state",
        body={"quantity": quantity, "from": source, "to": target, "reason": reason},
        label=f"{quantity} {sku} {target}",
        inverse={"quantity": quantity, "from": target, "to": source, "reason": "correction"},
    )


def finish(count: CountTask) -> NewCommand:
    """Close a count: what was not scanned is not there."""
    return NewCommand(
        kind=FINISHED,
        aggregate=f"count:{count.id}",
        path=f"{ADMIN}/counts/{count.id}/finish",
        body={"missing_are_zero": True},
        label=f"{count.number} finished",
    )
