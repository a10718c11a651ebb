"""The attention list: what needs a person, and the commands that end it."""

from __future__ import annotations

from collections.abc import Mapping

from console.client.api_client import ApiClient
from console.client.hold_models import AttentionItem
from console.client.models import Page
from console.client.orders import aggregate_of as order_aggregate
from console.client.outbox import NewCommand
from console.client.pages import parse_page
from console.client.parsing import ADMIN

REFUND_KIND = "attention_refund"


class Attention:
    """What the shop wants a person to look at."""

    def __init__(self, caller: ApiClient) -> None:
        self._caller = caller

    async def page(self, query: Mapping[str, str]) -> Page[AttentionItem]:
        """One page of items; `query` as the shop's list takes it."""
        answer = await self._caller.get(f"{ADMIN}/attention", query)
        return parse_page(AttentionItem, answer.body)


def aggregate_of(item: AttentionItem) -> str:
    """The queue in which commands about an item stand: that of its order, where it has one."""
    return order_aggregate(item.order_id) if item.order_id else f"attention:{item.id}"


def accept(item: AttentionItem, note: str) -> NewCommand:
    """Leave everything as it is and say why."""
    return _command(item, "accept", {"note": note}, "accepted")


def link(item: AttentionItem, order_number: str) -> NewCommand:
    """Record orphan money as a payment of an order."""
    return _command(item, "link", {"order_number": order_number}, f"linked to {order_number}")


def run_again(item: AttentionItem) -> NewCommand:
    """Run a failing job again."""
    return _command(item, "retry", {}, "run again")


def discard(item: AttentionItem, note: str) -> NewCommand:
    """Give a failing job up for good."""
    return _command(item, "discard", {"note": note}, "discarded")


def refund(item: AttentionItem, reason: str) -> NewCommand:
    """Give an item's money back."""
    draft = _command(item, "refund", {"reason": reason}, "money back")
    return draft._replace(kind=REFUND_KIND)


def _command(item: AttentionItem, name: str, body: Mapping[str, object], done: str) -> NewCommand:
    about = item.order_number or item.kind.replace("_", " ")
    return NewCommand(
        kind=f"attention_{name}",
        aggregate=aggregate_of(item),
        path=f"{ADMIN}/attention/{item.id}/{name}",
        body=body,
        label=f"{about} {done}",
    )
