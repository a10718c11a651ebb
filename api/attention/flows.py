"""Resolving items: each command does its work and records who resolved the item."""

from uuid import UUID

from api.attention import queries
from api.attention.errors import AttentionCommandUnfit, JobNotWaiting
from api.attention.policy import COMMANDS, Command
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.orders import service as orders_service
from api.payment_sync import flows as payment_sync_flows
from api.platform import attention, audit, jobs, sweeps
from api.platform.attention import AttentionItem, Resolution
from api.platform.db import transaction
from api.returns import flows as returns_flows
from api.returns.flows import RefundForm


def refund_item(
    item_id: UUID, *, reason: str, note: str | None, case_id: UUID, by: Principal
) -> bool:
    """Refund the amount of an item, as far as the order is refundable.

    Returns False when it waits for a second person: the refund then resolves the item.
    Raises what `returns.flows.refund_order` raises. `GatewayUnavailable` leaves the refund pending
    and the item open until the refund resolves it.
    """
    with transaction():
        item = _lock_for(item_id, Command.REFUND, by)
        assert item.order_id is not None
        order = orders_service.lock(item.order_id)
        requested = item.amount or 0
        refundable = orders_service.refundable(order)
        amount = Money(min(requested, refundable) or requested, order.currency)
        order_id = order.id
    form = RefundForm(lines=[], shipping=False, amount=amount, reason=reason, note=note)
    is_done = returns_flows.refund_order(order_id, form, case_id=case_id, by=by)
    if is_done:
        with transaction():
            attention.end_by_person(item_id, Resolution.REFUNDED, note=note, by=by)
    return is_done


def link_item(item_id: UUID, *, order_number: str, note: str | None, by: Principal) -> None:
    """Record an unmatched payment as a payment of an order.

    If the order is then fully paid, its remaining PaymentIntents are cancelled.
    """
    with transaction():
        _lock_for(item_id, Command.LINK, by)
    order_id = payment_sync_flows.link_unmatched_payment(item_id, order_number, note=note, by=by)
    payment_sync_flows.cancel_remaining_intents(order_id)


def accept_item(item_id: UUID, *, note: str, by: Principal) -> None:
    """Resolve an item without a change, with a note. Needs a transaction."""
    item = _lock_for(item_id, Command.ACCEPT, by)
    attention.resolve(item, Resolution.ACCEPTED, note=note, by=by)
    _audit(item, by=by, note=note)


def retry_item(item_id: UUID, *, by: Principal) -> None:
    """Retry a failing job now, with all its attempts. Needs a transaction.

    An item of a periodic sweep is retried in its next run. Raises `JobNotWaiting`.
    """
    item = _lock_for(item_id, Command.RETRY, by)
    # None: the reference is not of a sweep, so it is a job of the queue.
    is_waiting = sweeps.retry(item.reference)
    if not (jobs.retry(item.reference) if is_waiting is None else is_waiting):
        raise JobNotWaiting
    attention.resolve(item, Resolution.RETRIED, note=None, by=by)
    _audit(item, by=by)


def discard_item(item_id: UUID, *, note: str, by: Principal) -> None:
    """Discard a failing job: its work is not done. Needs a transaction. Raises `JobNotWaiting`."""
    item = _lock_for(item_id, Command.DISCARD, by)
    if not jobs.discard(item.reference):
        raise JobNotWaiting("Only a queued job can be discarded; a periodic one runs again.")
    attention.resolve(item, Resolution.DISCARDED, note=note, by=by)
    _audit(item, by=by, note=note)


def _lock_for(item_id: UUID, command: Command, by: Principal) -> AttentionItem:
    queries.check_seen(item_id, by)
    item = attention.lock_open(item_id)
    allowed = COMMANDS[item.kind]
    if command not in allowed:
        raise AttentionCommandUnfit(
            kind=item.kind.value, command=command.value, allowed=[each.value for each in allowed]
        )
    return item


def _audit(item: AttentionItem, *, by: Principal, **more: object) -> None:
    assert item.resolution is not None
    audit.record(
        f"attention.{item.resolution.value}",
        by=by,
        subject_id=item.id,
        kind=item.kind.value,
        reference=item.reference,
        **more,
    )
