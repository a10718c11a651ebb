"""Draft orders and pay links, for staff."""

from typing import Unpack
from uuid import UUID

from api.accounts.errors import AccountNotFound
from api.catalog.errors import VariantNotFound
from api.checkout.errors import AddressRequired, CartNotPurchasable
from api.draft_orders import flows, queries
from api.draft_orders.errors import (
    CustomerUnknown,
    DraftIncomplete,
    DraftNotFound,
    PricesNotApproved,
    QuoteChanged,
    QuoteExpired,
)
from api.draft_orders.schemas import (
    DraftCardSchema,
    DraftFormSchema,
    DraftPatchSchema,
    DraftPriceSchema,
    DraftQuerySchema,
    DraftSchema,
    PaidByHandSchema,
    ReserveSchema,
)
from api.inventory.errors import InsufficientStock
from api.kernel.errors import InvalidState
from api.kernel.money import Money
from api.kernel.permissions import Permission
from api.orders import queries as orders_queries
from api.orders.errors import NothingIsDue, OrderNotFound
from api.orders.schemas import OrderSchema, TimelineSchema
from api.payments.errors import (
    AmountBelowMinimum,
    AmountExceedsDue,
    AmountNotChargeable,
    NothingDue,
    PaymentInProgress,
    WrongCurrency,
)
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, list_schema
from api.platform.idempotency import idempotent, idempotent_flow
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.promotions.errors import DiscountUsedUp
from api.shipping.errors import ShippingMethodNotFound, ShippingNotAvailable
from api.tax.errors import CountryNotSold, MarketMismatch, TaxRuleMissing

blueprint = Blueprint(
    "admin-draft-orders",
    __name__,
    url_prefix="/api/v1/admin/draft-orders",
    description="Orders that staff prepare for a customer, and quotes.",
)
pay_links = Blueprint(
    "admin-pay-links",
    __name__,
    url_prefix="/api/v1/admin/orders",
    description="Links by which customers pay, for staff.",
)

_FORM = (CartNotPurchasable, CustomerUnknown, VariantNotFound, WrongCurrency)
_PRICED = (
    AccountNotFound,
    AddressRequired,
    AmountBelowMinimum,
    AmountNotChargeable,
    CartNotPurchasable,
    CountryNotSold,
    DraftIncomplete,
    DraftNotFound,
    InvalidState,
    MarketMismatch,
    PricesNotApproved,
    QuoteExpired,
    ShippingMethodNotFound,
    ShippingNotAvailable,
    TaxRuleMissing,
    VariantNotFound,
)


@blueprint.route("", methods=["GET"])
@requires(Permission.ORDERS_WRITE)
@blueprint.arguments(DraftQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(DraftCardSchema))
def list_drafts(status: str, **page: Unpack[PageQuery]) -> object:
    """List draft orders, newest first."""
    return queries.list_drafts(status=status, **page)


@blueprint.route("", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@may_answer(*_FORM, *_PRICED)
@idempotent(required=True)
@blueprint.arguments(DraftFormSchema)
@blueprint.response(201, DraftSchema, headers=LOCATED)
def create_draft(form: dict[str, object]) -> object:
    """Put goods together for a customer. Nothing is reserved until you ask for it.

    Prices of your own above the limit of your role wait for a second person: until then the draft
    is neither sent nor placed.
    """
    draft_id = flows.create_draft(form, by=principal())
    return flows.details(draft_id), {"Location": f"/api/v1/admin/draft-orders/{draft_id}"}


@blueprint.route("/<uuid:draft_id>", methods=["GET"])
@requires(Permission.ORDERS_WRITE)
@may_answer(*_PRICED)
@blueprint.response(200, DraftSchema)
def get_draft(draft_id: UUID) -> object:
    """Read a draft with what it costs, each step in words."""
    return flows.details(draft_id)


@blueprint.route("/<uuid:draft_id>", methods=["PATCH"])
@requires(Permission.ORDERS_WRITE)
@may_answer(*_FORM, *_PRICED)
@versioned
@blueprint.arguments(DraftPatchSchema)
@blueprint.response(200, DraftSchema)
def edit_draft(form: dict[str, object], draft_id: UUID, expected_version: int) -> object:
    """Change what is on a draft. A pay link that was sent ends, and so does its reservation."""
    with transaction():
        flows.edit_draft(draft_id, form, expected_version=expected_version, by=principal())
    return flows.details(draft_id)


@blueprint.route("/<uuid:draft_id>/prices", methods=["POST"])
@requires(Permission.ORDERS_DISCOUNT)
@may_answer(*_FORM, *_PRICED)
@idempotent(required=True)
@blueprint.arguments(DraftPriceSchema, as_kwargs=True)
@blueprint.response(200, DraftSchema)
def set_draft_price(draft_id: UUID, sku: str, unit_price: Money, reason: str) -> object:
    """Set the price of one line of a draft, with a reason. A pay link that was sent ends.

    Above the limit of your role it waits for a second person: see `price_command_id`.
    """
    flows.set_price(draft_id, sku=sku, unit_price=unit_price, reason=reason, by=principal())
    return flows.details(draft_id)


@blueprint.route("/<uuid:draft_id>", methods=["DELETE"])
@requires(Permission.ORDERS_WRITE)
@may_answer(DraftNotFound, InvalidState)
@versioned
@blueprint.response(204)
def discard_draft(draft_id: UUID, expected_version: int) -> None:
    """Discard a draft: its pay link and its reservation end."""
    with transaction():
        flows.discard_draft(draft_id, expected_version=expected_version, by=principal())


@blueprint.route("/<uuid:draft_id>/reserve", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@may_answer(*_PRICED, InsufficientStock)
@idempotent(required=True)
@blueprint.arguments(ReserveSchema, as_kwargs=True)
@blueprint.response(200, DraftSchema)
def reserve_draft(draft_id: UUID, hours: int) -> object:
    """Reserve the units of a draft for some hours; 0 ends the reservation."""
    flows.reserve(draft_id, hours=hours, by=principal())
    return flows.details(draft_id)


@blueprint.route("/<uuid:draft_id>/pay-link", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@may_answer(*_PRICED)
@idempotent(required=True)
@blueprint.response(200, DraftSchema)
def send_pay_link(draft_id: UUID) -> object:
    """Mail the customer a link to pay the draft: opened, it becomes an order.

    The link opens once, until the quote's day or for three days; a change of the draft ends it.
    """
    flows.send_pay_link(draft_id, by=principal())
    return flows.details(draft_id)


@blueprint.route("/<uuid:draft_id>/mark-paid", methods=["POST"])
@requires(Permission.PAYMENTS_WRITE)
@may_answer(
    *_PRICED,
    AmountExceedsDue,
    DiscountUsedUp,
    InsufficientStock,
    NothingDue,
    OrderNotFound,
    PaymentInProgress,
    QuoteChanged,
    WrongCurrency,
)
@idempotent_flow
@blueprint.arguments(PaidByHandSchema, as_kwargs=True)
@blueprint.response(201, OrderSchema, headers=LOCATED)
def mark_draft_paid(draft_id: UUID, operation_id: UUID, reference: str) -> object:
    """Place the draft as an order that was paid outside the provider: by transfer or cash."""
    with transaction():
        order_id = flows.mark_paid(
            draft_id, reference=reference, payment_id=operation_id, by=principal()
        )
    location = {"Location": f"/api/v1/admin/orders/{order_id}"}
    return orders_queries.customer_view(order_id), location


@pay_links.route("/<uuid:order_id>/pay-link", methods=["POST"])
@requires(Permission.ORDERS_WRITE)
@may_answer(AmountBelowMinimum, AmountNotChargeable, InvalidState, NothingIsDue, OrderNotFound)
@idempotent(required=True)
@pay_links.response(201, TimelineSchema)
def send_pay_link_of_order(order_id: UUID) -> object:
    """Mail the customer of an order a link to pay what is due; returns the order's history.

    The link opens once, until the order expires or for three days; a change of the order ends it.
    """
    flows.send_pay_link_of_order(order_id, by=principal())
    return {"data": orders_queries.timeline(order_id)}
