"""Products, variants and prices for staff: every write names the version that it is based on."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import current_app

from api.catalog import errors
from api.catalog.errors import ProductNotFound, VariantNotFound
from api.catalog.errors.media import MediaUnknown, PictureTwice
from api.catalog.queries import admin_detail, admin_list
from api.catalog.schemas.admin import (
    EditProductSchema,
    EditVariantSchema,
    NewProductSchema,
    NewVariantSchema,
    PricesSchema,
    ProductLineSchema,
    ProductSchema,
    VariantSchema,
)
from api.catalog.schemas.product_queries import ProductsQuerySchema
from api.catalog.service import products as product_service
from api.catalog.service import variants as variant_service
from api.catalog.service.inputs import PriceInput, ProductInput, VariantInput
from api.kernel.errors import InvalidState
from api.kernel.permissions import Permission
from api.platform.auth import principal, requires
from api.platform.body_limits import PRODUCTS, body_limit
from api.platform.db import transaction
from api.platform.etags import versioned
from api.platform.http import LOCATED, Blueprint, list_schema
from api.platform.idempotency import idempotent
from api.platform.openapi_errors import may_answer
from api.platform.settings import Settings

blueprint = Blueprint(
    "admin-products",
    __name__,
    url_prefix="/api/v1/admin",
    description="Products, variants and prices, for staff.",
)

_OF_PRODUCTS = (
    *(errors.AttributesDoNotFit, errors.CategoryNotFound, errors.ExternalReferenceTaken),
    *(MediaUnknown, errors.MetadataTooLarge, PictureTwice, ProductNotFound),
    *(errors.PublishAtPassed, errors.SlugTaken),
)
_OF_VARIANTS = (
    *(errors.BarcodeTaken, errors.BarcodeTwice, errors.CompareAtNotAbovePrice),
    *(errors.ImageUnknown, errors.MetadataTooLarge, errors.OptionCombinationTaken),
    *(errors.OptionsDoNotFit, ProductNotFound, errors.SkuTaken, errors.VariantReferenceTaken),
)


@blueprint.route("/products", methods=["GET"])
@requires(Permission.CATALOG_READ)
@may_answer(errors.AttributeNotFilterable, errors.FilterUnreadable)
@blueprint.arguments(ProductsQuerySchema, location="query")
@blueprint.response(200, list_schema(ProductLineSchema))
def list_products(query: dict[str, Any]) -> object:
    """List products in any state, the newest first."""
    settings: Settings = current_app.extensions["stockroom_settings"]
    currency = query.pop("currency") or settings.currency
    return admin_list.list_products(currency=currency, **query)


@blueprint.route("/products", methods=["POST"])
@requires(Permission.CATALOG_WRITE)
@body_limit(PRODUCTS)
@may_answer(*_OF_PRODUCTS, *_OF_VARIANTS, errors.CurrencyTwice, errors.OptionTwice)
@idempotent(required=False)
@blueprint.arguments(NewProductSchema)
@blueprint.response(201, ProductSchema, headers=LOCATED)
def create_product(draft: ProductInput) -> object:
    """Create a product as a draft, with its variants, prices and pictures."""
    stored = product_service.create_product(draft, by=principal())
    location = f"{blueprint.url_prefix}/products/{stored.product_id}"
    return admin_detail.get_product(stored.product_id), {"Location": location}


@blueprint.route("/products/<uuid:product_id>", methods=["GET"])
@requires(Permission.CATALOG_READ)
@may_answer(ProductNotFound)
@blueprint.response(200, ProductSchema)
def get_product(product_id: UUID) -> object:
    """Read all of a product."""
    return admin_detail.get_product(product_id)


@blueprint.route("/products/<uuid:product_id>", methods=["PATCH"])
@requires(Permission.CATALOG_WRITE)
@body_limit(PRODUCTS)
@may_answer(*_OF_PRODUCTS, errors.PublishAtNeedsDraft, errors.RequiredAttributesMissing)
@versioned
@blueprint.arguments(EditProductSchema)
@blueprint.response(200, ProductSchema)
def update_product(
    changes: Mapping[str, object], product_id: UUID, expected_version: int
) -> object:
    """Change what a product says of itself; lists replace what was there."""
    with transaction():
        product_service.edit_product(
            product_id, changes, expected_version=expected_version, by=principal()
        )
    return admin_detail.get_product(product_id)


@blueprint.route("/products/<uuid:product_id>/publish", methods=["POST"])
@requires(Permission.CATALOG_WRITE)
@may_answer(InvalidState, ProductNotFound, errors.RequiredAttributesMissing)
@idempotent(required=False)
@blueprint.response(200, ProductSchema)
def publish_product(product_id: UUID) -> object:
    """Publish a draft."""
    product_service.publish_product(product_id, expected_version=None, by=principal())
    return admin_detail.get_product(product_id)


@blueprint.route("/products/<uuid:product_id>/archive", methods=["POST"])
@requires(Permission.CATALOG_WRITE)
@may_answer(InvalidState, ProductNotFound, errors.RequiredAttributesMissing)
@idempotent(required=False)
@blueprint.response(200, ProductSchema)
def archive_product(product_id: UUID) -> object:
    """Archive a product; orders that name it stay as they are."""
    product_service.archive_product(product_id, expected_version=None, by=principal())
    return admin_detail.get_product(product_id)


@blueprint.route("/products/<uuid:product_id>/unarchive", methods=["POST"])
@requires(Permission.CATALOG_WRITE)
@may_answer(InvalidState, ProductNotFound, errors.RequiredAttributesMissing)
@idempotent(required=False)
@blueprint.response(200, ProductSchema)
def unarchive_product(product_id: UUID) -> object:
    """Make an archived product a draft again."""
    product_service.unarchive_product(product_id, expected_version=None, by=principal())
    return admin_detail.get_product(product_id)


@blueprint.route("/products/<uuid:product_id>/variants", methods=["POST"])
@requires(Permission.CATALOG_WRITE)
@body_limit(PRODUCTS)
@may_answer(*_OF_VARIANTS, errors.CurrencyTwice, VariantNotFound)
@idempotent(required=False)
@blueprint.arguments(NewVariantSchema)
@blueprint.response(201, VariantSchema, headers=LOCATED)
def create_variant(draft: VariantInput, product_id: UUID) -> object:
    """Give a product one more variant."""
    variant_id = variant_service.add_variant(product_id, draft, by=principal())
    location = f"{blueprint.url_prefix}/variants/{variant_id}"
    return admin_detail.get_variant(variant_id), {"Location": location}


@blueprint.route("/variants/<uuid:variant_id>", methods=["GET"])
@requires(Permission.CATALOG_READ)
@may_answer(VariantNotFound)
@blueprint.response(200, VariantSchema)
def get_variant(variant_id: UUID) -> object:
    """Read a variant with its prices."""
    return admin_detail.get_variant(variant_id)


@blueprint.route("/variants/<uuid:variant_id>", methods=["PATCH"])
@requires(Permission.CATALOG_WRITE)
@body_limit(PRODUCTS)
@may_answer(*_OF_VARIANTS, VariantNotFound)
@versioned
@blueprint.arguments(EditVariantSchema)
@blueprint.response(200, VariantSchema)
def update_variant(
    changes: Mapping[str, object], variant_id: UUID, expected_version: int
) -> object:
    """Change a variant's codes, values, weight, tax class, place or picture."""
    with transaction():
        variant_service.edit_variant(
            variant_id, changes, expected_version=expected_version, by=principal()
        )
    return admin_detail.get_variant(variant_id)


@blueprint.route("/variants/<uuid:variant_id>/prices", methods=["PUT"])
@requires(Permission.CATALOG_WRITE)
@may_answer(errors.CompareAtNotAbovePrice, errors.CurrencyTwice, ProductNotFound, VariantNotFound)
@versioned
@blueprint.arguments(PricesSchema, as_kwargs=True)
@blueprint.response(200, VariantSchema)
def set_variant_prices(variant_id: UUID, expected_version: int, prices: list[PriceInput]) -> object:
    """Name all prices of a variant; it is not for sale in a currency that is left out."""
    with transaction():
        variant_service.replace_prices(
            variant_id, prices, expected_version=expected_version, by=principal()
        )
    return admin_detail.get_variant(variant_id)
