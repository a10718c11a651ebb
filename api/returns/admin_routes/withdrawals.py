"""Withdrawals for staff: those that were declared, and those that came by post."""

from typing import TypedDict, Unpack
from uuid import UUID

from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.http import Blueprint, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.returns.errors import NO_WITHDRAWAL
from api.returns.flows import withdrawals as flows
from api.returns.queries import cases as case_queries
from api.returns.queries import withdrawals as queries
from api.returns.schemas.cases import ReturnSchema
from api.returns.schemas.withdrawals import (
    MatchWithdrawalSchema,
    StaffWithdrawalSchema,
    WithdrawalSchema,
    WithdrawalsQuerySchema,
    WithdrawnUnits,
)

blueprint = Blueprint(
    "admin-withdrawals",
    __name__,
    url_prefix="/api/v1/admin",
    description="Withdrawals from contracts, for staff.",
)


@blueprint.route("/withdrawals", methods=["GET"])
@requires(Permission.CUSTOMERS_READ)
@blueprint.arguments(WithdrawalsQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(WithdrawalSchema))
def list_withdrawals(is_matched: bool | None, **page: Unpack[PageQuery]) -> dict[str, object]:
    """List confirmed withdrawals, newest first."""
    return queries.withdrawals_page(is_matched=is_matched, **page)


@blueprint.route("/withdrawals/<uuid:withdrawal_id>/match", methods=["POST"])
@requires(Permission.RETURNS_WRITE)
@may_answer(*NO_WITHDRAWAL)
@idempotent(required=False)
@blueprint.arguments(MatchWithdrawalSchema, as_kwargs=True)
@blueprint.response(200, ReturnSchema)
def match_withdrawal(withdrawal_id: UUID, order_id: UUID) -> dict[str, object]:
    """Say which order a withdrawal means. The moment of the notice stays what it was."""
    return_id = flows.match(withdrawal_id, order_id, by=principal())
    return case_queries.a_return(return_id)


class WithdrawalOfOrder(TypedDict):
    """Who withdraws, and from which units."""

    name: str | None
    email: str | None
    lines: list[WithdrawnUnits] | None


@blueprint.route("/orders/<uuid:order_id>/withdraw", methods=["POST"])
@requires(Permission.RETURNS_WRITE)
@may_answer(*NO_WITHDRAWAL)
@idempotent(required=True)
@blueprint.arguments(StaffWithdrawalSchema)
@blueprint.response(201, ReturnSchema)
def withdraw_order(body: WithdrawalOfOrder, order_id: UUID) -> dict[str, object]:
    """Record a withdrawal that came by post, e-mail or phone; the customer gets the receipt."""
    lines = body["lines"]
    return_id = flows.withdraw_for_customer(
        order_id,
        units=None
        if lines is None
        else {line["order_line_id"]: line["quantity"] for line in lines},
        name=body["name"],
        email=body["email"],
        language=None,
        by=principal(),
    )
    return case_queries.a_return(return_id)
