"""What a refund of a return does to the return itself. Needs the order locked."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from api.kernel.money import Money
from api.kernel.principal import Principal
from api.orders import service as orders_service
from api.orders.service import Order
from api.platform import attention
from api.platform.attention import AttentionKind, Subjects
from api.returns.flows.amounts import RefundForm, units_of
from api.returns.service import cases, receiving
from api.returns.states import RETURN, ReturnKind, ReturnState
from api.stored_value import service as stored_value_service


def record_refund(order: Order, form: RefundForm, *, case_id: UUID, by: Principal) -> None:
    """Record the refund on its return, give the bonus, and end the deadline of a withdrawal.

    An inspected return of which everything is refunded is closed, and one that waits for no goods
    because none were shipped. Raises `InvalidState`.
    """
    assert form.return_id is not None
    parent = cases.lock(form.return_id)
    RETURN.next(parent.status, "refund")
    receiving.record_refund(parent.id, units_of(form.lines))
    if form.bonus and order.customer_id is not None:
        bonus = Money(form.bonus, order.currency)
        stored_value_service.credit_bonus(
            order.customer_id, bonus, order_id=order.id, refund_id=case_id, by=by
        )
        orders_service.add_event(order.id, "credit_bonus", f"Bonus of {bonus} as credit.", by=by)
    parent = cases.lock(form.return_id)
    is_all_there = parent.status is ReturnState.INSPECTED or receiving.waits_for_nothing(parent)
    if is_all_there and receiving.is_settled(order, parent):
        cases.close(order, parent, note=None, by=by)
    attention.clear(AttentionKind.WITHDRAWAL, reference=parent.id)


def revert_refund(case_id: UUID, units: Mapping[UUID, int]) -> None:
    """Make the units of a return refundable again, because the refund failed.

    A closed return is open again, and the deadline of a withdrawal is back on the attention list.
    """
    return_id = receiving.return_of_refund(case_id)
    if return_id is None:
        return
    receiving.record_refund(return_id, {line_id: -quantity for line_id, quantity in units.items()})
    receiving.reopen(return_id)
    parent = cases.lock(return_id)
    if parent.kind is ReturnKind.WITHDRAWAL:
        raise_deadline(parent.order_id, parent.id, parent.number, parent.refund_due_at)


def raise_deadline(order_id: UUID, return_id: UUID, number: str, due_at: datetime | None) -> None:
    """Put the deadline of a withdrawal's refund on the attention list."""
    attention.raise_item(
        AttentionKind.WITHDRAWAL,
        return_id,
        f"{number}: the contract was withdrawn from. Refund it in time; the refund may wait for "
        "the goods or for the proof that they were sent",
        due_at=due_at,
        about=Subjects(order_id=order_id),
    )
