"""Writes of refund requests. Need a transaction and the order locked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert, select, update

from api.kernel.principal import Principal
from api.platform.db import require_transaction, session
from api.returns import queries
from api.returns.models import RefundRequest, RefundRequestLine


@dataclass(frozen=True, slots=True)
class RequestedLine:
    """Refunded units of an order line, with their amount in minor units."""

    order_line_id: UUID
    quantity: int
    amount: int
    restocked_quantity: int
    exchange_rest: int = 0
    """What exchanged units were worth more than the other goods, before a fee."""


def create_refund_request(
    case_id: UUID,
    order_id: UUID,
    *,
    amount: int,
    shipping: int,
    currency: str,
    reason: str,
    note: str | None,
    lines: Iterable[RequestedLine],
    by: Principal,
    return_id: UUID | None = None,
    fee: int = 0,
    bonus: int = 0,
) -> None:
    """Create a refund request. Amounts in minor units.

    One without an amount says that its units pay for goods that they are exchanged for.
    """
    current = require_transaction()
    current.add(
        RefundRequest(
            id=case_id,
            order_id=order_id,
            amount=amount,
            shipping=shipping,
            currency=currency,
            reason=reason,
            note=note,
            actor=by.label,
            return_id=return_id,
            fee=fee,
            bonus=bonus,
        )
    )
    session.flush()
    rows = [
        {
            "case_id": case_id,
            "order_line_id": line.order_line_id,
            "quantity": line.quantity,
            "amount": line.amount,
            "restocked_quantity": line.restocked_quantity,
            "exchange_rest": line.exchange_rest,
        }
        for line in lines
    ]
    if rows:
        session.execute(insert(RefundRequestLine), rows)


def restocked_quantities(order_id: UUID) -> Mapping[UUID, int]:
    """Return how many units of each line were restocked, including those of failed refunds.

    A refund may fail; its restocked units stay in stock.
    """
    return queries.restocked_units(order_id)


def revert_refund_request(case_id: UUID) -> tuple[int, list[RequestedLine]] | None:
    """Revert a refund request once: returns its shipping and lines; None if reverted before."""
    shipping = session.scalar(
        update(RefundRequest)
        .where(RefundRequest.id == case_id, RefundRequest.reversed.is_(False))
        .values(reversed=True)
        .returning(RefundRequest.shipping)
        .execution_options(synchronize_session=False)
    )
    if shipping is None:
        return None
    rows = session.execute(
        select(
            RefundRequestLine.order_line_id,
            RefundRequestLine.quantity,
            RefundRequestLine.amount,
            RefundRequestLine.restocked_quantity,
        ).where(RefundRequestLine.case_id == case_id)
    )
    return shipping, [RequestedLine(*row) for row in rows]


def exists(case_id: UUID) -> bool:
    """Tell whether a command has already created its refund request."""
    return session.scalar(select(RefundRequest.id).where(RefundRequest.id == case_id)) is not None
