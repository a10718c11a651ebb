"""How much a refund is, and of what: lines, shipping, and a free amount on top."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from api.kernel.money import Money, allocate, charge_unit
from api.orders import service as orders_service
from api.orders.service import Order
from api.payment_sync import service as payment_sync_service
from api.payments import service as payments_service
from api.payments.errors import AmountNotChargeable, RefundExceedsCaptured
from api.pricing import totals
from api.returns import queries, service
from api.returns.errors import GoodsNotBack, NothingToRefund, RefundChanged


@dataclass(frozen=True, slots=True)
class LineToRefund:
    """Units of an order line to refund, and whether shipped ones are restocked."""

    order_line_id: UUID
    quantity: int
    restock: bool = False
    amount: int | None = None
    """What goes back of the line's share, in minor units; None is all of it."""
    exchange_rest: int = 0
    """What exchanged units were worth more than the other goods, before a fee."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundForm:
    """The values of the refund form."""

    lines: Sequence[LineToRefund]
    shipping: bool
    reason: str
    note: str | None = None
    amount: Money | None = None
    """The total to refund; None is the price of the lines and the shipping."""
    expected_amount: Money | None = None
    to_store_credit: bool = False
    """Whether money is given as store credit and not the way it came."""
    shipping_amount: int | None = None
    """How much of the shipping goes back, in minor units; None is all of it."""
    return_id: UUID | None = None
    """The return that is refunded; its sums were worked out before."""
    fee: int = 0
    bonus: int = 0
    """Store credit on top, in minor units."""

    @classmethod
    def restored(cls, stored: Mapping[str, Any]) -> "RefundForm":
        """Return a form that waited for a second person as JSON."""
        money = {
            name: None if stored[name] is None else Money(**stored[name])
            for name in ("amount", "expected_amount")
        }
        lines = [
            LineToRefund(
                UUID(line["order_line_id"]),
                line["quantity"],
                line["restock"],
                line.get("amount"),
                line.get("exchange_rest", 0),
            )
            for line in stored["lines"]
        ]
        return_id = UUID(stored["return_id"]) if stored.get("return_id") else None
        return cls(**{**stored, **money, "lines": lines, "return_id": return_id})


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a refund, in minor units; their sum is the refunded amount."""

    lines: Mapping[UUID, int]
    shipping: int
    additional: int

    @property
    def amount(self) -> int:
        """Return the sum of the parts."""
        return sum(self.lines.values()) + self.shipping + self.additional


def units_of(lines: Sequence[LineToRefund]) -> dict[UUID, int]:
    """Return the units of each line."""
    return {line.order_line_id: line.quantity for line in lines}


def divide(
    order: Order,
    lines: Sequence[LineToRefund],
    *,
    shipping: bool,
    amount: Money | None,
    shipping_amount: int | None = None,
) -> Parts:
    """Divide a refund: the lines and the shipping at their price, the rest is additional.

    An amount below that price is divided over the lines and the shipping in proportion. Without an
    amount, what goes back to a card is rounded up to what it can be refunded, and the last refund
    gives less what was rounded up before. Locks the payments.
    """
    priced = line_amounts(order, lines)
    fee = shipping_left(order) if shipping else 0
    if shipping_amount is not None:
        fee = min(fee, shipping_amount)
    price = sum(priced.values()) + fee
    if amount is None:
        whole = round_up(order, price)
    else:
        payment_sync_service.check_currency(order, amount)
        whole = amount.amount
    if whole >= price:
        return Parts(priced, fee, whole - price)
    *shares, fee_share = allocate(whole, [*priced.values(), fee], charge_unit(order.currency))
    return Parts(dict(zip(priced, shares, strict=True)), fee_share, 0)


def round_up(order: Order, amount: int) -> int:
    """Round a refund (minor units) up to what the card that paid can be refunded.

    Card networks know no single fils: for 0.866 KWD, 0.870 KWD go back. Never more than is left.
    Locks the payments.
    """
    step = charge_unit(order.currency)
    if step == 1:
        return amount
    planned = payments_service.plan_refunds(order.id, amount)
    by_card = sum(part.amount for part in planned if part.provider == "stripe")
    return sum(part.amount for part in planned) + -by_card % step


def check_payable(order: Order, amount: Money | None) -> None:
    """Refuse an amount that somebody typed and no card can be refunded.

    Locks the payments. Raises `AmountNotChargeable` with the next amount that can be.
    """
    if amount is None or amount.amount >= orders_service.refundable(order):
        return
    whole = Money(round_up(order, amount.amount), order.currency)
    if whole != amount:
        why = f"a card can be refunded {whole} instead"
        raise AmountNotChargeable(amount=amount, reason=why)


def divide_checked(order: Order, form: RefundForm) -> Parts:
    """Divide a refund; refuses one of nothing, of another amount than expected, or of too much."""
    parts = divide(
        order,
        form.lines,
        shipping=form.shipping,
        amount=form.amount,
        shipping_amount=form.shipping_amount,
    )
    if parts.amount <= 0:
        raise orders_service.with_last_change(NothingToRefund(), order.id, "refund_requested")
    money = Money(parts.amount, order.currency)
    if form.expected_amount is not None and form.expected_amount != money:
        raise RefundChanged(amount=money)
    check_refundable(order, parts)
    return parts


def check_refundable(order: Order, parts: Parts) -> None:
    """Refuse more than was received and not refunded yet."""
    refundable = Money(orders_service.refundable(order), order.currency)
    if parts.amount > refundable.amount:
        detail = f"At most {refundable} can be refunded."
        pointer = {"pointer": "/amount", "code": RefundExceedsCaptured.code, "detail": detail}
        requested = Money(parts.amount, order.currency)
        error = RefundExceedsCaptured(requested=requested, refundable=refundable, errors=[pointer])
        raise orders_service.with_last_change(error, order.id, "refund_requested")


def line_amounts(order: Order, lines: Sequence[LineToRefund]) -> dict[UUID, int]:
    """Return each line's share of its total; all refunds of a line together add up to it.

    A share is what a card can be refunded, so that what an edit makes due later is payable, too.
    """
    by_id = {line.id: line for line in order.lines}
    amounts = {}
    for requested in lines:
        line = by_id[requested.order_line_id]
        share = totals.refund_share(
            *(line.total, line.quantity, line.refunded_quantity, requested.quantity),
            charge_unit(order.currency),
        )
        part = share if requested.amount is None else requested.amount
        amounts[line.id] = min(part, line.total - line.refunded_amount)
    return amounts


def shipping_left(order: Order) -> int:
    """Return what of the shipping was not refunded yet."""
    return order.shipping_total - order.shipping_refunded


def check_goods_came(order: Order, lines: Sequence[LineToRefund]) -> None:
    """Refuse to refund what was exchanged for goods that have not come. Raises `GoodsNotBack`."""
    if not order.exchanged:
        return
    waiting = queries.lines_awaiting_exchange(order.id)
    skus = {line.id: line.sku for line in order.lines}
    for line in lines:
        if line.order_line_id in waiting and line.quantity:
            raise GoodsNotBack(
                sku=skus[line.order_line_id], return_number=waiting[line.order_line_id]
            )


def unshipped_units(order: Order, lines: Sequence[LineToRefund]) -> dict[UUID, int]:
    """Return how many of the units are not shipped yet: those beyond the shipped ones."""
    by_id = {line.id: line for line in order.lines}
    unshipped = {}
    for requested in lines:
        line = by_id[requested.order_line_id]
        closed = line.shipped_quantity + line.cancelled_quantity
        beyond = line.refunded_quantity + requested.quantity - closed
        if beyond > 0:
            unshipped[line.id] = min(beyond, line.open_quantity)
    return unshipped


def restocked_units(
    order: Order, lines: Sequence[LineToRefund], unshipped: dict[UUID, int]
) -> dict[UUID, int]:
    """Return how many units are restocked: only shipped ones, and each unit once.

    What is in a return is restocked by that return, or not at all.
    """
    shipped = {line.id: line.shipped_quantity for line in order.lines}
    returned = {line.id: line.returned_quantity for line in order.lines}
    before = service.restocked_quantities(order.id)
    restocked = {}
    for requested in lines:
        if requested.restock:
            line_id = requested.order_line_id
            remaining = shipped[line_id] - before.get(line_id, 0) - returned[line_id]
            units = min(requested.quantity - unshipped.get(line_id, 0), remaining)
            if units > 0:
                restocked[line_id] = units
    return restocked


def cancelled_lines(order: Order) -> list[LineToRefund]:
    """Return what a cancellation refunds: the units that are neither shipped nor refunded."""
    return [
        LineToRefund(line.id, min(line.open_quantity, line.quantity - line.refunded_quantity))
        for line in order.lines
        if line.open_quantity and line.quantity > line.refunded_quantity
    ]


def refund_of_cancellation(order: Order) -> int:
    """Return what goes back when an order is cancelled, in minor units."""
    amount = orders_service.refundable(order)
    if any(line.shipped_quantity for line in order.lines):
        lines = cancelled_lines(order)
        still_owed = orders_service.owed(order) - sum(line_amounts(order, lines).values())
        amount = round_up(order, max(0, amount - still_owed))
    return amount
