"""Back-in-stock subscriptions: for guests and customers, and the demand list for staff."""

from typing import Unpack
from uuid import UUID

from api.accounts.errors import AccountNotFound
from api.back_in_stock import queries, service
from api.back_in_stock.errors import AlreadyInStock, EmailAddressRequired, SubscriptionNotFound
from api.back_in_stock.schemas import (
    CancelStockRequestsSchema,
    NewStockRequestSchema,
    StockDemandSchema,
    StockRequestAcceptedSchema,
    StockRequestSchema,
    StockRequestsQuerySchema,
)
from api.catalog.errors import VariantNotFound
from api.kernel.permissions import Permission
from api.platform import rate_limits
from api.platform.auth import anyone, customers_only, principal, public, requires
from api.platform.db import transaction
from api.platform.http import Blueprint, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.platform.rate_limits import by_account, by_address, limiter

blueprint = Blueprint(
    "stock-requests",
    __name__,
    url_prefix="/api/v1/stock-requests",
    description="Notifications when a variant is back in stock.",
)
admin = Blueprint(
    "admin-stock-requests",
    __name__,
    url_prefix="/api/v1/admin/stock-requests",
    description="Demand for variants that are out of stock, for staff.",
)

_THANKS = {
    "detail": "Thank you. You will get one e-mail when it is available again and it is your turn."
}


@blueprint.route("", methods=["POST"])
@anyone
@may_answer(AccountNotFound, EmailAddressRequired, AlreadyInStock, VariantNotFound)
@limiter.limit(rate_limits.REGISTER_BY_ADDRESS, key_func=by_address)
@limiter.limit(rate_limits.REGISTER, key_func=by_account)
@idempotent(required=False, strangers=True)
@blueprint.arguments(NewStockRequestSchema, as_kwargs=True)
@blueprint.response(202, StockRequestAcceptedSchema)
def create_stock_request(variant_id: UUID, email: str | None) -> object:
    """Subscribe to one e-mail when a variant is back in stock.

    The answer is the same for an address that is subscribed already. Refuses a variant in stock.
    """
    service.subscribe(variant_id, email=email, user_id=principal().id)
    return _THANKS


@blueprint.route("", methods=["GET"])
@customers_only
@blueprint.arguments(StockRequestsQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(StockRequestSchema))
def list_stock_requests(**page: Unpack[PageQuery]) -> object:
    """List your subscriptions, newest first."""
    user_id = principal().id
    assert user_id is not None
    return queries.requests_of(user_id, **page)


@blueprint.route("/<uuid:request_id>", methods=["DELETE"])
@customers_only
@may_answer(SubscriptionNotFound)
@blueprint.response(204)
def cancel_stock_request(request_id: UUID) -> None:
    """Cancel a subscription."""
    user_id = principal().id
    assert user_id is not None
    with transaction():
        service.cancel(request_id, user_id=user_id)


@blueprint.route("/cancel", methods=["POST"])
@public
@limiter.limit(rate_limits.REFRESH, key_func=by_address)
@idempotent(required=False, strangers=True)
@blueprint.arguments(CancelStockRequestsSchema)
@blueprint.response(204)
def cancel_stock_requests_by_token(body: dict[str, str]) -> None:
    """Cancel all subscriptions of an address, by the secret in the link of an e-mail.

    The answer does not reveal whether there were any.
    """
    service.cancel_all(body["token"])


@admin.route("", methods=["GET"])
@requires(Permission.CUSTOMERS_READ)
@admin.arguments(StockRequestsQuerySchema, location="query", as_kwargs=True)
@admin.response(200, list_schema(StockDemandSchema))
def list_stock_demand(**page: Unpack[PageQuery]) -> object:
    """List subscribed variants, those with the most subscribers first."""
    return queries.demand(**page)
