"""Returns: one with its lines, those that expect an article, the refund, and the commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.client.api_client import ApiClient
from console.client.models import Money
from console.client.outbox import NewCommand
from console.client.parsing import ADMIN, parse

RECEIVE, INSPECT, REFUND = "receive_return", "inspect_return", "refund_return"


@dataclass(frozen=True, slots=True)
class ReturnExchange:
    """What a customer gets instead of units."""

    sku: str
    price: Money


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """Units of one article in a return."""

    id: str
    variant_id: str
    sku: str
    title: str
    reason_label: str
    is_unexpected: bool
    quantity: int
    cancelled_quantity: int
    received_quantity: int
    disposed_quantity: int
    missing_quantity: int
    refunded_quantity: int
    has_lots: bool
    exchange: ReturnExchange | None

    @property
    def outstanding(self) -> int:
        """Units that are still to come."""
        return max(0, self.quantity - self.received_quantity - self.missing_quantity)

    @property
    def waiting(self) -> int:
        """Units that came and that nobody has said anything of."""
        return self.received_quantity - (self.disposed_quantity - self.missing_quantity)


@dataclass(frozen=True, slots=True)
class ReturnPhoto:
    """A photo, by its link."""

    url: str


@dataclass(frozen=True, slots=True)
class ReturnDetail:
    """A return as it is received and refunded."""

    id: str
    order_id: str
    order_number: str
    number: str
    kind: str
    status: str
    note: str | None
    refund_due_at: str | None
    may_withhold_refund: bool
    advice: tuple[str, ...]
    exchange_rest: Money
    commands: tuple[str, ...]
    lines: tuple[ReturnLine, ...]
    photos: tuple[ReturnPhoto, ...]

    @property
    def refundable_units(self) -> int:
        """Units that came, or never left, and were not refunded."""
        return sum(
            max(0, line.received_quantity + line.cancelled_quantity - line.refunded_quantity)
            for line in self.lines
        )


@dataclass(frozen=True, slots=True)
class ReturnRefund:
    """What a return gives back, and why."""

    amount: Money
    bonus: Money
    explanation: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReturnCard:
    """A return in a list."""

    id: str
    number: str


@dataclass(frozen=True, slots=True)
class Returnable:
    """Units of an order line that may come back."""

    order_line_id: str
    quantity: int


class Returns:
    """The shop's returns."""

    def __init__(self, caller: ApiClient) -> None:
        self._caller = caller

    async def open(self, return_id: str) -> ReturnDetail:
        """A return with its lines."""
        answer = await self._caller.get(f"{ADMIN}/returns/{return_id}")
        return parse(ReturnDetail, answer.body)

    async def expecting(self, variant_id: str) -> tuple[ReturnCard, ...]:
        """Open returns that an article may belong to, the oldest first."""
        query = {"state": "open", "variant_id": variant_id, "limit": "10"}
        answer = await self._caller.get(f"{ADMIN}/returns", query)
        return parse(tuple[ReturnCard, ...], answer.body, inside="data")

    async def of_order(self, order_id: str) -> str | None:
        """The open return of an order, if there is one."""
        answer = await self._caller.get(
            f"{ADMIN}/returns", {"state": "open", "order_id": order_id, "limit": "1"}
        )
        found = parse(tuple[ReturnCard, ...], answer.body, inside="data")
        return found[0].id if found else None

    async def start(self, order_id: str, *, key: str) -> str:
        """A new return of all that was shipped; what does not come is let go when it is closed."""
        answer = await self._caller.get(f"{ADMIN}/orders/{order_id}/returnable")
        lines = [
            {"order_line_id": one.order_line_id, "quantity": one.quantity, "reason": "other"}
            for one in parse(tuple[Returnable, ...], answer.body, inside="lines")
            if one.quantity
        ]
        made = await self._caller.command(
            f"{ADMIN}/orders/{order_id}/returns", {"lines": lines}, key=key
        )
        return parse(ReturnCard, made.body).id

    async def refund_quote(self, return_id: str) -> ReturnRefund:
        """What its refund would come to. Changes nothing."""
        answer = await self._caller.ask(f"{ADMIN}/returns/{return_id}/refunds/quote", {})
        return parse(ReturnRefund, answer.body)


def aggregate_of(return_id: str) -> str:
    """The queue in which commands of one return stand."""
    return f"return:{return_id}"


def receive(back: ReturnDetail, lines: Sequence[Mapping[str, object]], units: int) -> NewCommand:
    """Record units that came, and what becomes of them."""
    return NewCommand(
        kind=RECEIVE,
        aggregate=aggregate_of(back.id),
        path=f"{ADMIN}/returns/{back.id}/receive",
        body={"units": list(lines)},
        label=f"{back.number} received, {units} units",
    )


def inspect(back: ReturnDetail, lines: Sequence[Mapping[str, object]], what: str) -> NewCommand:
    """Say what becomes of units that came, or that they never will."""
    return NewCommand(
        kind=INSPECT,
        aggregate=aggregate_of(back.id),
        path=f"{ADMIN}/returns/{back.id}/inspect",
        body={"units": list(lines)},
        label=f"{back.number}: {what}",
    )


def refund(back: ReturnDetail, amount: Money, shown: str) -> NewCommand:
    """Refund what came, as it was shown."""
    return NewCommand(
        kind=REFUND,
        aggregate=aggregate_of(back.id),
        path=f"{ADMIN}/returns/{back.id}/refunds",
        body={"expected_amount": amount.as_wire()},
        label=f"{back.number} refunded, {shown}",
    )
