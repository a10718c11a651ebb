"""Attributes for staff: what can be said of products, and what can be chosen."""

from collections.abc import Mapping
from typing import Unpack
from uuid import UUID

from api.catalog.errors import (
    AttributeCodeTaken,
    AttributeInUse,
    AttributeIsFixed,
    AttributeNotFound,
    ChoiceInUse,
    ChoicesNotExpected,
)
from api.catalog.queries import attributes as attribute_queries
from api.catalog.schemas.attributes import (
    AttributeSchema,
    AttributesQuerySchema,
    EditAttributeSchema,
    NewAttributeSchema,
)
from api.catalog.service import attributes as attribute_service
from api.catalog.service.inputs import AttributeInput
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery

blueprint = Blueprint(
    "admin-attributes",
    __name__,
    url_prefix="/api/v1/admin",
    description="What can be said of products, for staff.",
)


@blueprint.route("/attributes", methods=["GET"])
@requires(Permission.CATALOG_READ)
@blueprint.arguments(AttributesQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(AttributeSchema))
def list_attributes(kind: str | None, **page: Unpack[PageQuery]) -> object:
    """List attributes in the shop's order, with their choices."""
    return attribute_queries.list_attributes(kind=kind, **page)


@blueprint.route("/attributes", methods=["POST"])
@requires(Permission.CATALOG_WRITE)
@may_answer(AttributeCodeTaken, AttributeNotFound, ChoicesNotExpected)
@idempotent(required=False)
@blueprint.arguments(NewAttributeSchema)
@blueprint.response(201, AttributeSchema, headers=LOCATED)
def create_attribute(draft: AttributeInput) -> object:
    """Add something that can be said of products; they have it once their type defines it."""
    attribute_id = attribute_service.create_attribute(draft, by=principal())
    location = f"{blueprint.url_prefix}/attributes/{attribute_id}"
    return attribute_queries.get_attribute(attribute_id), {"Location": location}


@blueprint.route("/attributes/<uuid:attribute_id>", methods=["GET"])
@requires(Permission.CATALOG_READ)
@may_answer(AttributeNotFound)
@blueprint.response(200, AttributeSchema)
def get_attribute(attribute_id: UUID) -> object:
    """Read one attribute with its choices."""
    return attribute_queries.get_attribute(attribute_id)


@blueprint.route("/attributes/<uuid:attribute_id>", methods=["PATCH"])
@requires(Permission.CATALOG_WRITE)
@may_answer(AttributeIsFixed, AttributeNotFound, ChoiceInUse, ChoicesNotExpected)
@versioned
@blueprint.arguments(EditAttributeSchema)
@blueprint.response(200, AttributeSchema)
def update_attribute(
    changes: Mapping[str, object], attribute_id: UUID, expected_version: int
) -> object:
    """Rename an attribute, show or hide it, filter by it or not, replace its choices."""
    with transaction():
        attribute_service.edit_attribute(
            attribute_id, changes, expected_version=expected_version, by=principal()
        )
    return attribute_queries.get_attribute(attribute_id)


@blueprint.route("/attributes/<uuid:attribute_id>", methods=["DELETE"])
@requires(Permission.CATALOG_WRITE)
@may_answer(AttributeInUse, AttributeNotFound)
@versioned
@blueprint.response(204)
def delete_attribute(attribute_id: UUID, expected_version: int) -> None:
    """Remove an attribute that no product type defines."""
    with transaction():
        attribute_service.delete_attribute(
            attribute_id, expected_version=expected_version, by=principal()
        )
