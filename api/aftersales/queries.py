"""Questions to the case file."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.aftersales.errors import CaseNotFound
from api.aftersales.models import RefundCase, RefundCaseLine
from api.kernel.money import Money
from api.payments import queries as payments
from api.payments.models import Refund
from api.payments.states import RefundOrigin
from api.platform.db import AnyRow, session


def refunds_of_order(order_id: UUID) -> list[dict[str, Any]]:
    """Return an order's refunds, those made at the provider too, oldest first.

    Three statements, however many refunds and lines there are.
    """
    foreign = [_foreign(row) for row in payments.foreign_refunds_of_order(order_id)]
    cases = _refunds(RefundCase.order_id == order_id)
    return sorted([*cases, *foreign], key=lambda one: (one["created_at"], one["id"]))


def refund(case_id: UUID) -> dict[str, Any]:
    """Return one refund with its lines. Raises `CaseNotFound`."""
    found = _refunds(RefundCase.id == case_id)
    if not found:
        raise CaseNotFound
    return found[0]


def _refunds(condition: Any) -> list[dict[str, Any]]:
    cases = session.execute(
        select(RefundCase.__table__, Refund.status, Refund.provider_status, Refund.failure)
        .join(Refund, Refund.id == RefundCase.id)
        .where(condition)
        .order_by(RefundCase.id)
    ).all()
    by_case: dict[UUID, list[dict[str, Any]]] = {case.id: [] for case in cases}
    currency = {case.id: case.currency for case in cases}
    for line in session.execute(
        select(RefundCaseLine.__table__).where(RefundCaseLine.case_id.in_(by_case))
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
    return [
        {
            "id": case.id,
            "order_id": case.order_id,
            "origin": RefundOrigin.SHOP,
            "status": case.status,
            "provider_status": case.provider_status,
            "amount": Money(case.amount, case.currency),
            "shipping": Money(case.shipping, case.currency),
            "reason": case.reason,
            "note": case.note,
            "failure": case.failure,
            "actor": case.actor,
            "lines": by_case[case.id],
            "created_at": case.created_at,
        }
        for case in cases
    ]


def _foreign(row: AnyRow) -> dict[str, Any]:
    """Show a refund that nobody here asked for like one of ours: it is for no line."""
    return {
        "id": row.id,
        "order_id": row.order_id,
        "origin": row.origin,
        "status": row.status,
        "provider_status": row.provider_status,
        "amount": Money(row.amount, row.currency),
        "shipping": Money(0, row.currency),
        "reason": "other",
        "note": "Refunded at the payment provider.",
        "failure": row.failure,
        "actor": "Stripe",
        "lines": [],
        "created_at": row.created_at,
    }
