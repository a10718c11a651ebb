"""Cancelling many orders: looked at together, then each in its own transactions, with a result."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from api.kernel import clock
from api.kernel.errors import DomainError
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.orders import queries as orders_queries
from api.orders import service as orders_service
from api.orders.states import OrderStatus
from api.platform import audit
from api.platform.db import end_read_transaction, transaction
from api.returns import flows, service
from api.returns.errors import CancellationChanged
from api.returns.flows import amounts

SECONDS = 40
"""How long one request may cancel orders; what is left then is named, and asked for again."""
_LATER = {
    "code": "not_reached",
    "detail": "Not cancelled yet, because the others took long: send the same request again.",
}


def preview_cancellation(order_ids: Sequence[UUID], *, by: Principal) -> dict[str, Any]:
    """Return what cancelling many orders would give back, and which are refused; changes nothing.

    Needs a transaction; locks the orders by id.
    """
    rows: dict[UUID, dict[str, object]] = {}
    refunds: dict[str, int] = {}
    for order_id in sorted(set(order_ids)):
        row: dict[str, Any] = {"order_id": order_id, "units": 0, "refund": None, "problem": None}
        try:
            orders_queries.check_seen(order_id, by)
            order = orders_service.lock(order_id)
            row["number"] = order.number
            orders_service.check_cancellable(order)
            amount = amounts.refund_of_cancellation(order)
            row["units"] = sum(line.open_quantity for line in order.lines)
            row["refund"] = Money(amount, order.currency)
            refunds[order.currency] = refunds.get(order.currency, 0) + amount
        except DomainError as error:
            row["problem"] = {"code": error.code, "detail": error.detail}
            row.setdefault("number", orders_queries.number_of(order_id))
        rows[order_id] = row
    refused = sum(1 for row in rows.values() if row["problem"])
    return {
        "data": [rows[one] for one in dict.fromkeys(order_ids)],
        "orders": len(rows) - refused,
        "refused": refused,
        "units": sum(row["units"] for row in rows.values()),
        "refunds": [Money(amount, currency) for currency, amount in sorted(refunds.items())],
    }


def cancel_many(
    order_ids: Sequence[UUID],
    *,
    reason: str,
    note: str | None,
    expected: Sequence[Money] | None,
    operation_id: UUID,
    by: Principal,
) -> dict[str, object]:
    """Cancel many orders, each as `cancel_order` does; what is refused for one leaves the others.

    Repeated under the same `operation_id`, those that were cancelled stay so, with one refund each.
    One whose refund is above a limit of `by` waits for a second person. After `SECONDS` the rest is
    left, and named as refused. Raises `CancellationChanged` when more or less would go back than
    was `expected`: then nothing has changed.
    """
    named = list(dict.fromkeys(order_ids))
    cases = {one: uuid5(operation_id, str(one)) for one in named}
    if expected is not None and not any(service.exists(case) for case in cases.values()):
        with transaction():
            refunds = preview_cancellation(named, by=by)["refunds"]
        if {one.currency: one.amount for one in expected} != {
            one.currency: one.amount for one in refunds
        }:
            raise CancellationChanged(refunds=", ".join(map(str, refunds)) or "nothing")
    end_read_transaction()
    began = clock.now()
    results = []
    for order_id in named:
        if (clock.now() - began).total_seconds() > SECONDS:
            results.append(_result(order_id, "refused", _LATER))
            continue
        results.append(_cancel_one(order_id, reason, note, cases[order_id], by))
    ended = [one["status"] for one in results]
    with transaction():
        audit.record(
            "orders.bulk_cancel", by=by, subject_id=None, order_ids=[str(one) for one in named],
            reason=reason, done=ended.count("done"), refused=ended.count("refused"),
        )  # fmt: skip
    counts = {name: ended.count(name) for name in ("done", "unchanged", "waiting", "refused")}
    return {"data": results, **counts}


def _cancel_one(
    order_id: UUID, reason: str, note: str | None, case_id: UUID, by: Principal
) -> dict[str, object]:
    try:
        orders_queries.check_seen(order_id, by)
        status = orders_queries.get_order(order_id).status
        end_read_transaction()
        if status is OrderStatus.CANCELLED:
            return _result(order_id, "unchanged")
        is_done = flows.cancel_order(order_id, reason=reason, note=note, case_id=case_id, by=by)
    except DomainError as error:
        end_read_transaction()
        return _result(order_id, "refused", {"code": error.code, "detail": error.detail})
    return _result(order_id, "done" if is_done else "waiting")


def _result(
    order_id: UUID, status: str, problem: Mapping[str, str] | None = None
) -> dict[str, object]:
    number = orders_queries.number_of(order_id)
    return {"order_id": order_id, "number": number, "status": status, "problem": problem}
