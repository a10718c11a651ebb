"""Goods that come: the purchase order they belong to, and the commands that receive and undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.client.api_client import ApiClient
from console.client.models import Barcode
from console.client.outbox import Command, NewCommand
from console.client.parsing import ADMIN, parse

KIND = "receive"


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


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """A purchase order as it is received."""

    id: str
    number: str
    status: str
    supplier: Named
    location: Named
    lines: tuple[ArrivingLine, ...]


class Receiving:
    """What is about to come."""

    def __init__(self, caller: ApiClient) -> None:
        self._caller = caller

    async def order(self, order_id: str) -> PurchaseOrder:
        """A purchase order with its lines."""
        answer = await self._caller.get(f"{ADMIN}/purchase-orders/{order_id}")
        return parse(PurchaseOrder, answer.body)


def aggregate_of(order_id: str) -> str:
    """The queue in which receipts of one purchase order stand, or those without any."""
    return f"receipt:{order_id}"


def receive(
    order: PurchaseOrder | None, lines: Sequence[Mapping[str, object]], units: int
) -> NewCommand:
    """Put goods that came into the stock."""
    body: dict[str, object] = {"lines": list(lines)}
    if order is not None:
        body["purchase_order_id"] = order.id
    return NewCommand(
        kind=KIND,
        aggregate=aggregate_of(order.id if order else ""),
        path=f"{ADMIN}/receipts",
        body=body,
        label=f"{order.number if order else 'Goods'} received, {units} units",
    )


def undo(command: Command) -> NewCommand | None:
    """Undo a receipt that was done; None when the shop's answer does not name it."""
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
