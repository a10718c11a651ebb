"""What becomes of units that were not found, and whose a picked item is; for staff."""

from dataclasses import asdict
from uuid import UUID

from api.accounts.errors import AccountNotFound
from api.catalog.errors import VariantNotFound
from api.checkout.errors import AddressRequired, CartNotPurchasable
from api.inventory.errors import InsufficientStock
from api.kernel.permissions import Permission
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
from api.orders.errors import UnknownOrderLine
from api.payments.errors import (
    AmountBelowMinimum,
    AmountNotChargeable,
    GatewayUnavailable,
    PaymentInProgress,
    WrongCurrency,
)
from api.picking import flows, queries, service
from api.picking.errors import (
    NO_PICK,
    NoOrderForItem,
    NoOtherBin,
    NoSubstitute,
    NotAnother,
    NotATote,
    RestNeedsApproval,
    SubstituteNotFound,
    UnitsInParcel,
)
from api.picking.schemas import BatchDetailSchema
from api.picking.schemas.rests import (
    ItemInToteQuerySchema,
    NewSubstituteSchema,
    OrderForItemSchema,
    SubstituteSchema,
)
from api.platform.auth import PermissionMissing, principal, requires
from api.platform.http import Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent, idempotent_flow
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.platform.problems import NumberOutOfRange
from api.returns.errors import NO_UNITS_TO_REFUND
from api.shipping.errors import ShippingMethodNotFound, ShippingNotAvailable
from api.tax.errors import CountryNotSold, MarketMismatch, TaxRuleMissing
from api.warehouse.errors import CountTooLarge, NothingToCount

blueprint = Blueprint(
    "picking-rests",
    __name__,
    url_prefix="/api/v1/admin/picking",
    description="Units that were not found, what goes out instead, and whose a picked item is.",
)

_EDIT_REFUSED = (
    *(AccountNotFound, AddressRequired, AmountNotChargeable, AmountBelowMinimum, BelowRefunded),
    *(CartNotPurchasable, CountryNotSold, EditChanged, GatewayUnavailable, InsufficientStock),
    *(LineNotRepriced, LineRemoved, MarketMismatch, NothingToEdit, NumberOutOfRange, ParcelIsOpen),
    *(PartHasShipped, PaymentInProgress, ShippingMethodNotFound, ShippingNotAvailable),
    *(TaxRuleMissing, UnitsNotEditable, UnknownOrderLine, VariantNotFound, WrongCurrency),
    *NO_UNITS_TO_REFUND,
)


@blueprint.route("/lines/<uuid:line_id>/back-order", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(*NO_PICK, CountTooLarge, NoOtherBin, NothingToCount, UnitsInParcel)
@idempotent(required=True)
@blueprint.response(200, BatchDetailSchema)
def back_order_rest(line_id: UUID) -> dict[str, object]:
    """Report the rest of a line missing, and let the customer wait for it.

    The units are in quarantine until their bin is counted; what is found, or comes before, goes to
    the order in its turn. It may wait whatever the variant's `back_orders` says.
    """
    return queries.batch(flows.back_order_rest(line_id, by=principal()))


@blueprint.route("/lines/<uuid:line_id>/cancel-rest", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(
    *(*NO_PICK, *_EDIT_REFUSED, CountTooLarge, NoOtherBin, NothingToCount, PermissionMissing),
    RestNeedsApproval,
)
@idempotent_flow
@blueprint.response(200, BatchDetailSchema)
def cancel_rest(line_id: UUID, operation_id: UUID) -> dict[str, object]:
    """Report the rest of a line missing, and take it off the order: its money goes back.

    Needs `orders:write`, and `orders:refund` where money goes back.
    """
    return queries.batch(flows.cancel_rest(line_id, command_id=operation_id, by=principal()))


@blueprint.route("/lines/<uuid:line_id>/substitute", methods=["POST"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(
    *(*NO_PICK, *_EDIT_REFUSED, CountTooLarge, NoOtherBin, NoSubstitute, NothingToCount),
)
@idempotent_flow
@blueprint.response(200, BatchDetailSchema)
def substitute_rest(line_id: UUID, operation_id: UUID) -> dict[str, object]:
    """Report the rest of a line missing, and let go out instead what a rule of staff names.

    The customer pays no more than was agreed. The new line comes next in the walk.
    """
    return queries.batch(flows.substitute_rest(line_id, command_id=operation_id, by=principal()))


@blueprint.route("/substitutes", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(SubstituteSchema))
def list_substitutes(query: PageQuery) -> dict[str, object]:
    """List what may go out instead of what, the newest rule first."""
    return queries.substitutes(**query)


@blueprint.route("/substitutes", methods=["POST"])
@requires(Permission.ORDERS_DISCOUNT)
@may_answer(NotAnother, SubstituteNotFound, VariantNotFound)
@idempotent(required=True)
@blueprint.arguments(NewSubstituteSchema, as_kwargs=True)
@blueprint.response(201, SubstituteSchema)
def add_substitute(sku: str, substitute_sku: str) -> dict[str, object]:
    """Let pickers send one item instead of another, at the price that was agreed for that."""
    rule_id = service.add_substitute(sku, substitute_sku, by=principal())
    return queries.substitute(rule_id)


@blueprint.route("/substitutes/<uuid:rule_id>/remove", methods=["POST"])
@requires(Permission.ORDERS_DISCOUNT)
@may_answer(SubstituteNotFound)
@idempotent(required=True)
@blueprint.response(204)
def remove_substitute(rule_id: UUID) -> None:
    """End a rule; what went out by it stays."""
    service.remove_substitute(rule_id, by=principal())


@blueprint.route("/order-for-item", methods=["GET"])
@requires(Permission.FULFILMENT_WRITE)
@may_answer(NoOrderForItem, NotATote)
@blueprint.arguments(ItemInToteQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, OrderForItemSchema)
def get_order_for_item(tote: str, item: str) -> dict[str, object]:
    """Find the order in a tote that waits for the item that was scanned.

    In a tote of single items any item finds an order that wants it.
    """
    return asdict(queries.order_for_item(tote, item, at=principal().locations))
