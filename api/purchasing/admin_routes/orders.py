"""Suppliers and purchase orders, for staff."""

from datetime import date
from typing import Final, NotRequired, TypedDict, Unpack
from uuid import UUID

from flask import Response

from api.documents import purchase_order as documents
from api.inventory.errors import LocationNotFound
from api.kernel.errors import InvalidState
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.packages import PackageMissing
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery
from api.purchasing import queries, service
from api.purchasing.errors import (
    CostMissing,
    CurrencyMixed,
    ExchangeRateMissing,
    PurchaseOrderEmpty,
    PurchaseOrderNotFound,
    SupplierInactive,
    SupplierItemNotFound,
    SupplierNameTaken,
    SupplierNotFound,
    SupplierSkuTaken,
    SupplierWithoutEmail,
    VariantsUnknown,
)
from api.purchasing.schemas.orders import (
    EditPurchaseOrderSchema,
    EditSupplierSchema,
    NewPurchaseOrderSchema,
    NewSupplierSchema,
    PurchaseOrderLineSchema,
    PurchaseOrderQuerySchema,
    PurchaseOrderSchema,
    PurchaseReasonSchema,
    SetPurchaseOrderLineSchema,
    SetSupplierItemSchema,
    SupplierItemSchema,
    SupplierQuerySchema,
    SupplierSchema,
)

_FILE: Final = {"schema": {"type": "string", "format": "binary"}}

blueprint = Blueprint(
    "purchasing",
    __name__,
    url_prefix="/api/v1/admin",
    description="Suppliers and purchase orders.",
)


@blueprint.route("/suppliers", methods=["GET"])
@requires(Permission.PURCHASING_READ)
@blueprint.arguments(SupplierQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(SupplierSchema))
def list_suppliers(
    q: str | None, is_active: bool | None, **page: Unpack[PageQuery]
) -> dict[str, object]:
    """List suppliers by name."""
    return queries.supplier_page(q=q, is_active=is_active, **page)


@blueprint.route("/suppliers", methods=["POST"])
@requires(Permission.PURCHASING_WRITE)
@may_answer(SupplierNameTaken, SupplierNotFound)
@idempotent(required=False)
@blueprint.arguments(NewSupplierSchema)
@blueprint.response(201, SupplierSchema, headers=LOCATED)
def create_supplier(body: dict[str, object]) -> object:
    """Create a supplier."""
    supplier_id = service.create_supplier(body, by=principal())
    headers = {"Location": f"{blueprint.url_prefix}/suppliers/{supplier_id}"}
    return queries.supplier(supplier_id), headers


@blueprint.route("/suppliers/<uuid:supplier_id>", methods=["GET"])
@requires(Permission.PURCHASING_READ)
@may_answer(SupplierNotFound)
@blueprint.response(200, SupplierSchema)
def get_supplier(supplier_id: UUID) -> dict[str, object]:
    """Read one supplier."""
    return queries.supplier(supplier_id)


@blueprint.route("/suppliers/<uuid:supplier_id>", methods=["PATCH"])
@requires(Permission.PURCHASING_WRITE)
@may_answer(SupplierNameTaken, SupplierNotFound)
@versioned
@blueprint.arguments(EditSupplierSchema)
@blueprint.response(200, SupplierSchema)
def update_supplier(
    changes: dict[str, object], supplier_id: UUID, expected_version: int
) -> dict[str, object]:
    """Change a supplier. Orders that exist keep their currency."""
    with transaction():
        service.edit_supplier(
            supplier_id, changes, expected_version=expected_version, by=principal()
        )
    return queries.supplier(supplier_id)


@blueprint.route("/suppliers/<uuid:supplier_id>/items", methods=["GET"])
@requires(Permission.PURCHASING_READ)
@may_answer(SupplierNotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(SupplierItemSchema))
def list_supplier_items(query: PageQuery, supplier_id: UUID) -> dict[str, object]:
    """List what a supplier sells, by SKU."""
    return queries.item_page(supplier_id, **query)


class SupplierItem(TypedDict):
    """What a supplier calls a variant, and what it costs there."""

    code: str
    supplier_sku: str | None
    pack_quantity: int
    unit_cost: Money | None
    lead_time_days: int | None
    is_preferred: bool


@blueprint.route("/suppliers/<uuid:supplier_id>/items", methods=["POST"])
@requires(Permission.PURCHASING_WRITE)
@may_answer(
    CurrencyMixed, SupplierItemNotFound, SupplierNotFound, SupplierSkuTaken, VariantsUnknown
)
@idempotent(required=False)
@blueprint.arguments(SetSupplierItemSchema)
@blueprint.response(200, SupplierItemSchema)
def set_supplier_item(body: SupplierItem, supplier_id: UUID) -> dict[str, object]:
    """Say how a supplier sells a variant, instead of what was said before."""
    variant_id = service.set_item(supplier_id, **body, by=principal())
    return queries.supplier_item(supplier_id, variant_id)


@blueprint.route("/supplier-items/<uuid:item_id>", methods=["DELETE"])
@requires(Permission.PURCHASING_WRITE)
@may_answer(SupplierItemNotFound)
@blueprint.response(204)
def remove_supplier_item(item_id: UUID) -> None:
    """Say that a supplier does not sell a variant any more."""
    with transaction():
        service.remove_item(item_id, by=principal())


@blueprint.route("/purchase-orders", methods=["GET"])
@requires(Permission.PURCHASING_READ)
@blueprint.arguments(PurchaseOrderQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(PurchaseOrderSchema))
def list_purchase_orders(
    status: str | None,
    supplier_id: UUID | None,
    location_id: UUID | None,
    awaited: bool | None,
    **page: Unpack[PageQuery],
) -> dict[str, object]:
    """List purchase orders, the newest first; for those limited to locations, theirs."""
    return queries.purchase_order_page(
        status=status,
        supplier_id=supplier_id,
        location_id=location_id,
        awaited=awaited,
        **page,
        at=principal().locations,
    )


class NewPurchaseOrder(TypedDict):
    """Goods to order from a supplier."""

    supplier_id: NotRequired[UUID]
    supplier: NotRequired[str]
    location_id: NotRequired[UUID]
    location: NotRequired[str]
    freight: NotRequired[Money]
    exchange_rate: NotRequired[str | None]
    expected_on: NotRequired[date | None]
    note: NotRequired[str | None]
    lines: list[dict[str, object]]


@blueprint.route("/purchase-orders", methods=["POST"])
@requires(Permission.PURCHASING_WRITE)
@may_answer(
    CostMissing,
    CurrencyMixed,
    LocationNotFound,
    PurchaseOrderNotFound,
    SupplierInactive,
    SupplierNotFound,
    VariantsUnknown,
)
@idempotent(required=False)
@blueprint.arguments(NewPurchaseOrderSchema)
@blueprint.response(201, PurchaseOrderSchema, headers=LOCATED)
def create_purchase_order(body: NewPurchaseOrder) -> object:
    """Draft a purchase order. Nothing is incoming until it is ordered."""
    order_id = service.create_purchase_order(**body, by=principal())
    headers = {"Location": f"{blueprint.url_prefix}/purchase-orders/{order_id}"}
    return queries.purchase_order(order_id), headers


@blueprint.route("/purchase-orders/<uuid:purchase_order_id>", methods=["GET"])
@requires(Permission.PURCHASING_READ)
@may_answer(PurchaseOrderNotFound)
@blueprint.response(200, PurchaseOrderSchema)
def get_purchase_order(purchase_order_id: UUID) -> dict[str, object]:
    """Read one purchase order."""
    return queries.purchase_order(purchase_order_id)


@blueprint.route("/purchase-orders/<uuid:purchase_order_id>", methods=["PATCH"])
@requires(Permission.PURCHASING_WRITE)
@may_answer(CurrencyMixed, InvalidState, LocationNotFound, PurchaseOrderNotFound)
@versioned
@blueprint.arguments(EditPurchaseOrderSchema)
@blueprint.response(200, PurchaseOrderSchema)
def update_purchase_order(
    changes: dict[str, object], purchase_order_id: UUID, expected_version: int
) -> dict[str, object]:
    """Change freight, exchange rate, expected day or note; of a draft also the location.

    Units that have come already keep their cost.
    """
    with transaction():
        service.edit_purchase_order(
            purchase_order_id, changes, expected_version=expected_version, by=principal()
        )
    return queries.purchase_order(purchase_order_id)


@blueprint.route("/purchase-orders/<uuid:purchase_order_id>/lines", methods=["GET"])
@requires(Permission.PURCHASING_READ)
@may_answer(PurchaseOrderNotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(PurchaseOrderLineSchema))
def list_purchase_order_lines(query: PageQuery, purchase_order_id: UUID) -> dict[str, object]:
    """List the lines of a purchase order."""
    return queries.line_page(purchase_order_id, **query)


@blueprint.route("/purchase-orders/<uuid:purchase_order_id>/lines", methods=["POST"])
@requires(Permission.PURCHASING_WRITE)
@may_answer(CostMissing, CurrencyMixed, InvalidState, PurchaseOrderNotFound, VariantsUnknown)
@idempotent(required=False)
@blueprint.arguments(SetPurchaseOrderLineSchema, as_kwargs=True)
@blueprint.response(200, PurchaseOrderSchema)
def set_purchase_order_line(
    purchase_order_id: UUID, code: str, quantity: int, unit_cost: Money | None
) -> dict[str, object]:
    """Set how many units of a variant a draft orders; 0 takes the variant out."""
    service.set_line(
        purchase_order_id, code=code, quantity=quantity, unit_cost=unit_cost, by=principal()
    )
    return queries.purchase_order(purchase_order_id)


@blueprint.route("/purchase-orders/<uuid:purchase_order_id>/file", methods=["GET"])
@requires(Permission.PURCHASING_READ)
@may_answer(PackageMissing, PurchaseOrderNotFound)
@blueprint.doc(
    responses={"200": {"description": "The file", "content": {"application/pdf": _FILE}}}
)
def print_purchase_order(purchase_order_id: UUID) -> Response:
    """Fetch a purchase order as PDF, for the supplier; a draft says that it is one."""
    paper = queries.order_paper(purchase_order_id)
    response = Response(documents.pdf(paper), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{paper.number}.pdf"'
    return response


@blueprint.route("/purchase-orders/<uuid:purchase_order_id>/order", methods=["POST"])
@requires(Permission.PURCHASING_WRITE)
@may_answer(
    ExchangeRateMissing,
    InvalidState,
    PurchaseOrderEmpty,
    PurchaseOrderNotFound,
    SupplierInactive,
    SupplierNotFound,
)
@idempotent(required=False)
@blueprint.response(200, PurchaseOrderSchema)
def order_purchase_order(purchase_order_id: UUID) -> dict[str, object]:
    """Place a draft: its units are incoming from now on. The supplier is told by people."""
    service.order_purchase_order(purchase_order_id, by=principal())
    return queries.purchase_order(purchase_order_id)


@blueprint.route("/purchase-orders/<uuid:purchase_order_id>/email", methods=["POST"])
@requires(Permission.PURCHASING_WRITE)
@may_answer(InvalidState, PackageMissing, PurchaseOrderNotFound, SupplierWithoutEmail)
@idempotent(required=False)
@blueprint.response(202, PurchaseOrderSchema)
def email_purchase_order(purchase_order_id: UUID) -> dict[str, object]:
    """Send a placed order to its supplier as PDF, in the supplier's language."""
    service.email_purchase_order(purchase_order_id, command_id=new_id(), by=principal())
    return queries.purchase_order(purchase_order_id)


@blueprint.route("/purchase-orders/<uuid:purchase_order_id>/close", methods=["POST"])
@requires(Permission.PURCHASING_WRITE)
@may_answer(InvalidState, PurchaseOrderNotFound)
@idempotent(required=False)
@blueprint.arguments(PurchaseReasonSchema, as_kwargs=True)
@blueprint.response(200, PurchaseOrderSchema)
def close_purchase_order(purchase_order_id: UUID, reason: str) -> dict[str, object]:
    """Say that the rest of a purchase order will not come."""
    service.close_purchase_order(purchase_order_id, reason=reason, by=principal())
    return queries.purchase_order(purchase_order_id)


@blueprint.route("/purchase-orders/<uuid:purchase_order_id>/cancel", methods=["POST"])
@requires(Permission.PURCHASING_WRITE)
@may_answer(InvalidState, PurchaseOrderNotFound)
@idempotent(required=False)
@blueprint.arguments(PurchaseReasonSchema, as_kwargs=True)
@blueprint.response(200, PurchaseOrderSchema)
def cancel_purchase_order(purchase_order_id: UUID, reason: str) -> dict[str, object]:
    """Cancel a purchase order of which nothing has come."""
    service.cancel_purchase_order(purchase_order_id, reason=reason, by=principal())
    return queries.purchase_order(purchase_order_id)
