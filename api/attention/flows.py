"""Ending an item: the command does its work where that belongs, and the list remembers who did."""

from uuid import UUID

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
) -> None:
    """Give the money of an item back, as far as the order can still give back.

    It goes through the order's own refunds, with everything that they refuse.
    `GatewayUnavailable` leaves the refund pending and the item as the refund leaves it.
    """
    with transaction():
        item = _open_for(item_id, Command.REFUND)
        assert item.order_id is not None
        order = orders_service.lock(item.order_id)
        wanted = item.amount or 0
        back = Money(min(wanted, orders_service.refundable(order)) or wanted, order.currency)
        order_id = order.id
    form = RefundForm(lines=[], shipping=False, amount=back, reason=reason, note=note)
    returns_flows.refund_order(order_id, form, case_id=case_id, by=by)
    with transaction():
        attention.end_by_person(item_id, Resolution.REFUNDED, note=note, by=by)


def link_item(item_id: UUID, *, order_number: str, note: str | None, by: Principal) -> None:
    """Make orphan money a payment of the order that it was meant for.

    When the order needs no more money then, what its customer could still pay is withdrawn.
    """
    with transaction():
        _open_for(item_id, Command.LINK)
    order_id = payment_sync_flows.link_unmatched_payment(item_id, order_number, note=note, by=by)
    payment_sync_flows.cancel_remaining_intents(order_id)


def accept_item(item_id: UUID, *, note: str, by: Principal) -> None:
    """Leave everything as it is and say why. Needs a transaction."""
    item = _open_for(item_id, Command.ACCEPT)
    attention.resolve(item, Resolution.ACCEPTED, note=note, by=by)
    _audit(item, by=by, note=note)


def retry_item(item_id: UUID, *, by: Principal) -> None:
    """Run a failing job again, now and with all its attempts. Needs a transaction.

    A thing that a job of the timetable cannot do is tried with its next run.
    """
    item = _open_for(item_id, Command.RETRY)
    is_waiting = sweeps.retry(item.reference)
    if not (jobs.retry(item.reference) if is_waiting is None else is_waiting):
        raise JobNotWaiting
    attention.resolve(item, Resolution.RETRIED, note=None, by=by)
    _audit(item, by=by)


def discard_item(item_id: UUID, *, note: str, by: Principal) -> None:
    """Give a job up for good: what it would have done is not done. Needs a transaction."""
    item = _open_for(item_id, Command.DISCARD)
    if not jobs.discard(item.reference):
        raise JobNotWaiting(
            "Only a job that waits once can be discarded; one of the timetable runs again."
        )
    attention.resolve(item, Resolution.DISCARDED, note=note, by=by)
    _audit(item, by=by, note=note)


def _open_for(item_id: UUID, command: Command) -> AttentionItem:
    item = attention.lock_open(item_id)
    allowed = COMMANDS[item.kind]
    if command not in allowed:
        raise AttentionCommandUnfit(
            kind=item.kind.value, command=command.value, allowed=[one.value for one in allowed]
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
