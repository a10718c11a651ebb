"""Giving money and goods back: record, ask the provider, record.

The first transaction promises everything under lock: units, amount, shelf. After it the refund
will be carried out, by this request, by its repetition, or by the sweep. The second takes over
what the provider answered.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from api.inventory import service as inventory_service
from api.kernel.money import Money, allocate
from api.kernel.principal import Principal
from api.orders import service as orders_service
from api.orders.service import Order
from api.payment_sync import flows as payment_sync_flows
from api.payment_sync import service as payment_sync_service
from api.payments import queries as payments_queries
from api.payments import service as payments_service
from api.payments.errors import GatewayUnavailable, RefundExceedsCaptured
from api.payments.events import RefundFailed
from api.platform import attention, audit
from api.platform.attention import AttentionKind, Subjects
from api.platform.db import session, transaction
from api.pricing import totals
from api.returns import service
from api.returns.errors import NothingToRefund, RefundChanged
from api.returns.service import RequestedLine


@dataclass(frozen=True, slots=True)
class LineToRefund:
    """So many units of an order line, and whether those that left come back on the shelf."""

    order_line_id: UUID
    quantity: int
    restock: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundForm:
    """What staff fill in."""

    lines: Sequence[LineToRefund]
    shipping: bool
    reason: str
    note: str | None = None
    amount: Money | None = None
    """What goes back in all; None is the price of the lines and the shipping."""
    expected_amount: Money | None = None


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a refund is made of, in minor units; their sum is what goes back."""

    lines: Mapping[UUID, int]
    shipping: int
    additional: int

    @property
    def amount(self) -> int:
        return sum(self.lines.values()) + self.shipping + self.additional


def quote(
    order_id: UUID, lines: Sequence[LineToRefund], *, shipping: bool, amount: Money | None
) -> dict[str, Any]:
    """Work out what a refund would come to, and what is there; changes nothing.

    Needs a transaction. Refuses what `refund_order` would refuse of an amount.
    """
    order = orders_service.lock(order_id)
    orders_service.refundable_quantities(order, _units(lines))
    parts = _parts(order, lines, shipping=shipping, amount=amount)
    currency = order.currency
    if amount is not None:
        _refuse_more_than_refundable(order, parts)
    return {
        "lines": [
            {
                "order_line_id": line.order_line_id,
                "quantity": line.quantity,
                "amount": Money(parts.lines[line.order_line_id], currency),
            }
            for line in lines
        ],
        "shipping": Money(parts.shipping, currency),
        "additional": Money(parts.additional, currency),
        "amount": Money(parts.amount, currency),
        "refundable": Money(orders_service.refundable(order), currency),
        "overpaid": Money(orders_service.overpaid(order), currency),
    }


def refund_order(order_id: UUID, form: RefundForm, *, case_id: UUID, by: Principal) -> None:
    """Give money back: for units of an order, its shipping, or a free amount.

    Returned goods go back on the shelf. Units that have not left the house yet are cancelled and
    their promise is released: nobody ships what was refunded. `case_id` is the command's own:
    repeated after a crash, the command finds its case and goes on with it. Raises
    `OrderNotFound`, `QuantityExceedsRefundable`, `RefundExceedsCaptured`, `RefundChanged`,
    `WrongCurrency`; `GatewayUnavailable` leaves the refund pending.
    """
    payment_sync_flows.scan_external_changes(order_id)
    with transaction():
        if not service.exists(case_id):
            order = orders_service.lock(order_id)
            payments_service.check_not_disputed(order_id)
            orders_service.refundable_quantities(order, _units(form.lines))
            kept = _unshipped(order, form.lines)
            restocked = _restocked(order, form.lines, kept)
            _reserve_refund(order, form, restocked=restocked, case_id=case_id, by=by)
            _return_goods(order, kept=kept, restocked=restocked, case_id=case_id, by=by)
            payment_sync_service.refresh(order)
    payment_sync_flows.cancel_remaining_intents(order_id)
    _submit_refunds(order_id)


def cancel_order(
    order_id: UUID, *, reason: str, note: str | None, case_id: UUID, by: Principal
) -> None:
    """Cancel what has not left the house, release its goods and give its money back.

    When nothing has left, that is all that came in, whatever the order costs: money that came
    twice too. First the customer's open PaymentIntent is withdrawn, so that nobody pays for a
    cancelled order; one that the provider refuses to withdraw is put before a person. So is the
    money of an order in dispute, which the provider refunds only after it.

    A provider that does not answer holds nothing up: the sweeps withdraw the PaymentIntent and
    refund what was promised, and money that comes in between is put before a person. Raises
    `OrderNotFound`, `InvalidState`.
    """
    payment_sync_flows.scan_external_changes(order_id)
    with transaction():
        order = orders_service.lock(order_id)
        known = service.exists(case_id)
        if not known:
            orders_service.check_cancellable(order)
    if not known:
        answers = payment_sync_flows.cancel_remaining_intents(order_id)
        with transaction():
            _cancel(orders_service.lock(order_id), reason=reason, note=note, case_id=case_id, by=by)
        if not answers:
            return  # nobody waits for the same silence again
    payment_sync_flows.cancel_remaining_intents(order_id)
    with suppress(GatewayUnavailable):
        _submit_refunds(order_id)


def revert_failed_refund(fact: RefundFailed) -> None:
    """Make the units of a refund that the bank refused refundable again. Needs a transaction.

    Of a case over several payments all must have failed: while a part of its money went back, its
    units count as refunded, and the money that did not go back reads as overpaid.
    """
    order = orders_service.lock(fact.order_id)
    case_id = payments_queries.case_of_failed_refund(fact.refund_id)
    undone = None if case_id is None else service.revert_refund_request(case_id)
    if undone is None:
        return
    shipping, lines = undone
    orders_service.record_refunded_lines(
        order,
        {line.order_line_id: (-line.quantity, -line.amount) for line in lines},
        shipping=-shipping,
    )
    payment_sync_service.refresh(order)


def _reserve_refund(
    order: Order, form: RefundForm, *, restocked: Mapping[UUID, int], case_id: UUID, by: Principal
) -> None:
    """Open the case and promise its amount; nothing of the amount can be promised twice."""
    parts = _parts(order, form.lines, shipping=form.shipping, amount=form.amount)
    if parts.amount <= 0:
        raise orders_service.with_last_change(NothingToRefund(), order.id, "refund_requested")
    money = Money(parts.amount, order.currency)
    if form.expected_amount is not None and form.expected_amount != money:
        raise RefundChanged(amount=money)
    _refuse_more_than_refundable(order, parts)
    payments_service.open_refunds(case_id, order.id, parts.amount)
    service.create_refund_request(
        case_id,
        order.id,
        amount=parts.amount,
        shipping=parts.shipping,
        currency=order.currency,
        reason=form.reason,
        note=form.note,
        lines=[
            RequestedLine(
                line.order_line_id,
                line.quantity,
                parts.lines[line.order_line_id],
                restocked.get(line.order_line_id, 0),
            )
            for line in form.lines
        ],
        by=by,
    )
    orders_service.record_refunded_lines(
        order,
        {
            line.order_line_id: (line.quantity, parts.lines[line.order_line_id])
            for line in form.lines
        },
        shipping=parts.shipping,
    )
    orders_service.add_event(
        order.id, "refund_requested", f"Refund of {money} requested: {form.reason}.", by=by
    )
    audit.record(
        "order.refunded",
        by=by,
        subject_id=order.id,
        amount=money.amount,
        currency=money.currency,
        additional=parts.additional,
        reason=form.reason,
    )
    payment_sync_service.refresh(order)


def _return_goods(
    order: Order,
    *,
    kept: Mapping[UUID, int],
    restocked: Mapping[UUID, int],
    case_id: UUID,
    by: Principal,
) -> None:
    """Release what has not left the house, and put on the shelf what came back to it."""
    if kept:
        orders_service.cancel_units(order, kept, by=by)
        inventory_service.release(order.id, kept, by=by, reason="refunded before it was shipped")
    if restocked:
        variants = {line.id: line.variant_id for line in order.lines}
        back: dict[UUID, int] = {}
        for line_id, quantity in restocked.items():
            back[variants[line_id]] = back.get(variants[line_id], 0) + quantity
        inventory_service.restock(back, order_id=order.id, refund_id=case_id, by=by)


def _cancel(order: Order, *, reason: str, note: str | None, case_id: UUID, by: Principal) -> None:
    lines = [
        LineToRefund(line.id, min(line.open_quantity, line.quantity - line.refunded_quantity))
        for line in order.lines
        if line.open_quantity and line.quantity > line.refunded_quantity
    ]
    shipped = any(line.shipped_quantity for line in order.lines)
    # Nothing left the house: the outbound shipping goes back with everything else.
    with_shipping = not shipped and _shipping(order) > 0
    amount = orders_service.refundable(order)
    if shipped:
        still_owed = orders_service.owed(order) - sum(_amounts(order, lines).values())
        amount = max(0, amount - still_owed)
    is_disputed = payments_service.is_disputed(order.id)
    if amount > 0 and not is_disputed:
        _reserve_refund(
            order,
            RefundForm(
                lines=lines,
                shipping=with_shipping,
                reason="cancelled",
                note=note,
                amount=Money(amount, order.currency),
            ),
            restocked={},
            case_id=case_id,
            by=by,
        )
    text = f"Cancelled: {reason}." if note is None else f"Cancelled: {reason}. {note}"
    orders_service.cancel(order, reason=reason, text=text, by=by)
    inventory_service.release(order.id, None, by=by, reason="order cancelled")
    # What was refunded without us asked what becomes of the goods.
    attention.clear(AttentionKind.FOREIGN_REFUND, order_id=order.id)
    audit.record("order.cancelled", by=by, subject_id=order.id, reason=reason)
    payment_sync_service.refresh(order)
    if amount > 0 and is_disputed:
        attention.raise_item(
            AttentionKind.OVERPAID if shipped else AttentionKind.LATE_TRANSFER,
            order.id,
            "cancelled while its payment was disputed, so no money went back: refund it once the "
            "dispute is won",
            amount=Money(amount, order.currency),
            about=Subjects(order_id=order.id),
        )


def _submit_refunds(order_id: UUID) -> None:
    """Send the order's promised refunds to the provider, oldest first."""
    waiting = [
        row.id
        for row in payments_queries.refunds_of_order(order_id)
        if row.status in ("requested", "submitted")
    ]
    session.rollback()
    for refund_id in waiting:
        payment_sync_flows.submit_refund(refund_id)


def _units(lines: Sequence[LineToRefund]) -> dict[UUID, int]:
    return {line.order_line_id: line.quantity for line in lines}


def _parts(
    order: Order, lines: Sequence[LineToRefund], *, shipping: bool, amount: Money | None
) -> _Parts:
    """Divide what goes back: the lines and the shipping at their price, the rest is additional.

    An amount below that price is shared out over the lines and the shipping in proportion.
    """
    priced = _amounts(order, lines)
    fee = _shipping(order) if shipping else 0
    price = sum(priced.values()) + fee
    if amount is None:
        return _Parts(priced, fee, 0)
    payment_sync_service.check_currency(order, amount)
    if amount.amount >= price:
        return _Parts(priced, fee, amount.amount - price)
    *shares, fee_share = allocate(amount.amount, [*priced.values(), fee])
    return _Parts(dict(zip(priced, shares, strict=True)), fee_share, 0)


def _refuse_more_than_refundable(order: Order, parts: _Parts) -> None:
    refundable = Money(orders_service.refundable(order), order.currency)
    if parts.amount > refundable.amount:
        detail = f"At most {refundable} can be refunded."
        wrong = {"pointer": "/amount", "code": RefundExceedsCaptured.code, "detail": detail}
        asked = Money(parts.amount, order.currency)
        refused = RefundExceedsCaptured(requested=asked, refundable=refundable, errors=[wrong])
        raise orders_service.with_last_change(refused, order.id, "refund_requested")


def _amounts(order: Order, lines: Sequence[LineToRefund]) -> dict[UUID, int]:
    """Return each line's share: over all refunds of a line together, nothing is lost."""
    by_id = {line.id: line for line in order.lines}
    return {
        wanted.order_line_id: totals.refund_share(
            by_id[wanted.order_line_id].total,
            by_id[wanted.order_line_id].quantity,
            by_id[wanted.order_line_id].refunded_quantity,
            wanted.quantity,
        )
        for wanted in lines
    }


def _shipping(order: Order) -> int:
    return order.shipping_total - order.shipping_refunded


def _unshipped(order: Order, lines: Sequence[LineToRefund]) -> dict[UUID, int]:
    """Return how many of the units have not left the house: refunded beyond what has."""
    by_id = {line.id: line for line in order.lines}
    found = {}
    for wanted in lines:
        line = by_id[wanted.order_line_id]
        gone = line.shipped_quantity + line.cancelled_quantity
        beyond = line.refunded_quantity + wanted.quantity - gone
        if beyond > 0:
            found[line.id] = min(beyond, line.open_quantity)
    return found


def _restocked(
    order: Order, lines: Sequence[LineToRefund], unshipped: dict[UUID, int]
) -> dict[UUID, int]:
    """Return how many units come back on the shelf: only what left, and each unit once."""
    shipped = {line.id: line.shipped_quantity for line in order.lines}
    before = service.restocked_quantities(order.id)
    found = {}
    for wanted in lines:
        if wanted.restock:
            key = wanted.order_line_id
            left = shipped[key] - before.get(key, 0)
            units = min(wanted.quantity - unshipped.get(key, 0), left)
            if units > 0:
                found[key] = units
    return found
