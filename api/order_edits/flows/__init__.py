"""Editing an order: preview, then everything in one transaction, then the provider.

Locks the order, then its payments, then the stock levels by id.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from api.checkout.flows.amendments import ROUNDS
from api.inventory import service as inventory_service
from api.inventory.service import AllocationRequest
from api.kernel.errors import Stale
from api.kernel.money import Money
from api.kernel.permissions import Permission
from api.kernel.principal import Limit, Principal
from api.order_edits import service
from api.order_edits.flows.form import Addition, EditForm, LineChange
from api.order_edits.flows.goods import PlannedLine
from api.order_edits.flows.plan import Plan, plan_edit
from api.orders import service as orders_service
from api.orders.service import Edit, EditedLine, LineInput, Order
from api.payment_sync import flows as payment_sync_flows
from api.payment_sync import service as payment_sync_service
from api.payments import queries as payments_queries
from api.payments.errors import GatewayUnavailable
from api.platform import approvals, audit, etags
from api.platform.approvals import CommandKind
from api.platform.auth import PermissionMissing
from api.platform.db import session, transaction
from api.promotions import service as promotions_service
from api.returns import flows as returns_flows
from api.returns.flows import RefundForm

__all__ = [
    "Addition",
    "EditForm",
    "LineChange",
    "complete_edit",
    "edit_approved",
    "edit_order",
    "preview",
]


def preview(order_id: UUID, form: EditForm, *, by: Principal) -> dict[str, Any]:
    """Return what an edit would change and cost, each step in words; changes nothing.

    Needs a transaction; locks the order. Raises `OrderNotFound` and what `plan_edit` raises.
    """
    order = orders_service.lock(order_id)
    plan = plan_edit(order, form)
    currency = order.currency
    return {
        "steps": plan.steps,
        "lines": [
            {
                "sku": line.sku,
                "title": line.title,
                "quantity_before": line.was_quantity,
                "quantity": line.quantity,
                "unit_price": Money(line.unit_price, currency),
                "amount": Money(line.amount, currency),
            }
            for line in plan.lines
        ],
        "total_before": Money(plan.total_before, currency),
        "total": Money(plan.total, currency),
        "due": Money(plan.due, currency),
        "refund": Money(plan.refund, currency),
        "must_be_approved": bool(by.exceeded(_measures(plan, currency))),
        "version": order.version,
    }


def edit_order(
    order_id: UUID, form: EditForm, *, expected_version: int, command_id: UUID, by: Principal
) -> bool:
    """Edit an order: its values, goods and money change in one transaction.

    When the total changes, open PaymentIntents are cancelled first, so that the old total is never
    paid for the edited order; a payment that succeeded before is counted. What the order costs less
    is refunded the way it was paid, what it costs more is due, and its pay links end. `command_id`
    is the id of the edit and of its refund: repeated after a crash, the command finds it and
    continues. Returns False when a price or a refund is above a limit of `by`: then the edit waits
    for a second person, and nothing has changed.

    Locks the order, its payments and the stock levels. Raises `OrderNotFound`, `Stale`,
    `PermissionMissing`, `InsufficientStock`, `DisputeOpen`, `GatewayUnavailable` and what
    `plan_edit` raises: then nothing has changed.
    """
    content: tuple[object, ...] | None = None
    for _ in range(ROUNDS):
        with transaction():
            order = orders_service.lock(order_id)
            if service.exists(command_id):
                is_done = True
                break
            if content is None:
                etags.check(order.version, expected_version)
            elif content != _content(order):
                raise Stale(current_version=order.version, expected_version=expected_version)
            content = _content(order)
            plan = plan_edit(order, form)
            _check_permissions(plan, form, by)
            if _must_wait(order, form, plan, command_id=command_id, by=by):
                return False
            is_done = plan.total == plan.total_before or not payments_queries.payable_intents(
                order_id
            )
            if is_done:
                _apply(order, form, plan, command_id=command_id, by=by)
                break
        payment_sync_flows.cancel_open_intents(order_id)
    if not is_done:
        raise GatewayUnavailable(retry_after=5)
    complete_edit(order_id)
    return True


def edit_approved(order_id: UUID, form: EditForm, *, command_id: UUID, by: Principal) -> None:
    """Carry out an edit that a second person approved, in the caller's transaction.

    The caller has cancelled the open PaymentIntents, and completes the edit later. Raises
    `EditChanged` when the order would cost something else by now.
    """
    order = orders_service.lock(order_id)
    if payments_queries.payable_intents(order_id):
        raise GatewayUnavailable(retry_after=5)
    _apply(order, form, plan_edit(order, form), command_id=command_id, by=by)


def complete_edit(order_id: UUID) -> None:
    """Submit the refund of an edit to the provider; `GatewayUnavailable` leaves it to the sweeps.

    Open PaymentIntents stay where the order is still to be paid.
    """
    returns_flows.submit_refunds(order_id)


def _apply(order: Order, form: EditForm, plan: Plan, *, command_id: UUID, by: Principal) -> None:
    before = _snapshot(order)
    added = [_line_input(line, plan) for line in plan.lines if line.goods is not None]
    edited = [
        EditedLine(
            id=line.id,
            quantity=line.quantity,
            unit_price=line.unit_price,
            is_removed=line.is_removed,
            columns=plan.line_columns.get(line.id, {}),
        )
        for line in plan.lines
        if line.goods is None and (line.is_removed or line.id in plan.line_columns)
    ]
    total = Money(plan.total, order.currency)
    cost = f" Total {before['total']}, now {total}." if plan.total != plan.total_before else ""
    why = f" Reason: {form.reason}." if form.reason else ""
    values = Edit(columns=plan.columns, lines=edited, added=added, edit_due=plan.edit_due)
    text = f"Edited: {' '.join(plan.changes)}{cost}{why}"
    orders_service.edit(order, values, text=text, by=by)
    promotions_service.record_shares(plan.shares)
    if plan.shipping_shares is not None:
        promotions_service.record_shipping(order.id, plan.shipping_shares)
    session.flush()
    payment_sync_service.refresh(order)
    if plan.refund:
        refund = RefundForm(
            lines=(), shipping=False, reason="order_edited", note=form.reason,
            amount=Money(plan.refund, order.currency),
        )  # fmt: skip
        alone = replace(by, limits={})  # the limit of refunds was looked at with the edit's others
        returns_flows.reserve_refund(order.id, refund, case_id=command_id, by=alone)
    _move_stock(order, plan, by=by)
    orders_service.finish_edit(order)
    after = _snapshot(order)
    service.record_edit(
        command_id, order.id, reason=form.reason, rules=form.rules, steps=plan.steps,
        total_before=plan.total_before, total_after=plan.total, asked=plan.due,
        refunded=plan.refund, before=before, after=after, by=by,
    )  # fmt: skip
    audit.record(
        "order.edited", by=by, subject_id=order.id,
        before=before, now=after, reason=form.reason,
    )  # fmt: skip


def _move_stock(order: Order, plan: Plan, *, by: Principal) -> None:
    """Release the units that the order no longer needs, and allocate those that it needs more."""
    released: dict[UUID, int] = {}
    wanted: list[AllocationRequest] = []
    for line in plan.lines:
        more = line.quantity - line.was_quantity
        if more < 0:
            released[line.id] = -more
        elif more > 0:
            wanted.append(AllocationRequest(line.id, line.variant_id, more))
    inventory_service.change_allocations(
        order.id, released=released, added=wanted, reference=order.number, by=by
    )


def _line_input(line: PlannedLine, plan: Plan) -> LineInput:
    goods = line.goods
    assert goods is not None
    return LineInput(
        id=line.id,
        variant_id=line.variant_id,
        product_id=line.product_id,
        sku=line.sku,
        barcode=goods.barcode,
        title=goods.title,
        variant_title=goods.variant_title,
        image_url=goods.image_url,
        weight_grams=line.weight_grams,
        quantity=line.quantity,
        unit_price=line.unit_price,
        tax_class=line.tax_class,
        hs_code=goods.hs_code,
        origin_country=goods.origin_country,
        **plan.line_columns[line.id],
    )


def _snapshot(order: Order) -> dict[str, object]:
    """Return what an edit may change, for the history of edits and the audit log."""
    return {
        "email": order.email,
        "shipping_address": order.shipping_address,
        "billing_address": order.billing_address,
        "shipping_method": order.shipping_method,
        "shipping_total": order.shipping_total,
        "total": str(Money(order.total, order.currency)),
        "lines": [
            {"sku": line.sku, "quantity": line.quantity, "unit_price": line.unit_price}
            for line in order.lines
            if line.removed_at is None
        ],
    }


def _content(order: Order) -> tuple[object, ...]:
    """Return what an edit is based on, to detect a change while an intent was cancelled."""
    return (
        *(order.email, order.shipping_address, order.billing_address, order.shipping_method),
        order.total,
        [
            (line.id, line.quantity, line.unit_price, line.shipped_quantity, line.removed_at,
             line.cancelled_quantity, line.refunded_quantity)
            for line in order.lines
        ],
    )  # fmt: skip


def _measures(plan: Plan, currency: str) -> Mapping[str, int]:
    sizes = {Limit.DISCOUNT_MAX: plan.reduction, Limit.REFUND_MAX: plan.refund}
    return {
        limit: approvals.size_of(Money(size, currency)) for limit, size in sizes.items() if size
    }


def _check_permissions(plan: Plan, form: EditForm, by: Principal) -> None:
    """Refuse prices set by who may give no discounts, and refunds by who may not refund."""
    needed = [Permission.ORDERS_DISCOUNT] if form.sets_prices else []
    needed += [Permission.ORDERS_REFUND] if plan.refund else []
    for permission in needed:
        if not by.may(permission):
            raise PermissionMissing(permission=permission.value)


def _must_wait(
    order: Order, form: EditForm, plan: Plan, *, command_id: UUID, by: Principal
) -> bool:
    total = Money(plan.total, order.currency)
    must_wait = approvals.hold(
        CommandKind.EDIT,
        command_id,
        subject_id=order.id,
        summary=f"Edit of order {order.number}, new total {total}: {form.reason or 'no reason'}",
        measures=_measures(plan, order.currency),
        permission=Permission.ORDERS_DISCOUNT if plan.reduction else Permission.ORDERS_REFUND,
        arguments={
            "order_id": str(order.id), "form": asdict(replace(form, expected_total=total)),
        },
        by=by,
    )  # fmt: skip
    if must_wait:
        text = f"Edit, new total {total}: waits for a second person."
        orders_service.add_event(order.id, "approval_requested", text, by=by)
    return must_wait
