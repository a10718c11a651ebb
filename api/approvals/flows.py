"""Deciding about what waits for a second person."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update

from api.approvals.errors import AloneNeedsFactor, ApprovalDecided, ApprovalNotYours
from api.checkout.flows import staff_discounts
from api.checkout.flows.staff_discounts import StaffDiscount
from api.draft_orders import flows as draft_orders_flows
from api.inventory import service as inventory_service
from api.kernel import clock
from api.kernel.principal import Principal
from api.order_edits import flows as order_edits_flows
from api.order_edits.flows import EditForm
from api.payment_sync import flows as payment_sync_flows
from api.payments.errors import GatewayUnavailable
from api.platform import approvals, audit
from api.platform.approvals import CommandDecided, CommandKind, Decision, WaitingCommand
from api.platform.db import AnyRow, end_read_transaction, require_transaction, transaction
from api.platform.outbox import emit
from api.purchasing import service as purchasing_service
from api.returns import flows as returns_flows
from api.returns.flows import RefundForm
from api.stored_value import service as stored_value_service

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a command is carried out: before, in and after the transaction of who approves it."""

    carry_out: Callable[[UUID, Arguments, Principal], None]
    prepare: Callable[[Arguments], None] = lambda _: None
    complete: Callable[[Arguments], None] = lambda _: None


def approve(command_id: UUID, *, by: Principal) -> None:
    """Carry out a command that waits, in one transaction with the approval.

    Of two who approve at once, one carries it out. Asked again by the same person, it completes
    what a crash cut off. Locks the command, then what the command locks. Raises `ApprovalDecided`,
    `ApprovalNotYours`, `AloneNeedsFactor`, and what the command itself raises: then it keeps
    waiting.
    """
    command = approvals.get(command_id)
    kind, arguments = _KINDS[command.kind], command.arguments
    is_done = command.decision == Decision.APPROVED and command.decided_by == by.id
    if not is_done:
        _check_may_decide(command, by)
        end_read_transaction()
        kind.prepare(arguments)
        with transaction():
            command = _lock(command_id)
            _check_may_decide(command, by)
            is_alone = command.asked_by == by.id
            if is_alone and by.second_factor != "held":
                raise AloneNeedsFactor
            label = by.label if is_alone else f"{by.label} for {command.asked_by_name}"
            kind.carry_out(command_id, arguments, replace(by, limits={}, label=label[:120]))
            _decide(command, Decision.APPROVED, by=by, was_alone=is_alone)
    end_read_transaction()
    kind.complete(arguments)


def reject(command_id: UUID, *, note: str, by: Principal) -> None:
    """Leave a command undone. Needs a transaction; locks the command.

    Whoever asked for it may reject it as well.
    """
    command = _lock(command_id)
    if command.asked_by == by.id:
        _check_waits(command)
    else:
        _check_may_decide(command, by)
    _decide(command, Decision.REJECTED, by=by, note=note)


def _check_waits(command: AnyRow) -> None:
    status = approvals.status_of(command)
    if status != "waiting":
        raise ApprovalDecided(status=status)


def _check_may_decide(command: AnyRow, by: Principal) -> None:
    _check_waits(command)
    may_approve = approvals.approvers(command, approvals.active_staff())
    if by.id not in {one.id for one in may_approve}:
        names = ", ".join(one.label for one in may_approve) or "nobody"
        raise ApprovalNotYours(may_approve=names)


def _lock(command_id: UUID) -> AnyRow:
    approvals.get(command_id)
    return (
        require_transaction()
        .execute(
            select(*WaitingCommand.__table__.columns)
            .where(WaitingCommand.id == command_id)
            .with_for_update()
        )
        .one()
    )


def _decide(
    command: AnyRow,
    decision: Decision,
    *,
    by: Principal,
    note: str | None = None,
    was_alone: bool = False,
) -> None:
    require_transaction().execute(
        update(WaitingCommand)
        .where(WaitingCommand.id == command.id)
        .values(
            decision=decision,
            decided_at=clock.now(),
            decided_by=by.id,
            decided_by_name=by.label[:120],
            note=note,
            was_alone=was_alone,
        ),
        execution_options={"synchronize_session": False},
    )
    emit(CommandDecided(command_id=command.id))
    audit.record(
        f"approval.{decision.value}",
        by=by,
        subject_id=command.subject_id,
        command_id=str(command.id),
        summary=command.summary,
        asked_by=f"staff:{command.asked_by}",
        asked_by_name=command.asked_by_name,
        was_alone=was_alone,
        note=note,
    )


def _refund(command_id: UUID, arguments: Arguments, by: Principal) -> None:
    form = RefundForm.restored(arguments["form"])
    returns_flows.reserve_refund(_order_id(arguments), form, case_id=command_id, by=by)


def _cancel(command_id: UUID, arguments: Arguments, by: Principal) -> None:
    returns_flows.cancel_approved(
        _order_id(arguments),
        reason=arguments["reason"],
        note=arguments["note"],
        case_id=command_id,
        by=by,
    )


def _prepare_cancellation(arguments: Arguments) -> None:
    payment_sync_flows.scan_external_changes(_order_id(arguments))
    payment_sync_flows.cancel_remaining_intents(_order_id(arguments))


def _complete_cancellation(arguments: Arguments) -> None:
    with suppress(GatewayUnavailable):  # the sweeps complete it
        returns_flows.complete_refunds(_order_id(arguments))


def _adjust(command_id: UUID, arguments: Arguments, by: Principal) -> None:
    inventory_service.adjust_as_held(arguments, by=by)


def _receipt(command_id: UUID, arguments: Arguments, by: Principal) -> None:
    purchasing_service.receive_as_held(command_id, arguments, by=by)


def _discount(command_id: UUID, arguments: Arguments, by: Principal) -> None:
    form = StaffDiscount(**arguments["form"])
    staff_discounts.discount_approved(_order_id(arguments), form, command_id=command_id, by=by)


def _edit(command_id: UUID, arguments: Arguments, by: Principal) -> None:
    form = EditForm.restored(arguments["form"])
    order_edits_flows.edit_approved(_order_id(arguments), form, command_id=command_id, by=by)


def _complete_edit(arguments: Arguments) -> None:
    with suppress(GatewayUnavailable):  # the sweeps complete it
        order_edits_flows.complete_edit(_order_id(arguments))


def _order_id(arguments: Arguments) -> UUID:
    return UUID(arguments["order_id"])


_KINDS: Final[Mapping[str, _Kind]] = {
    CommandKind.REFUND: _Kind(
        _refund,
        lambda arguments: payment_sync_flows.scan_external_changes(_order_id(arguments)),
        lambda arguments: returns_flows.complete_refunds(_order_id(arguments)),
    ),
    CommandKind.CANCELLATION: _Kind(_cancel, _prepare_cancellation, _complete_cancellation),
    CommandKind.ADJUSTMENT: _Kind(_adjust),
    CommandKind.RECEIPT: _Kind(_receipt),
    CommandKind.GIFT_CARD: _Kind(partial(stored_value_service.carry_out, "gift_card")),
    CommandKind.GIFT_CARD_CODE: _Kind(partial(stored_value_service.carry_out, "gift_card_code")),
    CommandKind.STORE_CREDIT: _Kind(partial(stored_value_service.carry_out, "store_credit")),
    CommandKind.DISCOUNT: _Kind(
        _discount,
        lambda arguments: payment_sync_flows.cancel_open_intents(_order_id(arguments)),
    ),
    CommandKind.DRAFT_PRICE: _Kind(draft_orders_flows.approve_prices),
    CommandKind.EDIT: _Kind(
        _edit,
        lambda arguments: payment_sync_flows.cancel_open_intents(_order_id(arguments)),
        _complete_edit,
    ),
}
"""Every kind that can wait. A new one is an entry here."""
