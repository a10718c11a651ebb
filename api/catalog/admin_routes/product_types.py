"""Product types for staff: which attributes products of a kind have, and must have."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict
from uuid import UUID

from api.catalog.errors import (
    AttributeTwice,
    AttributeUnknown,
    ProductTypeInUse,
    ProductTypeNameTaken,
    ProductTypeNotFound,
    ProductTypeTooCommon,
)
from api.catalog.queries import attributes as attribute_queries
from api.catalog.schemas.attributes import (
    EditProductTypeSchema,
    NewProductTypeSchema,
    ProductTypeSchema,
)
from api.catalog.service import product_types as product_type_service
from api.catalog.service.inputs import TypeAttributeInput
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery

blueprint = Blueprint(
    "admin-product-types",
    __name__,
    url_prefix="/api/v1/admin",
    description="What kinds of products have in common, for staff.",
)


@blueprint.route("/product-types", methods=["GET"])
@requires(Permission.CATALOG_READ)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(ProductTypeSchema))
def list_product_types(query: PageQuery) -> object:
    """List product types by name, with what they define."""
    return attribute_queries.list_product_types(**query)


class NewProductType(TypedDict):
    """A product type and its attributes."""

    name: str
    attributes: NotRequired[list[TypeAttributeInput]]


@blueprint.route("/product-types", methods=["POST"])
@requires(Permission.CATALOG_WRITE)
@may_answer(AttributeTwice, AttributeUnknown, ProductTypeNameTaken, ProductTypeNotFound)
@idempotent(required=False)
@blueprint.arguments(NewProductTypeSchema)
@blueprint.response(201, ProductTypeSchema, headers=LOCATED)
def create_product_type(given: NewProductType) -> object:
    """Define a type; products that name it as their `product_type` have its attributes."""
    type_id = product_type_service.create_product_type(
        given["name"], given.get("attributes", []), by=principal()
    )
    location = f"{blueprint.url_prefix}/product-types/{type_id}"
    return attribute_queries.get_product_type(type_id), {"Location": location}


@blueprint.route("/product-types/<uuid:type_id>", methods=["GET"])
@requires(Permission.CATALOG_READ)
@may_answer(ProductTypeNotFound)
@blueprint.response(200, ProductTypeSchema)
def get_product_type(type_id: UUID) -> object:
    """Read one product type with what it defines."""
    return attribute_queries.get_product_type(type_id)


@blueprint.route("/product-types/<uuid:type_id>", methods=["PATCH"])
@requires(Permission.CATALOG_WRITE)
@may_answer(
    AttributeTwice,
    AttributeUnknown,
    ProductTypeInUse,
    ProductTypeNameTaken,
    ProductTypeNotFound,
    ProductTypeTooCommon,
)
@versioned
@blueprint.arguments(EditProductTypeSchema)
@blueprint.response(200, ProductTypeSchema)
def update_product_type(
    changes: Mapping[str, object], type_id: UUID, expected_version: int
) -> object:
    """Rename a type, its products along with it, or replace the list of its attributes."""
    with transaction():
        product_type_service.edit_product_type(
            type_id, changes, expected_version=expected_version, by=principal()
        )
    return attribute_queries.get_product_type(type_id)


@blueprint.route("/product-types/<uuid:type_id>", methods=["DELETE"])
@requires(Permission.CATALOG_WRITE)
@may_answer(ProductTypeInUse, ProductTypeNotFound)
@versioned
@blueprint.response(204)
def delete_product_type(type_id: UUID, expected_version: int) -> None:
    """Remove a type whose products have no values; they go on naming it."""
    with transaction():
        product_type_service.delete_product_type(
            type_id, expected_version=expected_version, by=principal()
        )
