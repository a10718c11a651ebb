"""What should be ordered again, for staff."""

from typing import TypedDict, Unpack
from uuid import UUID

from api.inventory.errors import LevelNotFound, LocationNotFound, ReplenishmentReversed
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.http import LOCATED, Blueprint, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.purchasing import queries, service
from api.purchasing.admin_routes.refusals import STOCK_REFUSALS
from api.purchasing.errors import (
    CostMissing,
    CurrencyMixed,
    NothingToReorder,
    PurchaseOrderNotFound,
    ReorderReversed,
    SupplierInactive,
    SupplierNotFound,
    VariantsUnknown,
)
from api.purchasing.schemas.orders import PurchaseOrderSchema
from api.purchasing.schemas.reorder import (
    NewReorderSchema,
    ReorderQuerySchema,
    ReorderRuleSchema,
    ReorderSuggestionSchema,
)

blueprint = Blueprint(
    "reordering",
    __name__,
    url_prefix="/api/v1/admin",
    description="What should be ordered again.",
)


@blueprint.route("/reorder-suggestions", methods=["GET"])
@requires(Permission.INVENTORY_READ)
@blueprint.arguments(ReorderQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(ReorderSuggestionSchema))
def list_reorder_suggestions(
    location_id: UUID | None, supplier_id: UUID | None, **page: Unpack[PageQuery]
) -> dict[str, object]:
    """List levels at or below their reorder point or threshold, with how much to order."""
    return queries.reorder_page(
        location_id=location_id, supplier_id=supplier_id, **page, at=principal().locations
    )


class ReorderRule(TypedDict):
    """When a variant is reordered at a location."""

    level_id: UUID
    minimum: int | None
    reorder_point: int | None
    maximum: int | None


@blueprint.route("/reorder-rules", methods=["POST"])
@requires(Permission.PURCHASING_WRITE)
@may_answer(*STOCK_REFUSALS, LevelNotFound, ReorderReversed, ReplenishmentReversed)
@idempotent(required=False)
@blueprint.arguments(ReorderRuleSchema)
@blueprint.response(200, ReorderRuleSchema)
def set_reorder_rule(body: ReorderRule) -> ReorderRule:
    """Say when a level is ordered again and up to how many units, instead of what was said."""
    service.set_reorder_rule(**body, by=principal())
    return body


@blueprint.route("/suppliers/<uuid:supplier_id>/reorder", methods=["POST"])
@requires(Permission.PURCHASING_WRITE)
@may_answer(
    *(CostMissing, CurrencyMixed, LocationNotFound, NothingToReorder, PurchaseOrderNotFound),
    *(SupplierInactive, SupplierNotFound, VariantsUnknown),
)
@idempotent(required=True)
@blueprint.arguments(NewReorderSchema, as_kwargs=True)
@blueprint.response(201, PurchaseOrderSchema, headers=LOCATED)
def reorder_from_supplier(
    supplier_id: UUID,
    location_id: UUID | None = None,
    location: str | None = None,
    level_ids: list[UUID] | None = None,
) -> object:
    """Draft a purchase order of what should be ordered from a supplier for one location.

    All of it, or `level_ids` alone.
    """
    order_id = service.reorder(
        supplier_id, location_id=location_id, location=location, level_ids=level_ids, by=principal()
    )
    headers = {"Location": f"{blueprint.url_prefix}/purchase-orders/{order_id}"}
    return queries.purchase_order(order_id), headers
