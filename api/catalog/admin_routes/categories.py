"""The category tree for staff."""

from collections.abc import Mapping
from uuid import UUID

from api.catalog.errors import (
    CategoryCycle,
    CategoryNotEmpty,
    CategoryNotFound,
    NotAMember,
    SlugTaken,
)
from api.catalog.queries import admin_detail
from api.catalog.schemas.admin import CategorySchema, EditCategorySchema, NewCategorySchema
from api.catalog.schemas.collections import MoveProductSchema, PlacedProductsSchema
from api.catalog.service import categories as category_service
from api.catalog.service.inputs import CategoryInput
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer

blueprint = Blueprint(
    "admin-categories",
    __name__,
    url_prefix="/api/v1/admin",
    description="The category tree, for staff.",
)


@blueprint.route("/categories", methods=["GET"])
@requires(Permission.CATALOG_READ)
@blueprint.response(200, list_schema(CategorySchema))
def list_categories() -> object:
    """Read the whole tree with versions, parents before children."""
    return admin_detail.list_categories()


@blueprint.route("/categories", methods=["POST"])
@requires(Permission.CATALOG_WRITE)
@may_answer(CategoryNotFound, SlugTaken)
@idempotent(required=False)
@blueprint.arguments(NewCategorySchema)
@blueprint.response(201, CategorySchema, headers=LOCATED)
def create_category(draft: CategoryInput) -> object:
    """Add a category to the tree."""
    category_id = category_service.create_category(draft, by=principal())
    location = f"{blueprint.url_prefix}/categories/{category_id}"
    return admin_detail.get_category(category_id), {"Location": location}


@blueprint.route("/categories/<uuid:category_id>", methods=["GET"])
@requires(Permission.CATALOG_READ)
@may_answer(CategoryNotFound)
@blueprint.response(200, CategorySchema)
def get_category(category_id: UUID) -> object:
    """Read one category."""
    return admin_detail.get_category(category_id)


@blueprint.route("/categories/<uuid:category_id>", methods=["PATCH"])
@requires(Permission.CATALOG_WRITE)
@may_answer(CategoryCycle, CategoryNotFound, SlugTaken)
@versioned
@blueprint.arguments(EditCategorySchema)
@blueprint.response(200, CategorySchema)
def update_category(
    changes: Mapping[str, object], category_id: UUID, expected_version: int
) -> object:
    """Rename, describe, order or move a category; what stands below comes along."""
    with transaction():
        category_service.edit_category(
            category_id, changes, expected_version=expected_version, by=principal()
        )
    return admin_detail.get_category(category_id)


@blueprint.route("/categories/<uuid:category_id>", methods=["DELETE"])
@requires(Permission.CATALOG_WRITE)
@may_answer(CategoryNotEmpty, CategoryNotFound)
@versioned
@blueprint.response(204)
def delete_category(category_id: UUID, expected_version: int) -> None:
    """Remove an empty category."""
    with transaction():
        category_service.delete_category(
            category_id, expected_version=expected_version, by=principal()
        )


@blueprint.route("/categories/<uuid:category_id>/order", methods=["PUT"])
@requires(Permission.CATALOG_WRITE)
@may_answer(CategoryNotFound, NotAMember)
@versioned
@blueprint.arguments(PlacedProductsSchema, as_kwargs=True)
@blueprint.response(200, CategorySchema)
def set_category_order(category_id: UUID, expected_version: int, product_ids: list[UUID]) -> object:
    """Say which products of a category come first; the rest follows by newest."""
    with transaction():
        category_service.place_in_category(
            category_id, product_ids, expected_version=expected_version, by=principal()
        )
    return admin_detail.get_category(category_id)


@blueprint.route("/categories/<uuid:category_id>/products/move", methods=["POST"])
@requires(Permission.CATALOG_WRITE)
@may_answer(CategoryNotFound, NotAMember)
@idempotent(required=False)
@blueprint.arguments(MoveProductSchema, as_kwargs=True)
@blueprint.response(200, CategorySchema)
def move_category_product(
    category_id: UUID,
    product_id: UUID,
    before: UUID | None = None,
    after: UUID | None = None,
    position: int | None = None,
) -> object:
    """Put one product of a category before or after another, or at a place."""
    category_service.move_in_category(
        category_id,
        product_id=product_id,
        before=before,
        after=after,
        position=position,
        by=principal(),
    )
    return admin_detail.get_category(category_id)
