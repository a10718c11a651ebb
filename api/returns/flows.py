"""Refunds and cancellations: record, call the provider, record.

The first transaction reserves everything under lock: units, amount, restocking. After it the refund
will be completed, by this request, by its repetition, or by the sweep. The second applies the
provider's answer.
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
    """Units of an order line to refund, and whether shipped ones are restocked."""

    order_line_id: UUID
    quantity: int
    restock: bool = False


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


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of a refund, in minor units; their sum is the refunded amount."""

    lines: Mapping[UUID, int]
    shipping: int
    additional: int

    @property
    def amount(self) -> int:
        return sum(self.lines.values()) + self.shipping + self.additional


def quote(
    order_id: UUID, lines: Sequence[LineToRefund], *, shipping: bool, amount: Money | None
) -> dict[str, Any]:
    """Calculate the amount of a refund, and what is refundable; changes nothing.

    Needs a transaction; locks the order. Raises what `refund_order` raises about quantities and
    amounts.
    """
    order = orders_service.lock(order_id)
    orders_service.refundable_quantities(order, _units(lines))
    parts = _parts(order, lines, shipping=shipping, amount=amount)
    currency = order.currency
    if amount is not None:
        _check_refundable(order, parts)
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
    """Refund units of an order, its shipping, or a free amount.

    Returned units are restocked. Units that are not shipped yet are cancelled and their allocation
    is released, so that no refunded unit is shipped. `case_id` is the id of the command: repeated
    after a crash, it finds its refund request and continues it. Locks the order. Raises
    `OrderNotFound`, `QuantityExceedsRefundable`, `RefundExceedsCaptured`, `RefundChanged`,
    `NothingToRefund`, `DisputeOpen`, `WrongCurrency`; `GatewayUnavailable` leaves the refund
    pending.
    """
    payment_sync_flows.scan_external_changes(order_id)
    with transaction():
        if not service.exists(case_id):
            order = orders_service.lock(order_id)
            payments_service.check_not_disputed(order_id)
            orders_service.refundable_quantities(order, _units(form.lines))
            unshipped = _unshipped(order, form.lines)
            restocked = _restocked(order, form.lines, unshipped)
            _reserve_refund(order, form, restocked=restocked, case_id=case_id, by=by)
            _return_units(order, unshipped=unshipped, restocked=restocked, case_id=case_id, by=by)
            payment_sync_service.refresh(order)
    payment_sync_flows.cancel_remaining_intents(order_id)
    _submit_refunds(order_id)


def cancel_order(
    order_id: UUID, *, reason: str, note: str | None, case_id: UUID, by: Principal
) -> None:
    """Cancel all units that are not shipped, release them and refund them.

    If nothing was shipped, everything received is refunded, including double payments. The
    customer's open PaymentIntent is cancelled first, so that a cancelled order is not paid; if the
    provider refuses that, staff are notified. So they are when the payment is disputed, because the
    provider refunds it only after the dispute.

    If the provider does not answer, the order is cancelled all the same: the sweeps cancel the
    PaymentIntent and submit the refund, and money received in between raises an attention item.
    Locks the order. Raises `OrderNotFound`, `InvalidState`.
    """
    payment_sync_flows.scan_external_changes(order_id)
    with transaction():
        order = orders_service.lock(order_id)
        is_repeated = service.exists(case_id)
        if not is_repeated:
            orders_service.check_cancellable(order)
    if not is_repeated:
        is_reachable = payment_sync_flows.cancel_remaining_intents(order_id)
        with transaction():
            _cancel(orders_service.lock(order_id), reason=reason, note=note, case_id=case_id, by=by)
        if not is_reachable:
            return  # do not wait for the same timeout again
    payment_sync_flows.cancel_remaining_intents(order_id)
    with suppress(GatewayUnavailable):
        _submit_refunds(order_id)


def revert_failed_refund(event: RefundFailed) -> None:
    """Make the units of a failed refund refundable again. Needs a transaction; locks the order.

    If the request has refunds of several payments, all must have failed: if some succeeded, the
    units count as refunded, and the rest of the amount as overpaid.
    """
    order = orders_service.lock(event.order_id)
    case_id = payments_queries.case_of_failed_refund(event.refund_id)
    reverted = None if case_id is None else service.revert_refund_request(case_id)
    if reverted is None:
        return
    shipping, lines = reverted
    orders_service.record_refunded_lines(
        order,
        {line.order_line_id: (-line.quantity, -line.amount) for line in lines},
        shipping=-shipping,
    )
    payment_sync_service.refresh(order)


def _reserve_refund(
    order: Order, form: RefundForm, *, restocked: Mapping[UUID, int], case_id: UUID, by: Principal
) -> None:
    """Create the refund request and reserve its amount, which cannot be reserved twice."""
    parts = _parts(order, form.lines, shipping=form.shipping, amount=form.amount)
    if parts.amount <= 0:
        raise orders_service.with_last_change(NothingToRefund(), order.id, "refund_requested")
    money = Money(parts.amount, order.currency)
    if form.expected_amount is not None and form.expected_amount != money:
        raise RefundChanged(amount=money)
    _check_refundable(order, parts)
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


def _return_units(
    order: Order,
    *,
    unshipped: Mapping[UUID, int],
    restocked: Mapping[UUID, int],
    case_id: UUID,
    by: Principal,
) -> None:
    """Cancel and release the unshipped units, and restock the returned ones."""
    if unshipped:
        orders_service.cancel_units(order, unshipped, by=by)
        inventory_service.release(
            order.id, unshipped, by=by, reason="refunded before it was shipped"
        )
    if restocked:
        variants = {line.id: line.variant_id for line in order.lines}
        by_variant: dict[UUID, int] = {}
        for line_id, quantity in restocked.items():
            variant_id = variants[line_id]
            by_variant[variant_id] = by_variant.get(variant_id, 0) + quantity
        inventory_service.restock(by_variant, order_id=order.id, refund_id=case_id, by=by)


def _cancel(order: Order, *, reason: str, note: str | None, case_id: UUID, by: Principal) -> None:
    lines = [
        LineToRefund(line.id, min(line.open_quantity, line.quantity - line.refunded_quantity))
        for line in order.lines
        if line.open_quantity and line.quantity > line.refunded_quantity
    ]
    shipped = any(line.shipped_quantity for line in order.lines)
    # Nothing was shipped: the shipping is refunded with everything else.
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
    # Items about refunds at the provider asked what to do with the units: that is answered.
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
    """Submit the order's reserved refunds to the provider, oldest first."""
    refund_ids = [
        row.id
        for row in payments_queries.refunds_of_order(order_id)
        if row.status in ("requested", "submitted")
    ]
    session.rollback()
    for refund_id in refund_ids:
        payment_sync_flows.submit_refund(refund_id)


def _units(lines: Sequence[LineToRefund]) -> dict[UUID, int]:
    return {line.order_line_id: line.quantity for line in lines}


def _parts(
    order: Order, lines: Sequence[LineToRefund], *, shipping: bool, amount: Money | None
) -> _Parts:
    """Divide a refund: the lines and the shipping at their price, the rest is additional.

    An amount below that price is divided over the lines and the shipping in proportion.
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


def _check_refundable(order: Order, parts: _Parts) -> None:
    refundable = Money(orders_service.refundable(order), order.currency)
    if parts.amount > refundable.amount:
        detail = f"At most {refundable} can be refunded."
        pointer = {"pointer": "/amount", "code": RefundExceedsCaptured.code, "detail": detail}
        requested = Money(parts.amount, order.currency)
        error = RefundExceedsCaptured(requested=requested, refundable=refundable, errors=[pointer])
        raise orders_service.with_last_change(error, order.id, "refund_requested")


def _amounts(order: Order, lines: Sequence[LineToRefund]) -> dict[UUID, int]:
    """Return each line's share of its total; all refunds of a line together add up to it."""
    by_id = {line.id: line for line in order.lines}
    return {
        requested.order_line_id: totals.refund_share(
            by_id[requested.order_line_id].total,
            by_id[requested.order_line_id].quantity,
            by_id[requested.order_line_id].refunded_quantity,
            requested.quantity,
        )
        for requested in lines
    }


def _shipping(order: Order) -> int:
    return order.shipping_total - order.shipping_refunded


def _unshipped(order: Order, lines: Sequence[LineToRefund]) -> dict[UUID, int]:
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


def _restocked(
    order: Order, lines: Sequence[LineToRefund], unshipped: dict[UUID, int]
) -> dict[UUID, int]:
    """Return how many units are restocked: only shipped ones, and each unit once."""
    shipped = {line.id: line.shipped_quantity for line in order.lines}
    before = service.restocked_quantities(order.id)
    restocked = {}
    for requested in lines:
        if requested.restock:
            line_id = requested.order_line_id
            remaining = shipped[line_id] - before.get(line_id, 0)
            units = min(requested.quantity - unshipped.get(line_id, 0), remaining)
            if units > 0:
                restocked[line_id] = units
    return restocked
