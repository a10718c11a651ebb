"""Products beside products, for staff."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from api.catalog.errors import ProductNotFound, ProductsUnknown
from api.catalog.models.products import RelationKind
from api.catalog.queries import related_products as related_product_queries
from api.catalog.schemas.relations import RelateProductsSchema, RelationsSchema
from api.catalog.service import related_products as related_product_service
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import Blueprint
from api.platform.openapi_errors import may_answer

blueprint = Blueprint(
    "admin-relations",
    __name__,
    url_prefix="/api/v1/admin",
    description="Products that are shown beside others, for staff.",
)


@blueprint.route("/products/<uuid:product_id>/relations", methods=["GET"])
@requires(Permission.CATALOG_READ)
@may_answer(ProductNotFound)
@blueprint.response(200, RelationsSchema)
def get_product_relations(product_id: UUID) -> object:
    """Read what is shown beside a product, by kind."""
    return related_product_queries.get_relations(product_id)


@blueprint.route("/products/<uuid:product_id>/relations", methods=["PUT"])
@requires(Permission.CATALOG_WRITE)
@may_answer(ProductNotFound, ProductsUnknown)
@versioned
@blueprint.arguments(RelateProductsSchema)
@blueprint.response(200, RelationsSchema)
def set_product_relations(
    related: Mapping[RelationKind, Sequence[UUID]], product_id: UUID, expected_version: int
) -> object:
    """Say which products are shown beside a product, by kind, in this order."""
    with transaction():
        related_product_service.relate_products(
            product_id, related, expected_version=expected_version, by=principal()
        )
    return related_product_queries.get_relations(product_id)
