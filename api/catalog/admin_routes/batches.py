"""Many products or variants at once, for staff."""

from typing import Final

from api.catalog.schemas.batch import (
    ProductBatchSchema,
    ProductRowSchema,
    VariantBatchSchema,
    VariantRowSchema,
)
from api.catalog.service import bulk_edit
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.body_limits import PRODUCTS, body_limit
from api.platform.bulk_request import Batch, BatchAnswerSchema
from api.platform.http import Blueprint
from api.platform.idempotency import idempotent

_PRODUCT_ROW: Final = ProductRowSchema()
_VARIANT_ROW: Final = VariantRowSchema()

blueprint = Blueprint(
    "admin-batches",
    __name__,
    url_prefix="/api/v1/admin",
    description="Changes to many products or variants at once, for staff.",
)


@blueprint.route("/products/batch", methods=["POST"])
@requires(Permission.CATALOG_WRITE)
@body_limit(PRODUCTS)
@idempotent(required=False)
@blueprint.arguments(ProductBatchSchema)
@blueprint.response(200, BatchAnswerSchema)
def update_many_products(given: dict[str, object]) -> object:
    """Edit, publish or archive up to 100 products.

    Each row is done or refused for itself and told in the order of the request; a row that is not
    valid is that row's refusal. A row names the `version` that it is based on, unless the batch
    says `force`. A product may stand in several rows; then each is based on what the one before
    left. With `on_error: reject_all` nothing lands unless everything does.
    """
    return bulk_edit.bulk_edit_products(Batch.read(given, _PRODUCT_ROW), by=principal())


@blueprint.route("/variants/batch", methods=["POST"])
@requires(Permission.CATALOG_WRITE)
@body_limit(PRODUCTS)
@idempotent(required=False)
@blueprint.arguments(VariantBatchSchema)
@blueprint.response(200, BatchAnswerSchema)
def update_many_variants(given: dict[str, object]) -> object:
    """Edit or price up to 100 variants.

    As with many products. `prices` are all prices of a variant; `price_updates` change those in
    their currencies and leave the others.
    """
    return bulk_edit.bulk_edit_variants(Batch.read(given, _VARIANT_ROW), by=principal())
