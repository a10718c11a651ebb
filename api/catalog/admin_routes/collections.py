"""Collections for staff: what they say, what is in them, and in which order."""

from collections.abc import Mapping
from typing import TypedDict, Unpack
from uuid import UUID

from api.catalog.errors import (
    CollectionFollowsRules,
    CollectionFull,
    CollectionHasNoRules,
    CollectionNotFound,
    NotAMember,
    ProductsUnknown,
    RulesInvalid,
    SlugTaken,
)
from api.catalog.models import RuleMatch
from api.catalog.queries import collection_rules as collection_rule_queries
from api.catalog.queries import collections as collection_queries
from api.catalog.schemas.collections import (
    CollectionProductSchema,
    CollectionSchema,
    CollectionsQuerySchema,
    EditCollectionSchema,
    MoveProductSchema,
    NewCollectionSchema,
    PlacedProductsSchema,
    RulesPreviewSchema,
    RulesSchema,
)
from api.catalog.service import collection_rules as collection_rule_service
from api.catalog.service import collections as collection_service
from api.catalog.service.collections import CollectionInput
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, PageQuerySchema, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.pagination import PageQuery

blueprint = Blueprint(
    "admin-collections",
    __name__,
    url_prefix="/api/v1/admin",
    description="Collections, for staff.",
)


@blueprint.route("/collections", methods=["GET"])
@requires(Permission.CATALOG_READ)
@blueprint.arguments(CollectionsQuerySchema, location="query", as_kwargs=True)
@blueprint.response(200, list_schema(CollectionSchema))
def list_collections(kind: str | None, q: str | None, **page: Unpack[PageQuery]) -> object:
    """List collections, the newest first."""
    return collection_queries.list_collections(kind=kind, q=q, **page)


@blueprint.route("/collections", methods=["POST"])
@requires(Permission.CATALOG_WRITE)
@may_answer(CollectionHasNoRules, CollectionNotFound, RulesInvalid, SlugTaken)
@idempotent(required=False)
@blueprint.arguments(NewCollectionSchema)
@blueprint.response(201, CollectionSchema, headers=LOCATED)
def create_collection(draft: CollectionInput) -> object:
    """Make a collection; one with rules is filled right after."""
    collection_id = collection_service.create_collection(draft, by=principal())
    location = f"{blueprint.url_prefix}/collections/{collection_id}"
    return collection_queries.get_collection(collection_id), {"Location": location}


class WantedRules(TypedDict):
    """Rules, and whether products keep all or any of them."""

    match: RuleMatch
    rules: list[dict[str, object]]


@blueprint.route("/collections/preview", methods=["POST"])
@requires(Permission.CATALOG_READ)
@may_answer(RulesInvalid)
@blueprint.arguments(RulesSchema)
@blueprint.response(200, RulesPreviewSchema)
def preview_collection(given: WantedRules) -> object:
    """Show the newest products that rules would bring in, and how many there are.

    Takes no `Idempotency-Key`: it changes nothing.
    """
    return collection_rule_queries.preview(
        given["match"], collection_rule_service.validate_rules(given["rules"])
    )


@blueprint.route("/collections/<uuid:collection_id>", methods=["GET"])
@requires(Permission.CATALOG_READ)
@may_answer(CollectionNotFound)
@blueprint.response(200, CollectionSchema)
def get_collection(collection_id: UUID) -> object:
    """Read one collection with its rules."""
    return collection_queries.get_collection(collection_id)


@blueprint.route("/collections/<uuid:collection_id>", methods=["PATCH"])
@requires(Permission.CATALOG_WRITE)
@may_answer(CollectionHasNoRules, CollectionNotFound, RulesInvalid, SlugTaken)
@versioned
@blueprint.arguments(EditCollectionSchema)
@blueprint.response(200, CollectionSchema)
def update_collection(
    changes: Mapping[str, object], collection_id: UUID, expected_version: int
) -> object:
    """Change what a collection says, how it is listed, or its rules, which then apply anew."""
    with transaction():
        collection_service.edit_collection(
            collection_id, changes, expected_version=expected_version, by=principal()
        )
    return collection_queries.get_collection(collection_id)


@blueprint.route("/collections/<uuid:collection_id>", methods=["DELETE"])
@requires(Permission.CATALOG_WRITE)
@may_answer(CollectionNotFound)
@versioned
@blueprint.response(204)
def delete_collection(collection_id: UUID, expected_version: int) -> None:
    """Remove a collection; the products stay."""
    with transaction():
        collection_service.delete_collection(
            collection_id, expected_version=expected_version, by=principal()
        )


@blueprint.route("/collections/<uuid:collection_id>/products", methods=["GET"])
@requires(Permission.CATALOG_READ)
@may_answer(CollectionNotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, list_schema(CollectionProductSchema))
def list_collection_products(query: PageQuery, collection_id: UUID) -> object:
    """List what is in a collection, in the shop's order, whatever its state."""
    return collection_queries.list_collection_products(collection_id, **query)


@blueprint.route("/collections/<uuid:collection_id>/products", methods=["PUT"])
@requires(Permission.CATALOG_WRITE)
@may_answer(CollectionFollowsRules, CollectionNotFound, ProductsUnknown)
@versioned
@blueprint.arguments(PlacedProductsSchema, as_kwargs=True)
@blueprint.response(200, CollectionSchema)
def set_collection_products(
    collection_id: UUID, expected_version: int, product_ids: list[UUID]
) -> object:
    """Let these be all products of a collection by hand, in this order."""
    with transaction():
        collection_service.put_products(
            collection_id, product_ids, expected_version=expected_version, by=principal()
        )
    return collection_queries.get_collection(collection_id)


@blueprint.route("/collections/<uuid:collection_id>/products", methods=["POST"])
@requires(Permission.CATALOG_WRITE)
@may_answer(CollectionFollowsRules, CollectionFull, CollectionNotFound, ProductsUnknown)
@idempotent(required=False)
@blueprint.arguments(PlacedProductsSchema, as_kwargs=True)
@blueprint.response(200, CollectionSchema)
def add_collection_products(collection_id: UUID, product_ids: list[UUID]) -> object:
    """Put products at the end of a collection by hand; those in it stay where they are."""
    collection_service.add_products(collection_id, product_ids, by=principal())
    return collection_queries.get_collection(collection_id)


@blueprint.route("/collections/<uuid:collection_id>/products/remove", methods=["POST"])
@requires(Permission.CATALOG_WRITE)
@may_answer(CollectionFollowsRules, CollectionNotFound)
@idempotent(required=False)
@blueprint.arguments(PlacedProductsSchema, as_kwargs=True)
@blueprint.response(200, CollectionSchema)
def remove_collection_products(collection_id: UUID, product_ids: list[UUID]) -> object:
    """Take products out of a collection by hand."""
    collection_service.remove_products(collection_id, product_ids, by=principal())
    return collection_queries.get_collection(collection_id)


@blueprint.route("/collections/<uuid:collection_id>/products/move", methods=["POST"])
@requires(Permission.CATALOG_WRITE)
@may_answer(CollectionNotFound, NotAMember)
@idempotent(required=False)
@blueprint.arguments(MoveProductSchema, as_kwargs=True)
@blueprint.response(200, CollectionSchema)
def move_collection_product(
    collection_id: UUID,
    product_id: UUID,
    before: UUID | None = None,
    after: UUID | None = None,
    position: int | None = None,
) -> object:
    """Put a product of a collection before or after another one, or at a place."""
    collection_service.move_product(
        collection_id,
        product_id=product_id,
        before=before,
        after=after,
        position=position,
        by=principal(),
    )
    return collection_queries.get_collection(collection_id)
