"""Packing: the parcel in the making, what waits to be packed, and the commands that change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from console.client import orders
from console.client.api_client import ApiClient
from console.client.models import Barcode
from console.client.outbox import NewCommand
from console.client.pages import MAX_ROWS, parse_page
from console.client.parsing import ADMIN, parse

SCAN = "pack_scan"
CONFIRM = "pack_confirm"
TAKE_OUT = "pack_take_out"
PUT_RIGHT = "pack_put_right"
WEIGH = "pack_weigh"
FINISH = "pack_finish"
LABEL = "pack_label"
PRINT = "pack_print"
KINDS = frozenset({SCAN, CONFIRM, TAKE_OUT, PUT_RIGHT, WEIGH, FINISH, LABEL, PRINT})


@dataclass(frozen=True, slots=True)
class PackingLine:
    """Units of one order line in the parcel."""

    id: str
    order_line_id: str
    sku: str
    barcode: str | None
    barcodes: tuple[Barcode, ...]
    title: str
    variant_title: str
    note: str | None
    properties: dict[str, str]
    is_fragile: bool
    must_verify: bool
    quantity: int
    verified: int

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.title} · {self.variant_title}" if self.variant_title else self.title


@dataclass(frozen=True, slots=True)
class PinnedNote:
    """A pinned note of the order."""

    id: str
    text: str
    created_by: str
    is_read: bool


@dataclass(frozen=True, slots=True)
class Box:
    """A type of box, as far as a parcel shows it."""

    id: str
    name: str
    weight_grams: int


@dataclass(frozen=True, slots=True)
class BoxType:
    """A type of box that can be scanned."""

    id: str
    name: str
    barcode: str
    weight_grams: int


@dataclass(frozen=True, slots=True)
class PackingSession:
    """A parcel in the making."""

    id: str
    order_id: str
    order_number: str
    status: str
    packer: str
    tote: str | None
    is_picked_up: bool
    carrier: str | None
    buys_label: bool
    shipping_method: str
    country: str
    customer_name: str
    customer_note: str | None
    gift_message: str | None
    pinned_notes: tuple[PinnedNote, ...]
    is_fragile: bool
    lines: tuple[PackingLine, ...]
    box: Box | None
    needs_box: bool
    weight_grams: int | None
    expected_grams: int | None
    blocked_by: str | None
    fulfilment_id: str | None


@dataclass(frozen=True, slots=True)
class Started:
    """What a code began to pack; without a session an item of the tote is scanned next."""

    session: PackingSession | None
    message: str


@dataclass(frozen=True, slots=True)
class WaitingOrder:
    """A picked order that waits to be packed."""

    order_id: str
    number: str
    customer_name: str
    promised_ship_at: datetime | None
    unit_count: int
    totes: tuple[str, ...]
    packer: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits to be packed."""

    orders: tuple[WaitingOrder, ...]


class Packing:
    """Parcels in the making."""

    def __init__(self, caller: ApiClient) -> None:
        self._caller = caller

    async def waiting(self) -> Waiting:
        """What waits to be packed."""
        return parse(Waiting, (await self._caller.get(f"{ADMIN}/packing/waiting")).body)

    async def boxes(self) -> tuple[BoxType, ...]:
        """The types of boxes in use."""
        query = {"is_active": "true", "limit": str(MAX_ROWS)}
        answer = await self._caller.get(f"{ADMIN}/packing/box-types", query)
        return parse_page(BoxType, answer.body).rows

    async def session(self, session_id: str) -> PackingSession:
        """A parcel in the making."""
        answer = await self._caller.get(f"{ADMIN}/packing/sessions/{session_id}")
        return parse(PackingSession, answer.body)

    async def start(
        self, code: str, *, tote: str | None, station: str, take_over: bool, key: str
    ) -> Started:
        """Begin to pack an order; this needs the shop, because others pack too."""
        body = {"code": code, "tote": tote, "station": station, "take_over": take_over}
        answer = await self._caller.command(f"{ADMIN}/packing/sessions", body, key=key)
        return parse(Started, answer.body)


def scan(of: PackingSession, code: str, units: int) -> NewCommand:
    """An item or a box was scanned, right or wrong."""
    return _of(of, SCAN, "scans", {"code": code, "quantity": units}, f"scan {code}")


def confirm(of: PackingSession, line: PackingLine) -> NewCommand:
    """A unit is in the parcel, though nothing was scanned."""
    return _of(of, CONFIRM, "confirm", {"line_id": line.id, "quantity": 1}, f"{line.sku} by hand")


def take_out(of: PackingSession, line: PackingLine, units: int) -> NewCommand:
    """Units are out of the parcel again."""
    body = {"line_id": line.id, "quantity": units}
    return _of(of, TAKE_OUT, "take-out", body, f"{units} {line.sku} out")


def put_right(of: PackingSession) -> NewCommand:
    """What was wrong is out of the parcel."""
    return _of(of, PUT_RIGHT, "put-right", {}, "put right")


def weigh(of: PackingSession, grams: int, *, is_rechecked: bool = False) -> NewCommand:
    """What the parcel weighs."""
    body = {"weight_grams": grams, "is_rechecked": is_rechecked}
    return _of(of, WEIGH, "weight", body, f"{grams} g")


def finish(of: PackingSession, body: Mapping[str, object]) -> NewCommand:
    """The parcel leaves."""
    return _of(of, FINISH, "finish", body, "parcel ships")


def print_papers(of: PackingSession, papers: Sequence[str]) -> NewCommand:
    """Papers of a parcel, such as its slip and its label, once each.

    In a queue of their own: what a printer refuses holds up nothing else of the order.
    """
    command = _of(of, PRINT, "print", {"papers": list(papers)}, "papers")
    return command._replace(aggregate=f"papers:{of.id}")


def check_label(order_id: str, fulfilment_id: str, code: str) -> NewCommand:
    """The label on a parcel was scanned back."""
    path = f"{ADMIN}/packing/parcels/{fulfilment_id}/check-label"
    return NewCommand(
        kind=LABEL, aggregate=orders.aggregate_of(order_id), path=path, body={"code": code},
        label=f"label {code}",
    )  # fmt: skip


def _of(
    of: PackingSession, kind: str, step: str, body: Mapping[str, object], label: str
) -> NewCommand:
    path = f"{ADMIN}/packing/sessions/{of.id}/{step}"
    return NewCommand(
        kind=kind, aggregate=orders.aggregate_of(of.order_id), path=path, body=body,
        label=f"{of.order_number}: {label}",
    )  # fmt: skip
