"""One action on many orders, in the transaction of the caller, with a result for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from api.kernel.errors import DomainError
from api.kernel.principal import Principal
from api.orders import queries, service
from api.orders.service import Order
from api.orders.states import BulkAction, HoldReason
from api.platform import audit
from api.platform.db import session


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """What to do: with which tags, for which reason, with which note."""

    action: BulkAction
    tags: Sequence[str] = ()
    reason: HoldReason | None = None
    note: str | None = None


def act_on_many(order_ids: Sequence[UUID], bulk: Bulk, *, by: Principal) -> list[dict[str, object]]:
    """Do one thing to many orders; what is refused for one changes nothing for the others.

    Returns a result for each, in the order in which they are named; one that is named twice has
    one. Locks the orders by id, so that two actions on the same orders wait for each other.
    """
    results = {}
    for order_id in sorted(set(order_ids)):
        try:
            with session.begin_nested():
                queries.check_seen(order_id, by)
                order = service.lock(order_id)
                is_done = _act(order, bulk, by)
                result = _result(order_id, order.number, "done" if is_done else "unchanged")
        except DomainError as error:
            number = queries.number_of(order_id)
            problem = {"code": error.code, "detail": error.detail}
            result = _result(order_id, number, "refused", problem)
        results[order_id] = result
    ended = [one["status"] for one in results.values()]
    audit.record(
        f"orders.bulk_{bulk.action.value}",
        by=by,
        subject_id=None,
        order_ids=[str(one) for one in results],
        tags=list(bulk.tags),
        reason=bulk.reason and bulk.reason.value,
        done=ended.count("done"),
        refused=ended.count("refused"),
    )
    return [results[order_id] for order_id in dict.fromkeys(order_ids)]


def _act(order: Order, bulk: Bulk, by: Principal) -> bool:
    """Do it to one order; returns whether it changed. Needs the order locked."""
    match bulk.action:
        case BulkAction.TAG:
            return service.change_tags(order, add=bulk.tags, by=by)
        case BulkAction.UNTAG:
            return service.change_tags(order, remove=bulk.tags, by=by)
        case BulkAction.HOLD:
            assert bulk.reason is not None
            service.hold(order, bulk.reason, note=bulk.note, by=by)
            return True
        case BulkAction.RELEASE:
            return service.release_open(order, bulk.reason, note=bulk.note, by=by) > 0
        case BulkAction.NOTE:
            assert bulk.note is not None
            service.note(order.id, bulk.note, by=by)
            return True


def _result(
    order_id: UUID, number: str | None, status: str, problem: dict[str, str] | None = None
) -> dict[str, object]:
    return {"order_id": order_id, "number": number, "status": status, "problem": problem}
