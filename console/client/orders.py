"""Orders: list items, order details, and the commands that move an order on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from console.client.api_client import ApiClient
from console.client.hold_models import Hold
from console.client.models import Money, OrderCard, OrderDetail, Page, RefundQuote
from console.client.note_models import BulkResults, CancelPreview, CancelResults, SavedView
from console.client.outbox import NewCommand
from console.client.pages import parse_page
from console.client.parsing import ADMIN, parse


class Orders:
    """The shop's orders."""

    def __init__(self, caller: ApiClient) -> None:
        self._caller = caller

    async def page(self, query: Mapping[str, str]) -> Page[OrderCard]:
        """One page of cards; `query` as the shop's list takes it."""
        return parse_page(OrderCard, (await self._caller.get(f"{ADMIN}/orders", query)).body)

    async def open(self, order_id: str) -> OrderDetail:
        """Everything about one order."""
        return parse(OrderDetail, (await self._caller.get(f"{ADMIN}/orders/{order_id}")).body)

    async def explanation(self, order_id: str) -> tuple[str, ...]:
        """Each step of an order's sums in words."""
        answer = await self._caller.get(f"{ADMIN}/orders/{order_id}", {"explain": "true"})
        return parse(tuple[str, ...], answer.body, inside="explanation")

    async def views(self) -> tuple[SavedView, ...]:
        """The operator's saved views."""
        answer = await self._caller.get(f"{ADMIN}/order-views", {"limit": "50"})
        return parse(tuple[SavedView, ...], answer.body, inside="data")

    async def save_view(self, name: str, filters: Mapping[str, str], *, key: str) -> None:
        """Save filters under a name, for the operator."""
        body = {"name": name, "filters": dict(filters)}
        await self._caller.change("POST", f"{ADMIN}/order-views", body, key=key, version=None)

    async def delete_view(self, view: SavedView, *, key: str) -> None:
        """Delete one of the operator's views."""
        path = f"{ADMIN}/order-views/{view.id}"
        await self._caller.change("DELETE", path, {}, key=key, version=view.version)

    async def bulk(self, body: Mapping[str, object], *, key: str) -> BulkResults:
        """Do one thing to many orders; the operator waits for what came of each."""
        path = f"{ADMIN}/orders/batch"
        answer = await self._caller.change("POST", path, body, key=key, version=None)
        return parse(BulkResults, answer.body)

    async def preview_cancellation(self, order_ids: Sequence[str]) -> CancelPreview:
        """What cancelling many orders would give back. Changes nothing."""
        path = f"{ADMIN}/orders/batch-cancel/preview"
        answer = await self._caller.ask(path, {"order_ids": list(order_ids)})
        return parse(CancelPreview, answer.body)

    async def cancel_many(self, body: Mapping[str, object], *, key: str) -> CancelResults:
        """Cancel many orders; the operator waits for what came of each."""
        path = f"{ADMIN}/orders/batch-cancel"
        answer = await self._caller.change("POST", path, body, key=key, version=None)
        return parse(CancelResults, answer.body)

    async def refund_quote(
        self, order_id: str, lines: Mapping[str, int], *, shipping: bool, amount: Money | None
    ) -> RefundQuote:
        """What giving this back would come to; `amount` is all that goes back. Changes nothing."""
        question: dict[str, object] = {
            "lines": [{"order_line_id": line, "quantity": n} for line, n in lines.items()],
            "shipping": shipping,
        }
        if amount is not None:
            question["amount"] = amount.as_wire()
        answer = await self._caller.ask(f"{ADMIN}/orders/{order_id}/refunds/quote", question)
        return parse(RefundQuote, answer.body)


def aggregate_of(order_id: str) -> str:
    """The queue in which commands of one order stand."""
    return f"order:{order_id}"


def ship(
    order: OrderCard,
    lines: Mapping[str, int],
    *,
    carrier: str,
    tracking: str | None,
    is_everything: bool,
    verified: Mapping[str, int] = MappingProxyType({}),
    override: str = "",
    acknowledged: Sequence[str] = (),
) -> NewCommand:
    """Hand units to a carrier. Sending everything leaves the lines out, as the shop asks.

    `verified` are the units of them that were scanned, `override` why the others may leave, and
    `acknowledged` the pinned notes that were read.
    """
    body: dict[str, object] = {"carrier": carrier}
    if not is_everything:
        body["lines"] = _units(lines)
    if verified:
        body["verified_lines"] = _units(verified)
    if override:
        body["override_reason"] = override
    if acknowledged:
        body["acknowledged_notes"] = list(acknowledged)
    if tracking:
        body["tracking_number"] = tracking
    units = sum(lines.values())
    return NewCommand(
        kind="ship",
        aggregate=aggregate_of(order.id),
        path=f"{ADMIN}/orders/{order.id}/ship",
        body=body,
        label=f"{order.number} ship {units} {'unit' if units == 1 else 'units'} by {carrier}",
    )


def _units(lines: Mapping[str, int]) -> list[dict[str, object]]:
    return [{"order_line_id": line, "quantity": units} for line, units in lines.items()]


def refund(
    order: OrderCard,
    lines: Sequence[tuple[str, int, bool]],
    *,
    shipping: bool,
    amount: Money | None,
    reason: str,
    note: str | None,
    expected: Money,
    to_store_credit: bool = False,
) -> NewCommand:
    """Give money back for (line, quantity, restock); refused unless it comes to `expected`.

    `amount` is all that goes back; None leaves it to the price of the lines and the shipping.
    """
    body: dict[str, object] = {
        "lines": [
            {"order_line_id": line, "quantity": quantity, "restock": restock}
            for line, quantity, restock in lines
        ],
        "shipping": shipping,
        "reason": reason,
        "expected_amount": expected.as_wire(),
    }
    if amount is not None:
        body["amount"] = amount.as_wire()
    if note:
        body["note"] = note
    if to_store_credit:
        body["to_store_credit"] = True
    return NewCommand(
        kind="refund",
        aggregate=aggregate_of(order.id),
        path=f"{ADMIN}/orders/{order.id}/refunds",
        body=body,
        label=f"{order.number} refund",
    )


def mark_paid(order: OrderCard, amount: Money, reference: str, *, due: Money) -> NewCommand:
    """Record money that came another way than by card; more than is due is said to be so."""
    return NewCommand(
        kind="mark_paid",
        aggregate=aggregate_of(order.id),
        path=f"{ADMIN}/orders/{order.id}/mark-paid",
        body={
            "amount": amount.as_wire(),
            "reference": reference,
            "allow_overpayment": amount.amount > due.amount,
        },
        label=f"{order.number} paid",
    )


def cancel(order: OrderCard, reason: str) -> NewCommand:
    """Cancel what has not been shipped, and give its money back."""
    return NewCommand(
        kind="cancel",
        aggregate=aggregate_of(order.id),
        path=f"{ADMIN}/orders/{order.id}/cancel",
        body={"reason": reason},
        label=f"{order.number} cancel",
    )


def note(order: OrderCard, text: str) -> NewCommand:
    """Write a line into the order's timeline."""
    return NewCommand(
        kind="note",
        aggregate=aggregate_of(order.id),
        path=f"{ADMIN}/orders/{order.id}/notes",
        body={"text": text},
        label=f"{order.number} note",
    )


def tag(order: OrderCard, add: Sequence[str], remove: Sequence[str]) -> NewCommand:
    """Add and remove tags of an order."""
    return NewCommand(
        kind="tag",
        aggregate=aggregate_of(order.id),
        path=f"{ADMIN}/orders/{order.id}/tags",
        body={"add": list(add), "remove": list(remove)},
        label=f"{order.number} tags",
    )


def hold(order: OrderCard, reason: str, text: str | None) -> NewCommand:
    """Keep an order from being shipped."""
    return NewCommand(
        kind="hold",
        aggregate=aggregate_of(order.id),
        path=f"{ADMIN}/orders/{order.id}/holds",
        body={"reason": reason, **({"note": text} if text else {})},
        label=f"{order.number} held back",
    )


def check_vat_id(order: OrderCard) -> NewCommand:
    """Have VIES asked again about the buyer's VAT id."""
    return NewCommand(
        kind="check_vat_id",
        aggregate=aggregate_of(order.id),
        path=f"{ADMIN}/orders/{order.id}/check-vat-id",
        body={},
        label=f"{order.number} VAT id",
    )


def pay_link(order: OrderCard) -> NewCommand:
    """Have a link to pay what is due mailed to the customer."""
    return NewCommand(
        kind="pay_link",
        aggregate=aggregate_of(order.id),
        path=f"{ADMIN}/orders/{order.id}/pay-link",
        body={},
        label=f"{order.number} pay link",
    )


def release(order: OrderCard, held: Hold, text: str | None) -> NewCommand:
    """Release one hold of an order."""
    return NewCommand(
        kind="release",
        aggregate=aggregate_of(order.id),
        path=f"{ADMIN}/order-holds/{held.id}/release",
        body={"note": text} if text else {},
        label=f"{order.number} hold released",
    )
