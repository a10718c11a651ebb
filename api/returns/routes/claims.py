"""Claims of customers and guests about their own orders: broken, lost or wrong units."""

from uuid import UUID

from api.kernel.ids import new_id
from api.orders import queries as orders_queries
from api.orders import service as orders_service
from api.orders.errors import OrderNotFound
from api.platform.auth import anyone, principal
from api.platform.http import Blueprint
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.returns.errors import NO_CLAIM
from api.returns.queries import claims as queries
from api.returns.schemas.claims import (
    CustomerClaimSchema,
    CustomerClaimsSchema,
    NewClaim,
    NewClaimSchema,
)
from api.returns.service import claims as service
from api.returns.service.claims import ClaimInput

blueprint = Blueprint(
    "claims", __name__, url_prefix="/api/v1/orders", description="Claims of a customer's orders."
)


@blueprint.route("/<uuid:order_id>/claims", methods=["GET"])
@anyone
@may_answer(OrderNotFound)
@blueprint.response(200, CustomerClaimsSchema)
def list_own_claims(order_id: UUID) -> object:
    """List the claims of an order of your own."""
    orders_queries.order_id_of_customer(order_id, principal())
    return {"claims": queries.claims_of_order(order_id)}


@blueprint.route("/<uuid:order_id>/claims", methods=["POST"])
@anyone
@may_answer(*NO_CLAIM)
@idempotent(required=True)
@blueprint.arguments(NewClaimSchema)
@blueprint.response(201, CustomerClaimSchema)
def open_own_claim(body: NewClaim, order_id: UUID) -> object:
    """Tell that units came broken, did not come, or are the wrong ones.

    With a note, and photos that were uploaded before by POST /orders/{order_id}/return-photos. The
    shop replaces the units, refunds them, or says why not.
    """
    orders_queries.order_id_of_customer(order_id, principal())
    claim_id = new_id()
    order = orders_service.lock(order_id)
    service.open_claim(order, ClaimInput(**body), claim_id=claim_id, by=principal())
    return queries.claim_of_customer(claim_id)
