"""Edits of orders, for staff."""

from uuid import UUID

from api.accounts.errors import AccountNotFound
from api.catalog.errors import VariantNotFound
from api.checkout.errors import AddressRequired, CartNotPurchasable
from api.inventory.errors import InsufficientStock
from api.kernel.errors import InvalidState
from api.kernel.permissions import Permission
from api.order_edits import flows, queries
from api.order_edits.errors import (
    BelowRefunded,
    EditChanged,
    LineNotRepriced,
    LineRemoved,
    NothingToEdit,
    ParcelIsOpen,
    PartHasShipped,
    UnitsNotEditable,
)
from api.order_edits.flows import EditForm
from api.order_edits.schemas import EditFormSchema, EditPreviewSchema, EditSchema
from api.orders import queries as orders_queries
from api.orders.errors import OrderNotFound, UnknownOrderLine
from api.orders.schemas import OrderSchema
from api.payments.errors import (
    AmountBelowMinimum,
    AmountNotChargeable,
    PaymentInProgress,
    WrongCurrency,
)
from api.platform import approvals, audit
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent_flow
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.platform.problems import NumberOutOfRange
from api.returns.errors import NO_UNITS_TO_REFUND
from api.shipping.errors import ShippingMethodNotFound, ShippingNotAvailable
from api.tax.errors import CountryNotSold, MarketMismatch, TaxRuleMissing

blueprint = Blueprint(
    "admin-order-edits",
    __name__,
    url_prefix="/api/v1/admin/orders",
    description="Changing orders after they were placed, for staff.",
)

_NOT_PLANNED = (
    AccountNotFound,
    AddressRequired,
    AmountNotChargeable,
    AmountBelowMinimum,
    BelowRefunded,
    CartNotPurchasable,
    CountryNotSold,
    EditChanged,
    InvalidState,
    LineNotRepriced,
    LineRemoved,
    MarketMismatch,
    NothingToEdit,
    NumberOutOfRange,
    OrderNotFound,
    ParcelIsOpen,
    PartHasShipped,
    PaymentInProgress,
    ShippingMethodNotFound,
    ShippingNotAvailable,
    TaxRuleMissing,
    UnitsNotEditable,
    UnknownOrderLine,
    VariantNotFound,
    WrongCurrency,
)


@blueprint.route("/<uuid:order_id>/edits/preview", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@may_answer(*_NOT_PLANNED)
@blueprint.arguments(EditFormSchema)
@blueprint.response(200, EditPreviewSchema)
def preview_edit(form: EditForm, order_id: UUID) -> object:
    """Calculate what an edit would change and cost, each step in words.

    Takes no `Idempotency-Key`: it changes nothing.
    """
    audit.leave_out()
    with transaction():
        return flows.preview(order_id, form, by=principal())


@blueprint.route("/<uuid:order_id>/edits", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@may_answer(*_NOT_PLANNED, *NO_UNITS_TO_REFUND, InsufficientStock)
@idempotent_flow
@versioned
@blueprint.arguments(EditFormSchema)
@blueprint.response(200, OrderSchema)
@blueprint.alt_response(202, **approvals.WAITS)
def edit_order(form: EditForm, order_id: UUID, operation_id: UUID, expected_version: int) -> object:
    """Edit an order that has not ended: addresses, lines, prices, shipping method.

    Goods are allocated and released with it. What it costs less is refunded the way it was paid,
    what it costs more is due: mail a pay link. Units that have shipped or lie in a parcel stay. A
    price that staff set needs `orders:discount`, a refund `orders:refund`; above a limit of one's
    role (`discount_max`, `refund_max`) the edit waits for a second person (202).
    """
    is_done = flows.edit_order(
        order_id, form, expected_version=expected_version, command_id=operation_id, by=principal()
    )
    return orders_queries.customer_view(order_id) if is_done else approvals.waiting(operation_id)


@blueprint.route("/<uuid:order_id>/edits", methods=["GET"])
@requires(Permission.ORDERS_READ)
@may_answer(OrderNotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(EditSchema))
def list_edits(query: PageQuery, order_id: UUID) -> object:
    """List the edits of an order, newest first, with their steps in words."""
    return queries.edits_of_order(order_id, **query)
