"""What storefronts ask and read."""

from marshmallow import fields, validate

from api.catalog.queries.shelf import SORTS
from api.platform.http import MoneySchema, PageQuerySchema, Schema


class CurrencyQuerySchema(Schema):
    """In which currency prices are asked for."""

    currency = fields.String(
        load_default=None,
        validate=validate.Regexp(r"^[A-Z]{3}$", error="Use an ISO 4217 code such as EUR."),
        metadata={"description": "The shop's own currency when left out."},
    )


class ShownProductsQuerySchema(PageQuerySchema, CurrencyQuerySchema):
    """Which products a storefront wants to list, and in which order."""

    category = fields.String(
        load_default=None, metadata={"description": "Slug; what stands below it is included."}
    )
    q = fields.String(
        load_default=None,
        validate=validate.Length(max=200),
        metadata={
            "description": "Words in any order; the last may be only begun. SKUs and barcodes too."
        },
    )
    sort = fields.String(
        load_default=None,
        validate=validate.OneOf(SORTS),
        metadata={"description": "relevance with q, otherwise newest, unless given."},
    )


class ShownImageSchema(Schema):
    """A picture."""

    url = fields.String(required=True)
    alt = fields.String(required=True)


class ShownProductCardSchema(Schema):
    """A product in a list. `price` is the lowest of its variants' prices."""

    id = fields.UUID(required=True)
    slug = fields.String(required=True)
    title = fields.String(required=True)
    vendor = fields.String(required=True)
    price = fields.Nested(MoneySchema, required=True, allow_none=True)
    compare_at = fields.Nested(MoneySchema, required=True, allow_none=True)
    price_varies = fields.Boolean(required=True)
    for_sale = fields.Boolean(required=True)
    in_stock = fields.Boolean(required=True)
    image = fields.Nested(ShownImageSchema, required=True, allow_none=True)


class BreadcrumbSchema(Schema):
    """One step on the way down the tree."""

    slug = fields.String(required=True)
    name = fields.String(required=True)


class ShownOptionSchema(Schema):
    """Something to choose, and what there is to choose from."""

    name = fields.String(required=True)
    values = fields.List(fields.String(), required=True)


class ShownVariantSchema(Schema):
    """A variant. Without a price in the currency it is not for sale."""

    id = fields.UUID(required=True)
    sku = fields.String(required=True)
    barcode = fields.String(required=True, allow_none=True)
    title = fields.String(required=True)
    option_values = fields.List(fields.String(), required=True)
    price = fields.Nested(MoneySchema, required=True, allow_none=True)
    compare_at = fields.Nested(MoneySchema, required=True, allow_none=True)
    for_sale = fields.Boolean(required=True)
    in_stock = fields.Boolean(required=True)
    weight_grams = fields.Integer(required=True)
    image_url = fields.String(required=True, allow_none=True)


class ShownProductSchema(Schema):
    """A product's page. `description` is HTML as the shop's staff wrote it, not cleaned."""

    id = fields.UUID(required=True)
    slug = fields.String(required=True)
    title = fields.String(required=True)
    description = fields.String(required=True)
    vendor = fields.String(required=True)
    product_type = fields.String(required=True)
    tags = fields.List(fields.String(), required=True)
    published_at = fields.AwareDateTime(required=True)
    in_stock = fields.Boolean(required=True)
    for_sale = fields.Boolean(required=True)
    breadcrumbs = fields.List(fields.Nested(BreadcrumbSchema), required=True)
    images = fields.List(fields.Nested(ShownImageSchema), required=True)
    options = fields.List(fields.Nested(ShownOptionSchema), required=True)
    variants = fields.List(fields.Nested(ShownVariantSchema), required=True)


class ShownCategorySchema(Schema):
    """A category in the tree. `path` is the slugs from the root, `level` 0 at the root."""

    id = fields.UUID(required=True)
    slug = fields.String(required=True)
    name = fields.String(required=True)
    path = fields.String(required=True)
    level = fields.Integer(required=True)
    parent_id = fields.UUID(required=True, allow_none=True)


class ShownCategoryPageSchema(ShownCategorySchema):
    """A category with its surroundings."""

    description = fields.String(required=True)
    breadcrumbs = fields.List(fields.Nested(BreadcrumbSchema), required=True)
    children = fields.List(fields.Nested(ShownCategorySchema), required=True)
