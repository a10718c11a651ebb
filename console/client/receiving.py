"""Goods that come, and goods that leave for another location: what is expected, and commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.client.api_client import ApiClient
from console.client.models import Barcode
from console.client.outbox import Command, NewCommand
from console.client.parsing import ADMIN, parse

KIND = "receive"
RECEIVE_TRANSFER = "receive_transfer"
TRANSFER = "transfer:"
"""What the subject of a screen begins with where it is a transfer."""

OPEN = frozenset({"ordered", "partially_received", "draft", "ready", "in_transit"})
OUTGOING = frozenset({"draft", "ready"})
SAID = {"ship": "shipped", "ready": "packed", "lines": "put right", "reopen": "reopened"}


@dataclass(frozen=True, slots=True)
class Named:
    """A supplier or a location, by name."""

    name: str


@dataclass(frozen=True, slots=True)
class ArrivingLine:
    """Units of one variant that were ordered, and what has come."""

    variant_id: str
    sku: str
    title: str
    supplier_sku: str | None
    barcodes: tuple[Barcode, ...]
    open_quantity: int
    received: int
    over_quantity: int = 0
    lot_tracking: str = ""


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """A purchase order as it is received."""

    id: str
    number: str
    status: str
    supplier: Named
    location: Named
    lines: tuple[ArrivingLine, ...]


@dataclass(frozen=True, slots=True)
class TransferLine:
    """Units of one variant in a transfer."""

    variant_id: str
    sku: str
    title: str
    barcodes: tuple[Barcode, ...]
    quantity: int
    shipped: int
    received: int


@dataclass(frozen=True, slots=True)
class TransferAtDock:
    """A transfer as it is shipped or received."""

    id: str
    number: str
    status: str
    from_location: Named
    to_location: Named
    lines: tuple[TransferLine, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What stands on the dock: a purchase order or a transfer that comes, or one that leaves."""

    id: str
    number: str
    status: str
    other_side: str
    """Who sent it; of a transfer that leaves, where it goes."""

    lines: tuple[ArrivingLine, ...]
    is_transfer: bool = False

    @property
    def is_outgoing(self) -> bool:
        """Whether its units are still to leave."""
        return self.is_transfer and self.status in OUTGOING

    @property
    def aggregate(self) -> str:
        """The queue in which its commands stand."""
        return queue_of(f"{TRANSFER if self.is_transfer else ''}{self.id}")


class Receiving:
    """What is about to come, and to leave."""

    def __init__(self, caller: ApiClient) -> None:
        self._caller = caller

    async def delivery(self, subject: str) -> Delivery:
        """A purchase order by its id, or a transfer by `transfer:` and its id."""
        if not subject.startswith(TRANSFER):
            answer = await self._caller.get(f"{ADMIN}/purchase-orders/{subject}")
            order = parse(PurchaseOrder, answer.body)
            return Delivery(order.id, order.number, order.status, order.supplier.name, order.lines)
        transfer_id = subject.removeprefix(TRANSFER)
        answer = await self._caller.get(f"{ADMIN}/transfers/{transfer_id}")
        return _as_delivery(parse(TransferAtDock, answer.body))


def _as_delivery(one: TransferAtDock) -> Delivery:
    leaves, comes = one.status in OUTGOING, one.status in OPEN
    lines = tuple(
        ArrivingLine(
            line.variant_id, line.sku, line.title, None, line.barcodes,
            line.quantity if leaves else max(0, line.shipped - line.received) * comes,
            line.received, 0 if leaves else max(0, line.received - line.shipped) * comes,
        )
        for line in one.lines
    )  # fmt: skip
    other = one.to_location if leaves else one.from_location
    return Delivery(one.id, one.number, one.status, other.name, lines, is_transfer=True)


def aggregate_of(order_id: str) -> str:
    """The queue in which receipts of one purchase order stand, or those without any."""
    return f"receipt:{order_id}"


def queue_of(subject: str) -> str:
    """The queue of what the dock is about: a transfer, a purchase order, or goods without one."""
    if subject.startswith(TRANSFER):
        return f"transfers:{subject.removeprefix(TRANSFER)}"
    return aggregate_of(subject)


def receive(
    order: Delivery | None, lines: Sequence[Mapping[str, object]], units: int
) -> NewCommand:
    """Put goods that came into the stock."""
    body: dict[str, object] = {"lines": list(lines)}
    if order is not None and order.is_transfer:
        return NewCommand(
            kind=RECEIVE_TRANSFER,
            aggregate=order.aggregate,
            path=f"{ADMIN}/transfers/{order.id}/receive",
            body=body,
            label=f"{order.number} received, {units} units",
        )
    if order is not None:
        body["purchase_order_id"] = order.id
    return NewCommand(
        kind=KIND,
        aggregate=aggregate_of(order.id if order else ""),
        path=f"{ADMIN}/receipts",
        body=body,
        label=f"{order.number if order else 'Goods'} received, {units} units",
    )


def ship(transfer: Delivery, counted: Mapping[str, int]) -> tuple[NewCommand, ...]:
    """Let a transfer leave with what was counted, by SKU: its lines first, where they differ.

    They stand in one queue and go in order: where the shop refuses one, the others wait.
    """
    planned = {line.sku: line.open_quantity for line in transfer.lines}
    other = {sku: units for sku, units in counted.items() if units != planned.get(sku, 0)}
    steps: list[tuple[str, str, dict[str, object]]] = []
    if other and transfer.status == "ready":
        steps.append(("reopen_transfer", "reopen", {}))
    steps += [
        ("set_transfer_line", "lines", {"code": sku, "quantity": units})
        for sku, units in other.items()
    ]
    if other or transfer.status == "draft":
        steps.append(("ready_transfer", "ready", {}))
    steps.append(("ship_transfer", "ship", {}))
    return tuple(
        NewCommand(
            kind=kind,
            aggregate=transfer.aggregate,
            path=f"{ADMIN}/transfers/{transfer.id}/{what}",
            body=body,
            label=f"{transfer.number} {SAID.get(what, what)}",
        )
        for kind, what, body in steps
    )


def close(transfer: Delivery, reasons: Mapping[str, str]) -> NewCommand:
    """End a transfer of which other units came than were shipped, with a reason for each SKU."""
    return NewCommand(
        kind="close_transfer",
        aggregate=transfer.aggregate,
        path=f"{ADMIN}/transfers/{transfer.id}/close",
        body={"reasons": dict(reasons)},
        label=f"{transfer.number} ended",
    )


def undo(command: Command) -> NewCommand | None:
    """Undo a receipt that was done; None when the shop's answer does not name it, or it waits."""
    if command.answer and "may_approve" in command.answer:
        return None
    receipt_id = command.answer.get("id") if command.answer else None
    if not isinstance(receipt_id, str):
        return None
    return NewCommand(
        kind="undo_receipt",
        aggregate=command.aggregate,
        path=f"{ADMIN}/receipts/{receipt_id}/undo",
        body={},
        label=f"{command.label}: undone",
        undoes=command.key,
    )
