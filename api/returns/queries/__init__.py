"""Reads of refund requests."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from api.kernel.money import Money
from api.payments import queries as payments_queries
from api.payments.models import Payment, Refund
from api.payments.states import RefundOrigin
from api.platform.db import AnyRow, session
from api.returns.errors import RefundNotFound
from api.returns.models import (
    Claim,
    ClaimLine,
    RefundRequest,
    RefundRequestLine,
    Return,
    ReturnLine,
)
from api.returns.states import ClaimKind, refund_request_status


def refunds_of_order(order_id: UUID) -> list[dict[str, object]]:
    """Return an order's refunds, including those made at the provider, oldest first.

    Four statements, however many refunds and lines there are.
    """
    provider_refunds = [
        _provider_refund(row) for row in payments_queries.foreign_refunds_of_order(order_id)
    ]
    requests = _refunds(RefundRequest.order_id == order_id)
    refunds = [*requests, *provider_refunds]
    return sorted(refunds, key=lambda row: (row["created_at"], row["id"]))


def refund(case_id: UUID) -> dict[str, object]:
    """Return one refund request with its lines. Raises `RefundNotFound`."""
    refunds = _refunds(RefundRequest.id == case_id)
    if not refunds:
        raise RefundNotFound
    return refunds[0]


def refunds_of_return(return_id: UUID) -> list[dict[str, object]]:
    """Return the refunds that were made for a return, oldest first."""
    return _refunds(RefundRequest.return_id == return_id)


def restocked_units(order_id: UUID) -> dict[UUID, int]:
    """Return how many units of each line were restocked by refunds, without a return."""
    rows = session.execute(
        select(RefundRequestLine.order_line_id, func.sum(RefundRequestLine.restocked_quantity))
        .join(RefundRequest, RefundRequest.id == RefundRequestLine.case_id)
        .where(RefundRequest.order_id == order_id)
        .group_by(RefundRequestLine.order_line_id)
    )
    return {row[0]: int(row[1]) for row in rows}


def exchange_rests_given(return_id: UUID) -> dict[UUID, int]:
    """Return what was refunded because exchanges cost less, by order line, in minor units."""
    rows = session.execute(
        select(RefundRequestLine.order_line_id, func.sum(RefundRequestLine.exchange_rest))
        .join(RefundRequest, RefundRequest.id == RefundRequestLine.case_id)
        .where(RefundRequest.return_id == return_id, RefundRequest.reversed.is_(False))
        .group_by(RefundRequestLine.order_line_id)
    )
    return {row[0]: int(row[1]) for row in rows}


def lines_awaiting_exchange(order_id: UUID) -> dict[UUID, str]:
    """Return the lines whose goods were exchanged for others that have not come yet.

    With the number of the return in which those are expected.
    """
    rows = session.execute(
        select(ReturnLine.exchange_line_id, Return.number)
        .join(Return, Return.id == ReturnLine.return_id)
        .where(
            Return.order_id == order_id,
            ReturnLine.exchange_line_id.is_not(None),
            ReturnLine.quantity > ReturnLine.received_quantity + ReturnLine.missing_quantity,
        )
    )
    return {line_id: number for line_id, number in rows if line_id is not None}


def paid_by_goods(order_id: UUID) -> set[UUID]:
    """Return the order lines that exchanges and claims added, for which other units pay."""
    return set(
        session.scalars(
            select(ReturnLine.exchange_line_id)
            .join(Return, Return.id == ReturnLine.return_id)
            .where(Return.order_id == order_id, ReturnLine.exchange_line_id.is_not(None))
            .union_all(
                select(ClaimLine.replacement_line_id)
                .join(Claim, Claim.id == ClaimLine.claim_id)
                .where(Claim.order_id == order_id, ClaimLine.replacement_line_id.is_not(None))
            )
        )
    )


def settled_as_lost(order_id: UUID) -> dict[UUID, int]:
    """Return how many units of each line were lost on their way, and replaced or refunded."""
    rows = session.execute(
        select(ClaimLine.order_line_id, func.sum(ClaimLine.quantity))
        .join(Claim, Claim.id == ClaimLine.claim_id)
        .where(
            Claim.order_id == order_id,
            Claim.kind == ClaimKind.LOST,
            or_(Claim.replacement_order_id.is_not(None), Claim.refund_id.is_not(None)),
        )
        .group_by(ClaimLine.order_line_id)
    )
    return {row[0]: int(row[1]) for row in rows}


def _refunds(condition: ColumnElement[bool]) -> list[dict[str, object]]:
    # Those without an amount belong to exchanges: no money moved.
    cases = session.execute(
        select(RefundRequest.__table__)
        .where(condition, RefundRequest.amount > 0)
        .order_by(RefundRequest.id)
    ).all()
    by_case: dict[UUID, list[dict[str, object]]] = {case.id: [] for case in cases}
    money: dict[UUID, list[dict[str, object]]] = {case.id: [] for case in cases}
    currency = {case.id: case.currency for case in cases}
    for row in session.execute(
        select(
            Refund.id,
            Refund.case_id,
            Refund.payment_id,
            Payment.provider,
            Refund.amount,
            Refund.status,
            Refund.provider_status,
            Refund.failure,
            Refund.to_store_credit,
        )
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Refund.case_id.in_(by_case))
        .order_by(Refund.created_at, Refund.id)
    ):
        amount = Money(row.amount, currency[row.case_id])
        money[row.case_id].append(_transaction(row, row.provider, amount))
    for line in session.execute(
        select(RefundRequestLine.__table__).where(RefundRequestLine.case_id.in_(by_case))
    ):
        by_case[line.case_id].append(
            {
                "order_line_id": line.order_line_id,
                "quantity": line.quantity,
                "restock": line.restocked_quantity > 0,
                "restocked_quantity": line.restocked_quantity,
                "amount": Money(line.amount, currency[line.case_id]),
            }
        )
    return [_view(case, by_case[case.id], money[case.id]) for case in cases]


def _view(
    case: AnyRow, lines: list[dict[str, Any]], transactions: list[dict[str, Any]]
) -> dict[str, object]:
    itemized = case.shipping + sum(line["amount"].amount for line in lines)
    return {
        "id": case.id,
        "order_id": case.order_id,
        "origin": RefundOrigin.SHOP,
        "status": refund_request_status([transaction["status"] for transaction in transactions]),
        "provider_status": next(
            (each["provider_status"] for each in transactions if each["provider_status"]), None
        ),
        "amount": Money(case.amount, case.currency),
        "shipping": Money(case.shipping, case.currency),
        "additional": Money(case.amount - itemized, case.currency),
        "fee": Money(case.fee, case.currency),
        "bonus": Money(case.bonus, case.currency),
        "return_id": case.return_id,
        "reason": case.reason,
        "note": case.note,
        "failure": next((each["failure"] for each in transactions if each["failure"]), None),
        "actor": case.actor,
        "lines": lines,
        "transactions": transactions,
        "created_at": case.created_at,
    }


def _provider_refund(row: AnyRow) -> dict[str, object]:
    """Return a refund made at the provider in the same form; it has no lines."""
    amount = Money(row.amount, row.currency)
    return {
        "id": row.id,
        "order_id": row.order_id,
        "origin": row.origin,
        "status": row.status,
        "provider_status": row.provider_status,
        "amount": amount,
        "shipping": Money(0, row.currency),
        "additional": amount,
        "fee": Money(0, row.currency),
        "bonus": Money(0, row.currency),
        "return_id": None,
        "reason": "other",
        "note": "Refunded at the payment provider.",
        "failure": row.failure,
        "actor": "Stripe",
        "lines": [],
        "transactions": [_transaction(row, "stripe", amount)],
        "created_at": row.created_at,
    }


def _transaction(row: AnyRow, provider: str, amount: Money) -> dict[str, object]:
    return {
        "id": row.id,
        "payment_id": row.payment_id,
        "provider": provider,
        "to_store_credit": row.to_store_credit,
        "amount": amount,
        "status": row.status,
        "provider_status": row.provider_status,
        "failure": row.failure,
    }
