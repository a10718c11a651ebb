"""Refunds and cancellations: record, call the provider, record.

The first transaction reserves everything under lock: units, amount, restocking. After it the refund
will be completed, by this request, by its repetition, or by the sweep. The second applies the
provider's answer.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from uuid import UUID

from api.inventory import service as inventory_service
from api.kernel.money import Money
from api.kernel.permissions import Permission
from api.kernel.principal import Limit, Principal
from api.orders import service as orders_service
from api.orders.service import Order
from api.payment_sync import flows as payment_sync_flows
from api.payment_sync import service as payment_sync_service
from api.payments import queries as payments_queries
from api.payments import service as payments_service
from api.payments.errors import GatewayUnavailable
from api.payments.events import RefundFailed
from api.platform import approvals, attention, audit
from api.platform.approvals import CommandKind
from api.platform.attention import AttentionKind, Subjects
from api.platform.db import session, transaction
from api.returns import service
from api.returns.flows import amounts, of_returns
from api.returns.flows.amounts import LineToRefund, RefundForm
from api.returns.service import RequestedLine
from api.stored_value import service as stored_value_service
from api.stored_value.errors import StoreCreditNeedsAccount
from api.tax.rules import GIFT_CARD

__all__ = [
    "LineToRefund",
    "RefundForm",
    "cancel_approved",
    "cancel_order",
    "complete_refunds",
    "quote",
    "refund_order",
    "reserve_refund",
    "revert_failed_refund",
    "submit_refunds",
]


def quote(
    order_id: UUID, lines: Sequence[LineToRefund], *, shipping: bool, amount: Money | None
) -> dict[str, object]:
    """Calculate the amount of a refund, and what is refundable; changes nothing.

    Needs a transaction; locks the order. Raises what `refund_order` raises about quantities and
    amounts.
    """
    order = orders_service.lock(order_id)
    orders_service.refundable_quantities(order, amounts.units_of(lines))
    parts = amounts.divide(order, lines, shipping=shipping, amount=amount)
    currency = order.currency
    if amount is not None:
        amounts.check_refundable(order, parts)
        amounts.check_payable(order, amount)
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


def refund_order(order_id: UUID, form: RefundForm, *, case_id: UUID, by: Principal) -> bool:
    """Refund units of an order, its shipping, or a free amount.

    Returned units are restocked. Units that are not shipped yet are cancelled and their allocation
    is released, so that no refunded unit is shipped. `case_id` is the id of the command: repeated
    after a crash, it finds its refund request and continues it. Returns False when the amount is
    above a limit of `by`: then it waits for a second person, and nothing has changed. Locks the
    order. Raises `OrderNotFound`, `QuantityExceedsRefundable`, `RefundExceedsCaptured`,
    `RefundChanged`, `AmountNotChargeable`, `NothingToRefund`, `DisputeOpen`, `WrongCurrency`,
    `StoreCreditNeedsAccount`; `GatewayUnavailable` leaves the refund pending.
    """
    payment_sync_flows.scan_external_changes(order_id)
    with transaction():
        is_done = reserve_refund(order_id, form, case_id=case_id, by=by)
    if is_done:
        complete_refunds(order_id)
    return is_done


def reserve_refund(order_id: UUID, form: RefundForm, *, case_id: UUID, by: Principal) -> bool:
    """Do what a refund does in the shop itself; see `refund_order`. Needs a transaction."""
    if service.exists(case_id):
        return True
    order = orders_service.lock(order_id)
    payments_service.check_not_disputed(order_id)
    if form.to_store_credit and order.customer_id is None:
        raise StoreCreditNeedsAccount(
            "The order is a guest's, and store credit belongs to a customer account. Refund it the "
            "way it was paid."
        )
    orders_service.refundable_quantities(order, amounts.units_of(form.lines))
    amounts.check_goods_came(order, form.lines)
    unshipped = amounts.unshipped_units(order, form.lines)
    restocked = amounts.restocked_units(order, form.lines, unshipped)
    parts = amounts.divide_checked(order, form)
    amounts.check_payable(order, form.amount)
    amount = Money(parts.amount, order.currency)
    arguments = {"order_id": order_id, "form": form}
    if _must_wait(CommandKind.REFUND, order, amount, arguments, case_id=case_id, by=by):
        return False
    _reserve_refund(order, form, parts, restocked=restocked, case_id=case_id, by=by)
    _disable_gift_cards(order, form, unshipped, case_id=case_id, by=by)
    if form.return_id is not None:
        of_returns.record_refund(order, form, case_id=case_id, by=by)
    _return_units(order, unshipped=unshipped, restocked=restocked, case_id=case_id, by=by)
    payment_sync_service.refresh(order)
    return True


def complete_refunds(order_id: UUID) -> None:
    """Submit what was reserved to the provider. `GatewayUnavailable` leaves it to the sweeps."""
    payment_sync_flows.cancel_remaining_intents(order_id)
    submit_refunds(order_id)


def cancel_order(
    order_id: UUID,
    *,
    reason: str,
    note: str | None,
    case_id: UUID,
    by: Principal,
    check: Callable[[Order], None] = orders_service.check_cancellable,
) -> bool:
    """Cancel all units that are not shipped, release them and refund them.

    If nothing was shipped, everything received is refunded, including double payments. The
    customer's open PaymentIntent is cancelled first, so that a cancelled order is not paid; if the
    provider refuses that, staff are notified. So they are when the payment is disputed, because the
    provider refunds it only after the dispute.

    If the provider does not answer, the order is cancelled all the same: the sweeps cancel the
    PaymentIntent and submit the refund, and money received in between raises an attention item.
    Locks the order. Returns False when what goes back is above a limit of `by`: then it waits for
    a second person, and nothing has changed. `check` refuses under the lock what the caller does
    not allow. Raises `OrderNotFound`, `InvalidState` and what `check` raises.
    """
    payment_sync_flows.scan_external_changes(order_id)
    with transaction():
        order = orders_service.lock(order_id)
        is_repeated = service.exists(case_id)
        if not is_repeated:
            check(order)
            amount = Money(amounts.refund_of_cancellation(order), order.currency)
            arguments = {"order_id": order_id, "reason": reason, "note": note}
            if _must_wait(
                CommandKind.CANCELLATION, order, amount, arguments, case_id=case_id, by=by
            ):
                return False
    if not is_repeated:
        is_reachable = payment_sync_flows.cancel_remaining_intents(order_id)
        with transaction():
            order = orders_service.lock(order_id)
            check(order)
            _cancel(order, reason=reason, note=note, case_id=case_id, by=by)
        if not is_reachable:
            return True  # do not wait for the same timeout again
    payment_sync_flows.cancel_remaining_intents(order_id)
    with suppress(GatewayUnavailable):
        submit_refunds(order_id)
    return True


def cancel_approved(
    order_id: UUID, *, reason: str, note: str | None, case_id: UUID, by: Principal
) -> None:
    """Cancel an order as `cancel_order` does, in the running transaction and nothing else.

    The caller has cancelled its open PaymentIntents, and submits its refunds later.
    """
    order = orders_service.lock(order_id)
    orders_service.check_cancellable(order)
    _cancel(order, reason=reason, note=note, case_id=case_id, by=by)


def revert_failed_refund(event: RefundFailed) -> None:
    """Make the units of a failed refund refundable again. Needs a transaction; locks the order.

    If the request has refunds of several payments, all must have failed: if some succeeded, the
    units count as refunded, and the rest of the amount as overpaid.
    """
    order = orders_service.lock(event.order_id)
    case_id = payments_queries.case_of_failed_refund(event.refund_id)
    reverted = None if case_id is None else service.revert_refund_request(case_id)
    if case_id is None or reverted is None:
        return
    stored_value_service.enable_refunded(case_id)
    shipping, lines = reverted
    orders_service.record_refunded_lines(
        order,
        {line.order_line_id: (-line.quantity, -line.amount) for line in lines},
        shipping=-shipping,
    )
    of_returns.revert_refund(case_id, {line.order_line_id: line.quantity for line in lines})
    payment_sync_service.refresh(order)


def _disable_gift_cards(
    order: Order, form: RefundForm, unshipped: Mapping[UUID, int], *, case_id: UUID, by: Principal
) -> None:
    """Disable the gift cards that are refunded. Raises `GiftCardUsed` for one that was used."""
    sold = {line.id for line in order.lines if line.tax_class == GIFT_CARD and line.unit_price}
    for line in form.lines:
        sent = line.quantity - unshipped.get(line.order_line_id, 0)
        if line.order_line_id in sold and sent > 0:
            stored_value_service.disable_refunded(line.order_line_id, sent, case_id=case_id, by=by)


def _must_wait(
    kind: CommandKind,
    order: Order,
    amount: Money,
    arguments: Mapping[str, object],
    *,
    case_id: UUID,
    by: Principal,
) -> bool:
    """Hold a command that gives back more than `by` may alone."""
    is_refund = kind is CommandKind.REFUND
    what = "Refund" if is_refund else "Cancel and refund"
    must_wait = approvals.hold(
        kind,
        case_id,
        subject_id=order.id,
        summary=f"{what} {amount} of order {order.number}",
        measures={Limit.REFUND_MAX: approvals.size_of(amount)} if amount.amount else {},
        permission=Permission.ORDERS_REFUND if is_refund else Permission.ORDERS_CANCEL,
        arguments=arguments,
        by=by,
    )
    if must_wait:
        text = f"{what} {amount}: waits for a second person."
        orders_service.add_event(order.id, "approval_requested", text, by=by)
    return must_wait


def _reserve_refund(
    order: Order,
    form: RefundForm,
    parts: amounts.Parts,
    *,
    restocked: Mapping[UUID, int],
    case_id: UUID,
    by: Principal,
) -> None:
    """Create the refund request and reserve its amount, which cannot be reserved twice."""
    money = Money(parts.amount, order.currency)
    payments_service.open_refunds(
        case_id, order.id, parts.amount, to_store_credit=form.to_store_credit
    )
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
                line.exchange_rest,
            )
            for line in form.lines
        ],
        by=by,
        return_id=form.return_id,
        fee=form.fee,
        bonus=form.bonus,
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
    lines = amounts.cancelled_lines(order)
    amounts.check_goods_came(order, lines)
    shipped = any(line.shipped_quantity for line in order.lines)
    # Nothing was shipped: the shipping is refunded with everything else.
    with_shipping = not shipped and amounts.shipping_left(order) > 0
    amount = amounts.refund_of_cancellation(order)
    is_disputed = payments_service.is_disputed(order.id)
    if amount > 0 and not is_disputed:
        form = RefundForm(
            lines=lines,
            shipping=with_shipping,
            reason="cancelled",
            note=note,
            amount=Money(amount, order.currency),
        )
        _reserve_refund(
            order,
            form,
            amounts.divide_checked(order, form),
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


def submit_refunds(order_id: UUID) -> None:
    """Submit the order's reserved refunds to the provider, oldest first."""
    refund_ids = [
        row.id
        for row in payments_queries.refunds_of_order(order_id)
        if row.status in ("requested", "submitted")
    ]
    session.rollback()
    for refund_id in refund_ids:
        payment_sync_flows.submit_refund(refund_id)
