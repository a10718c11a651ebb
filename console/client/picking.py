"""Picking: what waits, the batch that is walked, and the commands that change it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.client.api_client import ApiClient
from console.client.outbox import NewCommand
from console.client.pages import MAX_ROWS, parse_page
from console.client.parsing import ADMIN, parse

PICK = "pick"
TOTE = "assign_tote"
SKIP = "skip_line"
FINISH = "finish_batch"
KINDS = frozenset({PICK, TOTE, SKIP, FINISH})


@dataclass(frozen=True, slots=True)
class QueuedOrder:
    """An order that waits to be picked."""

    id: str
    number: str
    customer_name: str
    promised_ship_at: datetime | None
    is_late: bool
    unit_count: int
    line_count: int


@dataclass(frozen=True, slots=True)
class PickQueue:
    """The work that waits at a location."""

    order_count: int
    line_count: int
    unit_count: int
    late_count: int
    next_cut_off: datetime | None
    seconds: int
    orders: tuple[QueuedOrder, ...]


@dataclass(frozen=True, slots=True)
class BatchCard:
    """An open batch in the list."""

    id: str
    number: str
    kind: str
    status: str
    picker: str | None
    order_count: int
    line_count: int
    unit_count: int
    picked_count: int
    wave: str | None


@dataclass(frozen=True, slots=True)
class Tote:
    """A tote on the cart."""

    code: str
    barcode: str
    name: str | None = None
    colour: str | None = None

    @property
    def words(self) -> str:
        """What it is called, so that it is found on the cart: `T-01 Whale, blue`."""
        called = f"{self.code} {self.name}" if self.name else self.code
        return f"{called}, {self.colour}" if self.colour else called


@dataclass(frozen=True, slots=True)
class PickOrder:
    """An order in a batch; `position` is its slot on the cart."""

    order_id: str
    number: str
    position: int
    status: str
    customer_note: str | None
    gift_message: str | None
    pinned_notes: tuple[str, ...]
    on_hold: bool
    totes: tuple[Tote, ...]


@dataclass(frozen=True, slots=True)
class LotToPick:
    """A lot of the item in its bin."""

    code: str
    expires_on: str | None


@dataclass(frozen=True, slots=True)
class PickLine:
    """Units to be taken from one bin for one order."""

    id: str
    order_id: str
    order_number: str
    order_position: int
    sku: str
    barcode: str | None
    title: str
    variant_title: str
    bin_id: str | None
    bin_code: str | None
    bin_barcode: str | None
    quantity: int
    picked: int
    status: str
    confused_with: tuple[str, ...]
    lots: tuple[LotToPick, ...]
    pick_warning: str


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch with its lines, in the order of the walk."""

    id: str
    number: str
    kind: str
    status: str
    picker: str | None
    orders: tuple[PickOrder, ...]
    totes: tuple[Tote, ...]
    lines: tuple[PickLine, ...]


@dataclass(frozen=True, slots=True)
class ToteContents:
    """A tote of the shop, and how many units are in it."""

    units: int
    is_active: bool


class Picking:
    """The queue, and the batches that come of it."""

    def __init__(self, caller: ApiClient) -> None:
        self._caller = caller

    async def queue(self) -> PickQueue:
        """What waits."""
        return parse(PickQueue, (await self._caller.get(f"{ADMIN}/picking/queue")).body)

    async def open_batches(self) -> tuple[BatchCard, ...]:
        """The batches that are picked, wait or are parked, the newest first."""
        query = {"is_open": "true", "limit": "25"}
        answer = await self._caller.get(f"{ADMIN}/picking/batches", query)
        return parse_page(BatchCard, answer.body).rows

    async def empty_totes(self) -> int:
        """How many totes are empty, of the first hundred: so many orders are picked at once."""
        answer = await self._caller.get(f"{ADMIN}/bins", {"kind": "tote", "limit": str(MAX_ROWS)})
        rows = parse_page(ToteContents, answer.body).rows
        return sum(one.is_active and not one.units for one in rows)

    async def batch(self, batch_id: str) -> Batch:
        """One batch."""
        return parse(Batch, (await self._caller.get(f"{ADMIN}/picking/batches/{batch_id}")).body)

    async def release(self, kind: str, limit: int, *, key: str) -> Batch:
        """Claim the next orders for a batch; this needs the shop, because others pick too."""
        body: dict[str, object] = {"kind": kind, "limit": limit}
        answer = await self._caller.command(f"{ADMIN}/picking/batches", body, key=key)
        return parse(Batch, answer.body)

    async def claim_next(self, *, key: str) -> Batch:
        """Begin the first released batch that nobody has; this needs the shop."""
        path = f"{ADMIN}/picking/batches/claim-next"
        return parse(Batch, (await self._caller.command(path, {}, key=key)).body)

    async def claim(self, batch_id: str, *, reason: str = "", key: str) -> Batch:
        """Begin or go on with a batch; with a reason that of somebody else. This needs the shop."""
        body: dict[str, object] = {"take_over": True, "reason": reason} if reason else {}
        return await self._command(batch_id, "claim", body, key)

    async def park(self, batch_id: str, *, key: str) -> Batch:
        """Stop for now."""
        return await self._command(batch_id, "park", {}, key)

    async def short(self, line: PickLine, *, other_bin: bool, key: str) -> Batch:
        """Units are not in their bin: the shop plans a count, and says where others are."""
        path = f"{ADMIN}/picking/lines/{line.id}/short"
        answer = await self._caller.command(path, {"other_bin": other_bin}, key=key)
        return parse(Batch, answer.body)

    async def rest(self, line: PickLine, name: str, *, key: str) -> Batch:
        """Units are in no bin: `cancel-rest`, `substitute`, or `back-order` for a later parcel."""
        path = f"{ADMIN}/picking/lines/{line.id}/{name}"
        return parse(Batch, (await self._caller.command(path, {}, key=key)).body)

    async def _command(self, batch_id: str, name: str, body: dict[str, object], key: str) -> Batch:
        path = f"{ADMIN}/picking/batches/{batch_id}/{name}"
        return parse(Batch, (await self._caller.command(path, body, key=key)).body)


def aggregate(batch: Batch) -> str:
    """What the commands of a batch are queued under."""
    return f"batch:{batch.id}"


def assign(batch: Batch, order: PickOrder | None, code: str) -> NewCommand:
    """Put a scanned tote on the cart."""
    slot = f"slot {order.position}" if order else "all orders"
    return _of(
        batch, TOTE, f"{ADMIN}/picking/batches/{batch.id}/totes",
        {"tote": code, "order_id": order.order_id if order else None}, f"{code} for {slot}",
    )  # fmt: skip


def pick(
    batch: Batch,
    line: PickLine,
    units: int,
    *,
    item: str,
    place: str | None,
    tote: str | None,
    lot: str | None = None,
) -> NewCommand:
    """Units are out of the bin, and in the tote."""
    return _of(
        batch, PICK, f"{ADMIN}/picking/lines/{line.id}/pick",
        {"quantity": units, "item": item, "bin": place, "tote": tote, "lot": lot},
        f"{batch.number}: {units} {line.sku}",
    )  # fmt: skip


def skip(batch: Batch, line: PickLine) -> NewCommand:
    """Come to this line last."""
    path = f"{ADMIN}/picking/lines/{line.id}/skip"
    return _of(batch, SKIP, path, {}, f"{batch.number}: {line.sku} later")


def finish(batch: Batch) -> NewCommand:
    """Everything is picked or short."""
    path = f"{ADMIN}/picking/batches/{batch.id}/finish"
    return _of(batch, FINISH, path, {}, f"{batch.number} finished")


def _of(batch: Batch, kind: str, path: str, body: dict[str, object], label: str) -> NewCommand:
    own = aggregate(batch)
    return NewCommand(kind=kind, aggregate=own, path=path, body=body, label=label)
