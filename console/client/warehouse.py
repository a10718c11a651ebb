"""Bins, what is in them, what to put away, and counts; and the commands that change them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.client.api_client import ApiClient
from console.client.bin_models import Bin
from console.client.outbox import NewCommand
from console.client.pages import MAX_ROWS, parse_page
from console.client.parsing import ADMIN, parse
from console.client.stock import aggregate_of

MOVE = "move"
COUNTED = "counted"
FINISHED = "finish_count"


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


@dataclass(frozen=True, slots=True)
class CountTask:
    """A count with its lines."""

    id: str
    number: str
    location_id: str
    scope: str
    status: str
    lines: tuple[CountLine, ...]


class Warehouse:
    """What is in which bin, and who counts it."""

    def __init__(self, caller: ApiClient) -> None:
        self._caller = caller

    async def bin(self, bin_id: str) -> Bin:
        """One bin."""
        return parse(Bin, (await self._caller.get(f"{ADMIN}/bins/{bin_id}")).body)

    async def contents(self, bin_id: str) -> tuple[BinContent, ...]:
        """The first hundred variants in a bin, by SKU."""
        query = {"limit": str(MAX_ROWS)}
        answer = await self._caller.get(f"{ADMIN}/bins/{bin_id}/stock", query)
        return parse_page(BinContent, answer.body).rows

    async def put_away(self) -> tuple[PutAwayTask, ...]:
        """What waits for a bin."""
        answer = await self._caller.get(f"{ADMIN}/warehouse/put-away")
        return parse(PutAwayTasks, answer.body).tasks

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
    count: CountTask, level_id: str, sku: str, units: int, *, bin_id: str | None, at: datetime
) -> NewCommand:
    """Say what was counted, and when: what moves until it arrives is no difference."""
    return NewCommand(
        kind=COUNTED,
        aggregate=f"count:{count.id}",
        path=f"{ADMIN}/counts/{count.id}/entries",
        body={
            "level_id": level_id, "bin_id": bin_id, "counted": units,
            "counted_at": at.isoformat(),
        },
        label=f"{count.number}: {units} {sku}",
    )  # fmt: skip


def finish(count: CountTask) -> NewCommand:
    """Close a count: what was not scanned is not there."""
    return NewCommand(
        kind=FINISHED,
        aggregate=f"count:{count.id}",
        path=f"{ADMIN}/counts/{count.id}/finish",
        body={"missing_are_zero": True},
        label=f"{count.number} finished",
    )
