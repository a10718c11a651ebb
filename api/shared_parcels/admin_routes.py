"""One parcel for two orders, for staff."""

from uuid import UUID

from api.fulfilment.errors import FulfilmentNotFound, OrderIsPickedUp
from api.kernel.errors import InvalidState
from api.kernel.permissions import Permission
from api.orders.errors import (
    NothingToShip,
    OrderNotFound,
    OrderOnHold,
    QuantityExceedsOpen,
    UnknownOrderLine,
)
from api.orders.queries import together
from api.orders.schemas import OrderCardSchema
from api.platform import approvals
from api.platform.auth import principal, requires
from api.platform.http import Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent, idempotent_flow
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.returns.errors import NO_UNITS_TO_REFUND
from api.shared_parcels import flows, queries
from api.shared_parcels.errors import (
    OrdersNotTogether,
    OrdersOfTwoMarkets,
    ParcelNotShipped,
    SavingDecided,
    SavingNotFound,
)
from api.shared_parcels.schemas import PackTogetherSchema, SharedParcelSchema

blueprint = Blueprint(
    "admin-shared-parcels",
    __name__,
    url_prefix="/api/v1/admin",
    description="One parcel for two orders of a customer.",
)


@blueprint.route("/orders/<uuid:order_id>/ships-with", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(OrderNotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(OrderCardSchema))
def list_ships_with(query: PageQuery, order_id: UUID) -> object:
    """List the orders that could leave in one parcel with an order, oldest first.

    They are of the same customer, go to the same address, and are ready to ship.
    """
    return together.ships_with(order_id, principal(), **query)


@blueprint.route("/orders/<uuid:order_id>/pack-together", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(
    FulfilmentNotFound,
    InvalidState,
    NothingToShip,
    OrderIsPickedUp,
    OrderNotFound,
    OrderOnHold,
    OrdersNotTogether,
    OrdersOfTwoMarkets,
    QuantityExceedsOpen,
    UnknownOrderLine,
)
@idempotent(required=True)
@blueprint.arguments(PackTogetherSchema)
@blueprint.response(201, SharedParcelSchema)
def pack_together(body: dict[str, UUID], order_id: UUID) -> object:
    """Pack what is left of an order and of another one in one parcel, with one label.

    Each order keeps a parcel of its own, which is shipped, delivered, voided and cancelled with the
    other one. What the second order paid for shipping in vain is proposed as a refund.
    """
    parcel_id = flows.pack_together(order_id, body["order_id"], by=principal())
    return queries.shared_parcel(parcel_id)


@blueprint.route("/fulfilments/<uuid:fulfilment_id>/refund-shipping", methods=["POST"])
@requires(Permission.ORDERS_REFUND)
@may_answer(
    *NO_UNITS_TO_REFUND, FulfilmentNotFound, ParcelNotShipped, SavingDecided, SavingNotFound
)
@idempotent_flow
@blueprint.response(200, SharedParcelSchema)
@blueprint.alt_response(202, **approvals.WAITS)
def refund_saved_shipping(fulfilment_id: UUID, operation_id: UUID) -> object:
    """Refund the shipping that a shared parcel saved, once it has shipped.

    The amount is that of `shipping_saving`. Above the limit of one's role it waits for a second
    person (202).
    """
    if flows.refund_saving(fulfilment_id, case_id=operation_id, by=principal()):
        return queries.shared_parcel(fulfilment_id)
    return approvals.waiting(operation_id)


@blueprint.route("/fulfilments/<uuid:fulfilment_id>/keep-shipping", methods=["POST"])
@requires(Permission.ORDERS_REFUND)
@may_answer(FulfilmentNotFound, OrderNotFound, SavingDecided, SavingNotFound)
@idempotent(required=True)
@blueprint.response(200, SharedParcelSchema)
def keep_saved_shipping(fulfilment_id: UUID) -> object:
    """Keep the shipping that a shared parcel saved: nothing is refunded."""
    flows.keep_saving(fulfilment_id, by=principal())
    return queries.shared_parcel(fulfilment_id)
